"""Which publication readers would see now, asked for with every request and answered from memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock, Thread
from time import monotonic

from ritournelle.errors import RitournelleError
from ritournelle.warehouse.connect import duckdb_path, link_target, publication_name, published_link

LOG = logging.getLogger(__name__)
ASK_AGAIN_SECONDS = 3.0
"""A server of warehouses is asked no more often: each time is a connection of its own, about 10 ms."""


class PublicationWatch:
    """Threads may share it. A file's link is read each time (3 µs); a server is asked in the background.

    So with a file a new publication is seen by the next request, with a server within `ASK_AGAIN_SECONDS` and a
    request. A server that does not answer changes nothing.
    """

    def __init__(self, url: str, clock: Callable[[], float] = monotonic) -> None:
        self._url, self._clock = url, clock
        file = duckdb_path(url)
        self._link = "" if file is None else str(published_link(file))
        self._lock, self._asking = Lock(), Lock()
        self._name: str | None = None
        self._asked_at = 0.0

    def __call__(self) -> str:
        """The name; "" when nothing was published."""
        if self._link:
            return link_target(self._link)
        if self._name is None:
            with self._lock:
                if self._name is None:
                    self._ask("unknown")
        # pylint: disable-next=consider-using-with  # a `with` would wait
        elif self._clock() - self._asked_at >= ASK_AGAIN_SECONDS and self._asking.acquire(blocking=False):
            Thread(target=self._ask_beside, args=(self._name,), name="publication", daemon=True).start()
        return self._name or ""

    def _ask_beside(self, known: str) -> None:
        try:
            self._ask(known)
        finally:
            self._asking.release()

    def _ask(self, otherwise: str) -> None:
        try:
            self._name = publication_name(self._url)
        except RitournelleError as error:
            LOG.debug("the name of the publication cannot be asked for: %s", error)  # sensors tell of it
            self._name = otherwise
        self._asked_at = self._clock()


def version_of(name: str) -> str:
    """The run that made a publication; one that was written anew, without somebody who was erased, has it still."""
    return name.removesuffix(".duckdb").partition("~")[0]
