"""A layer of pure ASGI around the app that makes the faults in force happen."""

from __future__ import annotations

from urllib.parse import parse_qs

from ritournelle.domain.sources import Source
from ritournelle.simulator.faults.board import FaultBoard
from ritournelle.simulator.faults.fault import AnswerFault, AsgiApp, Receive, Scope, Send

CONTENT_FAULTS = "ritournelle.faults"
"""The key of the scope under which the app finds the faults that concern the content of its answer."""

_NOWHERE = "/_moved"


class FaultyApp:
    """An ASGI app that answers as `app` does, but for the faults on the board."""

    def __init__(self, app: AsgiApp, board: FaultBoard) -> None:
        self.app = app
        self._board = board

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        source = self._board.source_at(scope["path"])
        if source is not None:
            await self._answer(source, dict(scope, path=f"/{source}"), receive, send)
        elif scope["path"].strip("/") in tuple(Source) and not scope["path"].endswith("/"):
            await self.app(dict(scope, path=_NOWHERE), receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer(self, source: Source, scope: Scope, receive: Receive, send: Send) -> None:
        faults = self._board.take(source, _page(scope["query_string"]))
        scope[CONTENT_FAULTS] = faults
        transport = next((fault for fault in faults if isinstance(fault, AnswerFault)), None)
        if transport is None:
            await self.app(scope, receive, send)
        else:
            await transport.answer(self.app, scope, receive, send)


def _page(query: bytes) -> int:
    text = parse_qs(query.decode("latin-1")).get("page", ["1"])[-1]
    return int(text) if text.isascii() and text.isdigit() else 1
