"""Asks an ASGI application without a network: its own answer, byte for byte, as a server would have sent it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

_CLIENT = ("127.0.0.1", 40_000)
Pair = tuple[str, str]


class Application(Protocol):
    """What the ASGI specification calls an application."""

    async def __call__(self, scope: Any, receive: Any, send: Any, /) -> None: ...


@dataclass(frozen=True)
class Answer:
    """Status, headers by their names in lower case, and the whole body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def media_type(self) -> str:
        """Without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


async def ask(
    application: Application, method: str, target: str, headers: Iterable[Pair] = (), body: bytes = b""
) -> Answer:
    """The answer to a request; `target` is what stands in a request's first line. Raises what the application does."""
    path, _, query = target.partition("?")
    told = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path.encode("utf-8"),
        "query_string": query.encode("utf-8"),
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), *told],
        "client": _CLIENT,
        "server": ("127.0.0.1", 8000),
    }
    messages: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        messages.append(message)

    await application(scope, receive, send)
    return _answer(messages)


def _answer(messages: list[Mapping[str, Any]]) -> Answer:
    start = next(message for message in messages if message["type"] == "http.response.start")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in messages))
