"""Forms that only our own pages can send: the same origin, and a token that no other page can read."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request

MOST_BYTES = 16_384
"""Of a form, longer than any honest one."""
_MOST_FIELDS = 10


class BadForm(Exception):
    """A form that was not sent by one of our pages, or is no form; `status` is the answer's, `why` names the text."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Forms:
    """Knows its own: a new token with every start of the server."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)

    async def read(self, request: Request) -> dict[str, str]:
        """The fields; raises `BadForm`."""
        if not _is_same_origin(request):
            raise BadForm(403, "other_site")
        fields = await _fields(request)
        if not secrets.compare_digest(fields.get("token", "").encode(), self.token.encode()):
            raise BadForm(403, "old_form")
        return fields


def _is_same_origin(request: Request) -> bool:
    """By what browsers say of where a request comes from; one that says nothing is no browser's form."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    return origin is not None and urlsplit(origin).netloc == request.headers.get("Host")


async def _fields(request: Request) -> dict[str, str]:
    if request.headers.get("Content-Type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise BadForm(415, "no_form")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise BadForm(413, "long_form")
    try:
        found = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise BadForm(400, "unreadable_form") from error
    return {name: values[-1] for name, values in found.items()}
