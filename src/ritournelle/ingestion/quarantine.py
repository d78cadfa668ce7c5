"""Rows that break their contract: kept with reason and payload, and brought back once they are good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import xxhash

from ritournelle.domain.sources import Source


@dataclass(frozen=True)
class BadRow:
    """A row that broke the contract; `key` is None where it cannot be read."""

    source: Source
    page: int
    reason: str
    payload: str
    key: tuple[Any, ...] | None
    arrival: int = 0
    is_conflict: bool = False  # it is good by itself, but another row with the same key was kept

    @property
    def quarantine_id(self) -> str:
        """The same bad row of the same source has the same id in every run."""
        return xxhash.xxh3_128_hexdigest(f"{self.source}|{self.payload}".encode("utf-8", "backslashreplace"))

    @property
    def source_key(self) -> str | None:
        """The key as text."""
        return None if self.key is None else "|".join(str(part) for part in self.key)
