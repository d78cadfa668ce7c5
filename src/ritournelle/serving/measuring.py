"""Measures every request, from its head to the end of its answer, whoever answers it."""

from __future__ import annotations

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ritournelle.serving.traffic import OTHER, Traffic

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_NO_ANSWER = 500


class Measured:
    """An ASGI middleware; outermost, so that what middlewares answer by themselves is counted too."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app, self._traffic = app, traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started = _NO_ANSWER, perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else OTHER
            self._traffic.answered(_template(scope), method, status, perf_counter() - started)


def _template(scope: Scope) -> str:
    """The address as it is described, `/v1/users/{id}/history`; whatever was refused before it was looked up: other."""
    template = getattr(scope.get("route"), "path", "")
    if template:
        return str(template)
    return f"/v1/{OTHER}" if scope["path"].startswith("/v1/") else OTHER
