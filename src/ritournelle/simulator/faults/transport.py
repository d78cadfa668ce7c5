"""Transport faults: answers that are refused, late, cut off, or something else than JSON."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from ritournelle.domain.clock import utc_now
from ritournelle.simulator.faults.fault import AnswerFault, AsgiApp, Receive, Scope, Send

_FOR_EVER_SECONDS = 86_400.0
_FLUSH_SECONDS = 0.03
"""The server writes a chunk before it notices that no more will come; without a pause it would send none."""

_DRIPS_PER_SECOND = 20


@dataclass
class Answer:
    """What the healthy app answered."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


@dataclass(frozen=True)
class Status(AnswerFault):
    """An error status; with `retry_after_seconds`, a `Retry-After` in seconds or, `as_date`, as an HTTP date."""

    code: int = 500
    retry_after_seconds: int | None = None
    as_date: bool = False

    async def answer(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        body = json.dumps({"detail": f"simulated fault: status {self.code}"}).encode()
        await _send_whole(send, Answer(self.code, [_JSON, *self._retry_after()], body))

    def _retry_after(self) -> list[tuple[bytes, bytes]]:
        if self.retry_after_seconds is None:
            return []
        text = str(self.retry_after_seconds)
        if self.as_date:
            text = format_datetime(utc_now() + timedelta(seconds=self.retry_after_seconds), usegmt=True)
        return [(b"retry-after", text.encode())]


@dataclass(frozen=True)
class Hang(AnswerFault):
    """Nothing comes for so long; then the true answer."""

    seconds: float = _FOR_EVER_SECONDS

    async def answer(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        if not await _client_left(receive, self.seconds):
            await app(scope, receive, send)


@dataclass(frozen=True)
class HangMidBody(AnswerFault):
    """The first half of the body comes, and the rest only after so long."""

    seconds: float = _FOR_EVER_SECONDS

    async def answer(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        true = await _true_answer(app, scope, receive)
        half = len(true.body) // 2
        await _send_start(send, true, len(true.body))
        await _send_body(send, true.body[:half], more=True)
        if not await _client_left(receive, self.seconds):
            await _send_body(send, true.body[half:])


@dataclass(frozen=True)
class SlowDrip(AnswerFault):
    """The whole answer comes, but only so many bytes a second."""

    bytes_per_second: int = 2000

    async def answer(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        true = await _true_answer(app, scope, receive)
        step = max(1, self.bytes_per_second // _DRIPS_PER_SECOND)
        await _send_start(send, true, len(true.body))
        for start in range(0, len(true.body), step):
            await _send_body(send, true.body[start : start + step], more=True)
            if await _client_left(receive, step / self.bytes_per_second):
                return
        await _send_body(send, b"")


@dataclass(frozen=True)
class TruncatedJson(AnswerFault):
    """A correct answer with the first part of its JSON only."""

    share: float = 0.5

    async def answer(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        true = await _true_answer(app, scope, receive)
        await _send_whole(send, Answer(true.status, true.headers, true.body[: int(len(true.body) * self.share)]))


@dataclass(frozen=True)
class OtherBody(AnswerFault):
    """Another body than asked for, with status 200."""

    body: str = "<!doctype html><title>Maintenance</title><p>We will be back soon."
    content_type: str = "text/html; charset=utf-8"

    async def answer(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", self.content_type.encode())]
        await _send_whole(send, Answer(200, headers, self.body.encode()))


@dataclass(frozen=True)
class WrongContentType(AnswerFault):
    """The true JSON, announced as something else."""

    content_type: str = "text/plain; charset=utf-8"

    async def answer(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        true = await _true_answer(app, scope, receive)
        await _send_whole(send, Answer(true.status, [(b"content-type", self.content_type.encode())], true.body))


@dataclass(frozen=True)
class ClosedConnection(AnswerFault):
    """The connection is closed after this share of the announced body."""

    share: float = 0.5

    async def answer(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        true = await _true_answer(app, scope, receive)
        await _send_start(send, true, len(true.body))
        await _send_body(send, true.body[: int(len(true.body) * self.share)], more=True)
        await asyncio.sleep(_FLUSH_SECONDS)


_JSON = (b"content-type", b"application/json")


async def _true_answer(app: AsgiApp, scope: Scope, receive: Receive) -> Answer:
    answer = Answer()

    async def keep(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [pair for pair in message["headers"] if pair[0].lower() != b"content-length"]
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, keep)
    return answer


async def _send_whole(send: Send, answer: Answer) -> None:
    await _send_start(send, answer, len(answer.body))
    await _send_body(send, answer.body)


async def _send_start(send: Send, answer: Answer, announced_bytes: int) -> None:
    headers = [*answer.headers, (b"content-length", b"%d" % announced_bytes)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _send_body(send: Send, body: bytes, *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _client_left(receive: Receive, seconds: float) -> bool:
    """Wait so long, or until the client hangs up; tell whether it did."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True
