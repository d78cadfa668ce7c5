"""Readiness: whether everything that an answer needs is there, each part asked within a bounded time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from threading import Lock, Thread
from time import monotonic

from ritournelle.errors import RitournelleError

LOG = logging.getLogger(__name__)
WAIT_SECONDS = 1.0
"""For all checks together; they run side by side."""

Check = Callable[[], str]
"""What is missing, in a sentence for whoever asks, without a key too: no paths; "" when nothing is."""


class Readiness:
    """Threads may share it. A check that hangs is not started a second time: whoever asks next waits for the same."""

    def __init__(self, checks: Mapping[str, Check], wait_seconds: float = WAIT_SECONDS) -> None:
        self._checks, self._wait = checks, wait_seconds
        self._lock, self._asked = Lock(), dict[str, Future[str]]()

    def missing(self) -> dict[str, str]:
        """What is missing, by the name of the check; nothing when all is ready."""
        until = monotonic() + self._wait
        asked = {name: self._ask(name) for name in self._checks}
        found = {name: self._told(asking, until) for name, asking in asked.items()}
        return {name: told for name, told in found.items() if told}

    def _ask(self, name: str) -> Future[str]:
        with self._lock:
            asking = self._asked.get(name)
            if asking is None or asking.done():
                asking = self._asked[name] = Future()
                # A daemon: one that hangs must not hold the end of the server.
                Thread(target=_look, args=(name, self._checks[name], asking), daemon=True).start()
            return asking

    def _told(self, asking: Future[str], until: float) -> str:
        try:
            return asking.result(max(0.0, until - monotonic()))
        except NotYet:
            return f"gave no answer within {self._wait:g} s"


def _look(name: str, check: Check, asking: Future[str]) -> None:
    try:
        asking.set_result(check())
    except (RitournelleError, OSError) as error:
        LOG.debug("%s is not ready: %s", name, error)  # sensors tell of it, once
        asking.set_result(f"cannot be used ({type(error).__name__})")
    except BaseException as error:  # pylint: disable=broad-exception-caught  # who asked raises it
        asking.set_exception(error)
