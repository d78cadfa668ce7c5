"""Bodies of requests: JSON of a known type, never larger than is allowed."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from ritournelle.serving.api.problems import Refusal

T = TypeVar("T")


async def read_body(request: Request, kind: type[T] | Any, most_bytes: int) -> Any:
    """The body as this type.

    Raises `Refusal` for what is no JSON (415, 400), too large (413), or not of the type (422).
    """
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "not_json", "send a body with Content-Type: application/json")
    content = await _content(request, most_bytes)
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise Refusal(422, "invalid", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, "not_json", "the body is not JSON") from error
    except RecursionError as error:
        raise Refusal(400, "not_json", "the body is nested too deeply") from error


async def _content(request: Request, most_bytes: int) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > most_bytes:
            raise Refusal(413, "body_too_large", f"a body may have {most_bytes} bytes at most")
    return bytes(content)
