"""The online store in an SQLite file of the home, which all servers of one machine share."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np

from ritournelle.errors import PermanentError, TransientError
from ritournelle.online_store.base import Stamps, State, ToStore
from ritournelle.sqlite_file import KeptConnections, is_busy, transaction, write_anew

_WAIT_SECONDS = 5.0
_PRAGMAS = ("synchronous = NORMAL", "cache_size = -32000")
"""After a power loss the last switch may be missing, and the next run does it again. 32 MB of pages stay in memory."""
_AT_ONCE = 500
"""Lists of one transaction: a server that keeps an exclusion waits for it, 20 ms."""
_TABLES = """
CREATE TABLE IF NOT EXISTS lists (
    user_id INTEGER NOT NULL, generation INTEGER NOT NULL, stamp INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (user_id, generation)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lists_of_generation ON lists (generation, user_id);
CREATE TABLE IF NOT EXISTS lists_state (
    only INTEGER PRIMARY KEY CHECK (only = 1), publication TEXT NOT NULL, generation INTEGER NOT NULL,
    cleared INTEGER NOT NULL
);
"""
_STATE = "SELECT publication, generation FROM lists_state"
_FIND = """
SELECT state.publication, state.generation, (
    SELECT content FROM lists WHERE user_id = ? AND lists.generation <= state.generation
    ORDER BY lists.generation DESC LIMIT 1
) FROM lists_state AS state
"""
_STAMPS = """
SELECT user_id, stamp, max(generation) FROM lists GROUP BY user_id HAVING length(content) > 0 ORDER BY user_id
"""
_PUT = "INSERT OR REPLACE INTO lists VALUES (?, ?, ?, ?)"
_SWITCH = """
INSERT INTO lists_state VALUES (1, ?, 1, 0)
ON CONFLICT (only) DO UPDATE SET publication = excluded.publication, generation = generation + 1
"""
_CHANGED = """
SELECT user_id FROM lists WHERE generation > (SELECT cleared FROM lists_state)
AND generation <= (SELECT generation FROM lists_state)
"""
_CLEAR = """
DELETE FROM lists WHERE user_id = ?1 AND generation < (
    SELECT max(generation) FROM lists WHERE user_id = ?1 AND generation <= (SELECT generation FROM lists_state)
)
"""
_CLEAR_NONE = """
DELETE FROM lists WHERE user_id = ? AND length(content) = 0 AND generation <= (SELECT generation FROM lists_state)
"""


class SqliteStore:
    """See `online_store.base.OnlineStore`. A list has the number of the switch that serves it (`generation`)."""

    is_local = True
    note = ""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connections = KeptConnections(path, _TABLES, wait_seconds=_WAIT_SECONDS, pragmas=_PRAGMAS)

    def state(self) -> State:
        """See the protocol."""
        if not self._is_there():
            return State()
        with self._opened() as connection:
            row = connection.execute(_STATE).fetchone()
        return State(*row) if row else State()

    def find(self, user_id: int) -> tuple[State, bytes]:
        """See the protocol."""
        try:  # no `with`: it is asked with every request
            connection = self._connections.known()
            row = None if connection is None else connection.execute(_FIND, (user_id,)).fetchone()
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error
        return (State(row[0], row[1]), row[2] or b"") if row else (State(), b"")

    def stamps(self) -> Stamps:
        """See the protocol."""
        found: list[tuple[int, int, int]] = []
        if self._is_there():
            with self._opened() as connection:
                found = [tuple(row) for row in connection.execute(_STAMPS)]
        users, stamps, _ = np.array(found, dtype=np.int64).reshape(-1, 3).T
        return Stamps(users, stamps)

    def prepare(self, lists: Iterable[ToStore]) -> None:
        """See the protocol."""
        generation, waiting = self.state().generation + 1, iter(lists)
        while rows := [(one.user_id, generation, one.stamp, one.content) for one in islice(waiting, _AT_ONCE)]:
            with self._transaction() as connection:
                connection.executemany(_PUT, rows)

    def switch(self, publication: str) -> None:
        """See the protocol."""
        with self._transaction() as connection:
            connection.execute(_SWITCH, (publication,))
        self._clear()

    def erase(self, user_id: int) -> int:
        """See the protocol."""
        if not self._is_there():
            return 0
        with self._transaction() as connection:
            return connection.execute("DELETE FROM lists WHERE user_id = ?", (user_id,)).rowcount

    def count(self, user_id: int) -> int:
        """See the protocol."""
        if not self._is_there():
            return 0
        with self._opened() as connection:
            found = connection.execute("SELECT count(*) FROM lists WHERE user_id = ?", (user_id,)).fetchone()
        return int(found[0])

    def scrub(self) -> None:
        """Write the file anew, and empty its log."""
        if self._is_there():
            with self._opened() as connection:
                write_anew(connection, self._path, wait_seconds=_WAIT_SECONDS)

    def close(self) -> None:
        """See the protocol."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _clear(self) -> None:
        """Remove what was replaced; killed on the way, the next switch goes on with it."""
        with self._opened() as connection:
            changed = iter(connection.execute(_CHANGED).fetchall())
        while users := [tuple(row) for row in islice(changed, _AT_ONCE)]:
            with self._transaction() as connection:
                connection.executemany(_CLEAR, users)
                connection.executemany(_CLEAR_NONE, users)
        with self._transaction() as connection:
            connection.execute("UPDATE lists_state SET cleared = generation")

    def _is_there(self) -> bool:
        """Reading makes no file."""
        return os.path.exists(self._path)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._opened() as connection, transaction(connection):
            yield connection

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connections.get()
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> TransientError | PermanentError:
        kind = TransientError if is_busy(error) else PermanentError
        return kind(f"the online store {self._path} cannot be used: {error}")
