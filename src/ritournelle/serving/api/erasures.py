"""Requests to be forgotten: durable at once, and fulfilled as soon as no run is under way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread

import msgspec

from ritournelle.domain.unknown_member import UNKNOWN_MEMBER
from ritournelle.errors import RitournelleError, TransientError
from ritournelle.forgetting.certificate import read
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.serving.api.contract import CertificateOut, ErasureOut, ErasureState
from ritournelle.serving.api.problems import Refusal

LOG = logging.getLogger(__name__)
_LOOK_AGAIN_SECONDS = 5.0
_END_SECONDS = 1.0
"""A server has to stop within two."""


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
        if user_id == UNKNOWN_MEMBER:
            raise Refusal(422, "invalid", f"{UNKNOWN_MEMBER} is the unknown member of the star, and nobody's id")
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
