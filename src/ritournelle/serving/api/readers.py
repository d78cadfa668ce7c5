"""Readers of what is published: kept open, one per request at a time, opened anew once there is a new publication."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from ritournelle.inference.publication import Publication
from ritournelle.warehouse.base import Warehouse

_KEPT = 8
"""Idle readers that stay open: more requests at once open their own."""


class Readers:
    """Threads may share it. Whoever reads while a new publication appears reads the former one to the end."""

    def __init__(self, open_published: Callable[[], Warehouse], publication: Callable[[], str]) -> None:
        self._open, self.publication = open_published, publication
        self._idle: list[tuple[str, Warehouse]] = []
        self._shared = "", Publication()
        self._lock = Lock()

    @contextmanager
    def reader(self) -> Iterator[Warehouse]:
        """A warehouse to read; raises `PermanentError` when nothing was published yet."""
        with self.reading() as read:  # pylint: disable=contextmanager-generator-missing-cleanup  # it is exited
            yield read[0]

    @contextmanager
    def reading(self) -> Iterator[tuple[Warehouse, Publication]]:
        """The same, with what all readers of this publication keep in memory."""
        name = self.publication()
        publication = self._kept(name)
        warehouse = self._taken(name) or self._open()
        try:
            yield warehouse, publication
        except BaseException:
            warehouse.close()  # after an error nobody knows what state it is in
            raise
        self._give_back(name, warehouse)

    def close(self) -> None:
        """Close those that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, warehouse in idle:
            warehouse.close()

    def loaded(self, name: str) -> Publication | None:
        """What is kept of the publication of this name, if its `load` is done."""
        known, publication = self._shared
        return publication if known == name and publication.is_loaded else None

    def _kept(self, name: str) -> Publication:
        with self._lock:
            if self._shared[0] != name:
                self._shared = name, Publication()
            return self._shared[1]

    def _taken(self, name: str) -> Warehouse | None:
        with self._lock:
            kept = [each for each in self._idle if each[0] == name]
            stale = [each for each in self._idle if each[0] != name]
            found = kept.pop() if kept else None
            self._idle = kept
        for _, warehouse in stale:
            warehouse.close()
        return found[1] if found else None

    def _give_back(self, name: str, warehouse: Warehouse) -> None:
        with self._lock:
            if len(self._idle) < _KEPT:
                self._idle.append((name, warehouse))
                return
        warehouse.close()
