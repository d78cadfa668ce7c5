"""Forgetting by HTTP: requests that are durable at once and fulfilled as soon as no run is under way; and exports."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import msgspec

from ritournelle.domain.issuing import issue_list
from ritournelle.domain.recommendations import RecommendationList
from ritournelle.domain.taste import TasteExclusion
from ritournelle.errors import RitournelleError, TransientError
from ritournelle.forgetting.certificate import read
from ritournelle.forgetting.export import rows_of
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.inference.lists import unknown_listener
from ritournelle.inference.live import Asked
from ritournelle.serving.api.contract import CertificateOut, ErasureOut, ErasureState, ExportOut, HistoryOut, ToldOut
from ritournelle.serving.api.lists import Lists
from ritournelle.serving.api.problems import Refusal
from ritournelle.serving.api.tracks import Tracks
from ritournelle.streaming.broker import Broker
from ritournelle.warehouse.base import Warehouse

LOG = logging.getLogger(__name__)
NOBODY = -1
"""The unknown member of the star: no list, no history, and nobody's id."""
_LOOK_AGAIN_SECONDS = 5.0
_END_SECONDS = 1.0
"""A server has to stop within two."""


@dataclass(frozen=True)
class RememberingLists(Lists):
    """Lists for everybody but the forgotten, who are answered like somebody whom nobody knows, and leave no trace."""

    forgotten: Forgotten | None = None

    def answer(
        self, user_id: int, k: int, context: Sequence[int], now: datetime, surface: str = "api"
    ) -> RecommendationList:
        """See `Lists.answer`."""
        if self.forgotten is None or not self.forgotten.holds(user_id):
            return super().answer(user_id, k, context, now, surface)
        made = issue_list(self._made(Asked(NOBODY, k, now, context, rules=self.rules)), self.ids, surface, now)
        reason = made.fallback_reason
        is_stranger = reason == unknown_listener(NOBODY)
        return replace(made, user_id=user_id, fallback_reason=unknown_listener(user_id) if is_stranger else reason)

    def exclusions_of(self, user_id: int) -> Sequence[TasteExclusion]:
        """See `Lists.exclusions_of`."""
        is_forgotten = self.forgotten is not None and self.forgotten.holds(user_id)
        return [] if is_forgotten else super().exclusions_of(user_id)


@dataclass(frozen=True)
class RememberingTracks(Tracks):
    """The forgotten have no history, also before they are erased."""

    forgotten: Forgotten | None = None

    def history(self, user_id: int, limit: int) -> HistoryOut:
        """See `Tracks.history`."""
        if self.forgotten is not None and self.forgotten.holds(user_id):
            return HistoryOut(user_id=user_id, listens=[])
        return super().history(user_id, limit)


class Erasures:
    """Requests to forget: `ask` makes one durable, and a thread of the server fulfils whatever waits.

    `carry_out` erases everybody on the list; it raises `TransientError` while a run is under way. What the server does
    not come to, the next run does.
    """

    def __init__(self, forgotten: Forgotten, certificates: Path, carry_out: Callable[[], object]) -> None:
        self._forgotten = forgotten
        self._certificates = certificates
        self._carry_out = carry_out
        self._starting, self._ended = Lock(), Event()
        self._thread: Thread | None = None
        self._erasing = Lock()

    def ask(self, user_id: int, now: datetime) -> ErasureOut:
        """From now on nothing is taken in of this listener, and nothing told; raises `Refusal` for nobody's id."""
        if user_id == NOBODY:
            raise Refusal(422, "invalid", f"{NOBODY} is the unknown member of the star, and nobody's id")
        entry = self._forgotten.ask(user_id, now)
        self.wake()
        return ErasureOut(erasure_id=entry.erasure_id, state=ErasureState.WAITING, asked_at=entry.asked_at)

    def find(self, erasure_id: str) -> ErasureOut:
        """How far an erasure is; raises `Refusal` for one that nobody asked for."""
        waiting = [entry for entry in self._forgotten.waiting() if entry.erasure_id == erasure_id]
        for entry in waiting:
            return ErasureOut(erasure_id=erasure_id, state=ErasureState.WAITING, asked_at=entry.asked_at)
        found = read(self._certificates, erasure_id)
        if found is None:
            raise Refusal(404, "erasure", "there is no erasure of this id")
        certificate = msgspec.convert(found, CertificateOut)
        return ErasureOut(
            erasure_id=erasure_id, state=ErasureState.ERASED, asked_at=certificate.asked_at, certificate=certificate
        )

    def wake(self) -> None:
        """Fulfil what waits, in a thread of its own; one that is at it already goes on."""
        with self._starting:
            is_at_it = self._thread is not None and self._thread.is_alive()
            if not is_at_it and self._forgotten.waiting():
                self._thread = Thread(target=self._fulfil, name="erasures", daemon=True)
                self._thread.start()

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """No erasure begins while the block runs; raises `TransientError` while there is one."""
        # pylint: disable-next=consider-using-with  # a `with` would wait
        if not self._erasing.acquire(blocking=False):
            raise TransientError("somebody is being erased just now, which takes the whole warehouse")
        try:
            yield
        finally:
            self._erasing.release()

    def close(self) -> None:
        """Begin nothing new; what is under way is not waited for long, since it may be killed at any moment."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(_END_SECONDS)

    def _fulfil(self) -> None:
        try:
            while self._forgotten.waiting() and not self._ended.is_set():
                self._try_once()
        except RitournelleError as error:  # it waits for the next run, which is red until it is done
            LOG.error("listeners who asked for it could not be forgotten: %s", type(error).__name__)

    def _try_once(self) -> None:
        try:
            with self._erasing:
                self._carry_out()
        except TransientError:
            self._ended.wait(_LOOK_AGAIN_SECONDS)


@dataclass(frozen=True)
class Exports:
    """All that is held of a listener, from the stores themselves; `open_warehouse` gives None where there is none.

    Raises `TransientError` while a run, or an erasure, has the warehouse.
    """

    open_warehouse: Callable[[], Warehouse | None]
    broker: Broker
    told_here: Callable[[int], Sequence[TasteExclusion]]
    erasures: Erasures

    def of(self, user_id: int, now: datetime) -> ExportOut:
        """By the same conditions by which forgetting finds it."""
        return ExportOut(
            user_id=user_id,
            exported_at=now,
            tables=self._tables(user_id),
            event_log=[_told(message.topic, message.published_at, message.value) for message in self._log(user_id)],
            online_store=[msgspec.to_builtins(exclusion) for exclusion in self.told_here(user_id)],
        )

    def _log(self, user_id: int) -> Sequence[Any]:
        return self.broker.held(str(user_id))

    def _tables(self, user_id: int) -> dict[str, list[dict[str, Any]]]:
        with self.erasures.undisturbed():
            warehouse = self.open_warehouse()
            if warehouse is None:
                return {}
            with warehouse:
                return rows_of(warehouse, user_id)


def _told(topic: str, published_at: datetime, value: bytes) -> ToldOut:
    return ToldOut(topic=topic, received_at=published_at, message=value.decode("utf-8", "backslashreplace"))
