"""Forgets those who wait for it: store by store, then a second look at each, then a certificate.

Killed at any moment, the next time does it again from the start: every eraser finds what is left, and what was counted
before is added. Nothing brings a listener back meanwhile: they are on the list of the forgotten before anything is
touched, and whoever takes something in looks at it first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ritournelle.domain.sources import Source
from ritournelle.errors import ErasureError, RitournelleError
from ritournelle.forgetting.certificate import Certificate, StoreErased, keep
from ritournelle.forgetting.eraser import Eraser, Removed
from ritournelle.forgetting.listener import Listener
from ritournelle.forgetting.rows import known_emails
from ritournelle.forgotten.entry import Entry
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.ingestion.known import latest_epoch
from ritournelle.warehouse.base import Warehouse

OnStore = Callable[[str], None]
"""Called when a store's turn comes."""
_LOOKS = 3
"""A server that is busy may bring a message after the first look; not twice."""


class Forgetting:
    """Use it under the lock of runs, with the warehouse closed."""

    def __init__(
        self,
        forgotten: Forgotten,
        erasers: Sequence[Eraser],
        open_warehouse: Callable[[], Warehouse],
        certificates: Path,
        on_store: OnStore | None = None,
    ) -> None:
        self._forgotten = forgotten
        self._erasers = erasers
        self._open_warehouse = open_warehouse
        self._certificates = certificates
        self._on_store = on_store or (lambda _: None)

    def run(self, clock: Callable[[], datetime]) -> list[Certificate]:
        """Erase everybody who waits; their certificates, which are kept as files as well.

        Raises `ErasureError` that names the stores which still hold something, or could not be looked at; whoever is
        not erased everywhere goes on waiting.
        """
        waiting = [self._settled(entry) for entry in self._forgotten.waiting()]
        if not waiting:
            return []
        waiting = self._erase(waiting)
        certificates = []
        for entry in waiting:
            self._require_gone(entry)
            certificate = Certificate.of(entry, self._stores(entry), clock())
            keep(certificate, self._certificates)
            self._forgotten.keep(entry.erased(certificate.erased_at))
            certificates.append(certificate)
        return certificates

    def _settled(self, entry: Entry) -> Entry:
        """With what is needed to find them, before the rows go that say so."""
        assert entry.user_id is not None, "who waits can be looked for"
        with self._open_warehouse() as warehouse:
            epoch = max(latest_epoch(warehouse, source) for source in (Source.USERS, Source.LISTEN_HISTORY))
            return self._forgotten.settle_epoch(entry, epoch, known_emails(warehouse, entry.user_id))

    def _erase(self, waiting: Sequence[Entry]) -> list[Entry]:
        """Through all stores, each sealed once for all; the entries with what was removed."""
        entries = list(waiting)
        for eraser in self._erasers:
            self._on_store(eraser.name)
            try:
                entries = [self._noted(entry, eraser.name, eraser.erase(_listener(entry))) for entry in entries]
                eraser.seal()
            except (RitournelleError, OSError) as error:
                raise ErasureError(f"the store `{eraser.name}` cannot be erased: {error}", (eraser.name,)) from error
        return entries

    def _noted(self, entry: Entry, store: str, removed: Removed) -> Entry:
        """Durably, so that a kill does not make the certificate say less than what was done."""
        if not removed:
            return entry
        before = entry.removed.get(store, {})
        sums = {what: before.get(what, 0) + removed.get(what, 0) for what in {**before, **removed}}
        told = replace(entry, removed={**entry.removed, store: sums})
        self._forgotten.keep(told)
        return told

    def _require_gone(self, entry: Entry) -> None:
        self._on_store("second look")
        left: Mapping[str, Removed] = {}
        for _ in range(_LOOKS):
            left = {eraser.name: found for eraser in self._erasers if (found := self._remaining(eraser, entry))}
            if not left:
                return
            self._erase_again(entry, left)
        told = "; ".join(f"{store} ({_in_words(found)})" for store, found in left.items())
        raise ErasureError(f"still there after {_LOOKS} looks: {told}", tuple(left))

    def _remaining(self, eraser: Eraser, entry: Entry) -> Removed:
        try:
            return eraser.remaining(_listener(entry))
        except (RitournelleError, OSError) as error:
            raise ErasureError(f"the store `{eraser.name}` cannot be looked at: {error}", (eraser.name,)) from error

    def _erase_again(self, entry: Entry, left: Mapping[str, Removed]) -> None:
        for eraser in self._erasers:
            if eraser.name in left:
                eraser.erase(_listener(entry))
                eraser.seal()

    def _stores(self, entry: Entry) -> list[StoreErased]:
        """All of them were looked at twice; notes are about what was there."""
        return [
            StoreErased(
                eraser.name,
                dict(sorted(entry.removed.get(eraser.name, {}).items())),
                True,
                eraser.note() if entry.removed else "",
            )
            for eraser in self._erasers
        ]


def _listener(entry: Entry) -> Listener:
    assert entry.user_id is not None, "who waits can be looked for"
    return Listener(entry.user_id, entry.emails)


def _in_words(found: Removed) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in found.items())
