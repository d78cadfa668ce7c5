"""SQLite files without a listener: rows by their id, and texts that speak of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ritournelle.errors import PermanentError
from ritournelle.forgetting.eraser import Removed
from ritournelle.forgetting.listener import Listener
from ritournelle.sqlite_file import opened, write_anew

_WAIT_SECONDS = 10.0


class OnlineStore:
    """The file that servers read and write: every table that has a `user_id`."""

    name = "online store"

    def __init__(self, path: Path) -> None:
        self._path = path

    def erase(self, listener: Listener) -> Removed:
        """Their rows."""
        return self._each(listener, "DELETE FROM {table} WHERE user_id = ?")

    def seal(self) -> None:
        """See `Eraser.seal`."""
        seal(self._path)

    def remaining(self, listener: Listener) -> Removed:
        """See `Eraser.remaining`."""
        return self._each(listener, "SELECT count(*) FROM {table} WHERE user_id = ?")

    def note(self) -> str:
        """What else is to be said."""
        return ""

    def _each(self, listener: Listener, statement: str) -> Removed:
        found: dict[str, int] = {}
        with connected(self._path) as connection:
            for table in () if connection is None else _tables(connection):
                assert connection is not None
                if "user_id" in _columns(connection, table):
                    done = connection.execute(statement.format(table=f'"{table}"'), (listener.user_id,))
                    count = done.rowcount if done.description is None else done.fetchone()[0]
                    found |= {table: count} if count else {}
        return found


class Texts:
    """A file in which texts may speak of listeners, such as the operator's journal: the texts stay, without them."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    def erase(self, listener: Listener) -> Removed:
        """Whatever speaks of them, redacted."""
        return redact(self._path, listener, is_kept=True)

    def seal(self) -> None:
        """See `Eraser.seal`."""
        seal(self._path)

    def remaining(self, listener: Listener) -> Removed:
        """See `Eraser.remaining`."""
        return redact(self._path, listener, is_kept=False)

    def note(self) -> str:
        """What else is to be said."""
        return ""


def redact(path: Path, listener: Listener, *, is_kept: bool) -> dict[str, int]:
    """Redact every text of a file; by table how many rows were concerned. Unless it `is_kept`, only count."""
    found: dict[str, int] = {}
    with connected(path) as connection:
        if connection is None:
            return found
        connection.execute("BEGIN IMMEDIATE")
        for table in _tables(connection):
            rows = list(_speaking(connection, table, listener))
            found |= {table: len(rows)} if rows else {}
            for row_id, changed in rows if is_kept else ():
                values = ", ".join(f'"{name}" = ?' for name in changed)
                connection.execute(f'UPDATE "{table}" SET {values} WHERE rowid = ?', (*changed.values(), row_id))
        connection.execute("COMMIT")
    return found


def seal(path: Path) -> None:
    """Write a file anew, and empty its log: what was deleted is in neither. `TransientError` while others hold it."""
    with connected(path) as connection:
        if connection is not None:
            write_anew(connection, path, wait_seconds=_WAIT_SECONDS)


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that overwrites what it deletes; None where there is no such file, which is not made."""
    if not path.exists():
        yield None
        return
    try:
        with closing(opened(path, wait_seconds=_WAIT_SECONDS)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            yield connection
    except sqlite3.Error as error:
        raise PermanentError(f"{path} cannot be used: {error}") from error


def _tables(connection: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    return [row[0] for row in connection.execute(query)]


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row["name"] for row in connection.execute(f'PRAGMA table_info("{table}")')]


def _speaking(connection: sqlite3.Connection, table: str, listener: Listener) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows that speak of them, with the columns that do, redacted."""
    columns = _columns(connection, table)
    maybe = " OR ".join(f'instr(lower("{column}"), ?)' for column in columns for _ in listener.ascii_needles)
    wanted = [needle for _ in columns for needle in listener.ascii_needles]
    for row in connection.execute(f'SELECT rowid AS row_id, * FROM "{table}" WHERE {maybe}', wanted).fetchall():
        texts = {name: row[name] for name in columns if isinstance(row[name], str)}
        changed = {name: listener.redacted(text) for name, text in texts.items()}
        different = {name: text for name, text in changed.items() if text != texts[name]}
        if different:
            yield row["row_id"], different
