"""Publishing from an event loop: requests that wait at the same moment share one write and one sync."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

from ritournelle.streaming.broker import Broker, Outgoing


class LoopPublisher:
    """Before a broker that blocks: a thread of its own publishes whatever came in while it was publishing."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="publisher")
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turn] = WeakKeyDictionary()

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return when they are durable; raises what publishing them raised."""
        loop = asyncio.get_running_loop()
        turn = self._turns.get(loop)
        if turn is None:
            turn = self._turns[loop] = _Turn()
        done: asyncio.Future[None] = loop.create_future()
        turn.waiting.append((messages, done))
        if turn.writing is None:
            turn.writing = loop.create_task(self._write(turn))
        await done

    def close(self) -> None:
        """After the last request: what was published is durable."""
        self._writer.shutdown()

    async def _write(self, turn: _Turn) -> None:
        loop = asyncio.get_running_loop()
        try:
            while turn.waiting:
                together, turn.waiting = turn.waiting, []
                messages = [message for some, _ in together for message in some]
                error: BaseException | None = None
                try:
                    await loop.run_in_executor(self._writer, self.broker.publish, messages)
                except BaseException as problem:  # pylint: disable=broad-exception-caught  # each who waits raises it
                    error = problem
                for _, done in together:
                    _end(done, error)
        finally:
            turn.writing = None


class _Turn:
    """Of one loop: who waits, and the task that writes."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Sequence[Outgoing], asyncio.Future[None]]] = []
        self.writing: asyncio.Task[None] | None = None


def _end(done: asyncio.Future[None], error: BaseException | None) -> None:
    if done.done():  # whoever asked has gone
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
