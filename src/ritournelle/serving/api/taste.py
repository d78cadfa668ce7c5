"""Exclusions that were told of since the last run: kept beside the event log, so that the next request knows them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ritournelle.domain.taste import TasteExclusion
from ritournelle.errors import StreamUnavailableError
from ritournelle.inference.excluding import published_exclusions
from ritournelle.inference.publication import Publication
from ritournelle.sqlite_file import KeptConnections
from ritournelle.warehouse.base import Warehouse

_WAIT_SECONDS = 5.0
_TABLE = """
CREATE TABLE IF NOT EXISTS taste_exclusions (
    exclusion_id TEXT PRIMARY KEY, user_id INTEGER NOT NULL, changed_at TEXT NOT NULL, exclusion BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS taste_exclusions_of ON taste_exclusions (user_id);
"""
_KEEP = """
INSERT INTO taste_exclusions VALUES (?, ?, ?, ?)
ON CONFLICT (exclusion_id) DO UPDATE SET changed_at = excluded.changed_at, exclusion = excluded.exclusion
WHERE excluded.changed_at >= taste_exclusions.changed_at
"""
_HAS_TOLD = "SELECT 1 FROM taste_exclusions WHERE user_id = ? LIMIT 1"
_TOLD = "SELECT exclusion FROM taste_exclusions WHERE user_id = ?"


class TasteStore:
    """What listeners exclude, in an SQLite file of the home that all servers of this machine share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connections = KeptConnections(path, _TABLE, wait_seconds=_WAIT_SECONDS)

    def keep(self, exclusion: TasteExclusion) -> None:
        """Durably; one that was told of later stays. Raises `StreamUnavailableError` when it cannot be kept."""
        row = (exclusion.exclusion_id, exclusion.user_id, _moment(exclusion), msgspec.json.encode(exclusion))
        with self._opened() as connection:
            connection.execute(_KEEP, row)

    def told(self, user_id: int) -> Sequence[TasteExclusion]:
        """The latest state of everything that this listener told of here, taken back or not."""
        if not self._path.exists():
            return []
        with self._opened() as connection:
            found = connection.execute(_TOLD, (user_id,)).fetchall()
        return [msgspec.json.decode(row[0], type=TasteExclusion) for row in found]

    def has_told(self, user_id: int) -> bool:
        """Whether there is anything; errors as of `told`."""
        try:  # no `with`: it is asked with every request
            connection = self._connections.known()
            return connection is not None and connection.execute(_HAS_TOLD, (user_id,)).fetchone() is not None
        except (sqlite3.Error, OSError) as error:
            raise _unusable(self._path, error) from error

    def has_taken_back(self, user_id: int) -> bool:
        """Whether this listener took anything back here."""
        return any(not one.is_active for one in self.told(user_id))

    def in_force(
        self, warehouse: Warehouse | None, user_id: int, publication: Publication | None = None
    ) -> Sequence[TasteExclusion]:
        """What was told here, over what the last run knew; `publication` remembers of whom it knew anything."""
        known: dict[str, TasteExclusion] = {}
        if warehouse is not None and user_id in (publication or Publication()).excluding(warehouse):
            known = {one.exclusion_id: one for one in published_exclusions(warehouse, user_id)}
        known |= {one.exclusion_id: one for one in self.told(user_id)}
        return [one for one in known.values() if one.is_active]

    def close(self) -> None:
        """Let the file go."""
        self._connections.close()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connections.get()
        except (sqlite3.Error, OSError) as error:
            raise _unusable(self._path, error) from error


def _unusable(path: Path, error: Exception) -> StreamUnavailableError:
    return StreamUnavailableError(f"{path} cannot be used: {error}")


def _moment(exclusion: TasteExclusion) -> str:
    return exclusion.changed_at.isoformat(timespec="microseconds")  # UTC always: sorts as text
