"""The rows of one source in page order, kept encoded so that a page is only joined bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

Row = TypeVar("Row", bound=msgspec.Struct)

_ENCODER = msgspec.json.Encoder()


class Table(Generic[Row]):
    """Rows by slot, in insertion order; a slot never comes back once it was removed."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._encoded: dict[int, bytes] = {}
        self._order: list[bytes] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, slot: int) -> Row:
        return self._rows[slot]

    def __contains__(self, slot: int) -> bool:
        return slot in self._rows

    def put(self, slot: int, row: Row) -> None:
        """Insert the row at the end, or write the changed row where it stood."""
        self._rows[slot] = row
        self._encoded[slot] = _ENCODER.encode(row)
        self._order = None

    def remove(self, slots: Iterable[int]) -> list[Row]:
        """Take rows out and return them; the others move up."""
        self._order = None
        gone = []
        for slot in slots:
            gone.append(self._rows.pop(slot))
            del self._encoded[slot]
        return gone

    def rows(self) -> list[Row]:
        """Every row, in page order."""
        return list(self._rows.values())

    def encoded(self) -> list[bytes]:
        """Every row as JSON, in page order."""
        if self._order is None:
            self._order = list(self._encoded.values())
        return self._order
