"""Group commit: threads that publish at the same moment share one write and one sync."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

Write = Callable[[Sequence[bytes]], None]


@dataclass
class _Waiting:
    """What one thread wants written."""

    records: Sequence[bytes]
    is_done: bool = False
    error: BaseException | None = None


class GroupCommit:
    """Collects what threads want written while somebody writes; the next one in turn writes it all at once."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: list[_Waiting] = []
        self._arrival, self._turn = Lock(), Lock()

    def write(self, records: Sequence[bytes]) -> None:
        """Return when these records are written; raises what writing them raised."""
        mine = _Waiting(records)
        with self._arrival:
            self._waiting.append(mine)
        with self._turn:
            if not mine.is_done:
                self._write_waiting()
        if mine.error is not None:
            raise mine.error

    def _write_waiting(self) -> None:
        with self._arrival:
            together, self._waiting = self._waiting, []
        error: BaseException | None = None
        try:
            self._write([record for waiting in together for record in waiting.records])
        except BaseException as problem:  # pylint: disable=broad-exception-caught  # each thread raises it, below
            error = problem
        for waiting in together:
            waiting.is_done, waiting.error = True, error
