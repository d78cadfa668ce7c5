"""An SQLite file that several processes and threads share: opened so that the first moment waits as later ones do."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ritournelle.errors import TransientError

_PAUSE_SECONDS = 0.005
_LONG_PAUSE_SECONDS = 0.05


def opened(path: Path, schema: str = "", *, wait_seconds: float) -> sqlite3.Connection:
    """A connection in autocommit mode with rows by name, its journal written ahead (WAL).

    SQLite's own patience (`timeout`) does not cover the moments in which a file is being turned to WAL or the last
    connection is taking its log away: both answer "database is locked" at once (4 of 1,200 openings by eight threads
    of a new file). So the first touch is tried again until `wait_seconds` are over; an opened connection then holds
    its share of the file, and the patience counts. See https://sqlite.org/wal.html, "Sometimes Queries Return
    SQLITE_BUSY In WAL Mode".

    Args:
        path: The file; its folder is made.
        schema: Statements that make what is missing (`CREATE … IF NOT EXISTS`).
        wait_seconds: How long to wait for others, here and at each later statement.

    Raises:
        sqlite3.Error: The file is no database, cannot be opened, or stayed locked.
        OSError: Its folder cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Any thread may close it; SQLite itself lets threads share one.
    connection = sqlite3.connect(path, timeout=wait_seconds, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    try:
        _patiently(lambda: _touch(connection, schema), wait_seconds)
    except BaseException:  # also when interrupted: nobody else could close it
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction of the file's only writer: what is read inside is true until it ends, and an error undoes it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:  # also when interrupted
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def write_anew(connection: sqlite3.Connection, path: Path, *, wait_seconds: float) -> None:
    """Write a file anew and empty its log, so that nothing of removed rows is in either.

    Raises `TransientError` while others read it all the time: they keep the log from being emptied.
    """
    connection.execute("VACUUM")
    deadline = time.monotonic() + wait_seconds
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > deadline:
            raise TransientError(f"{path} is read by others all the time, so that its log cannot be emptied; try again")
        time.sleep(_LONG_PAUSE_SECONDS)


class KeptConnections:
    """One open connection per thread to a file that many questions are put to; to open one takes half a millisecond.

    What another process commits is seen by the next statement. A file that was written to (each thousand pages or so of
    the log) or replaced is opened anew: so damage is seen, too.
    """

    def __init__(
        self, path: Path, schema: str = "", *, wait_seconds: float, pragmas: Sequence[str] = ("synchronous = FULL",)
    ) -> None:
        self._path, self._schema, self._wait, self._pragmas = path, schema, wait_seconds, pragmas
        self._mine = threading.local()
        self._all: set[sqlite3.Connection] = set()

    def get(self) -> sqlite3.Connection:
        """This thread's; the file is made when it is not there. Errors as of `opened`."""
        found = self.known()
        return found if found is not None else self._open()

    def known(self) -> sqlite3.Connection | None:
        """The same; None when the file is not there, which is not made."""
        try:
            seen = self._seen()
        except FileNotFoundError:
            return None
        if getattr(self._mine, "seen", None) != seen:
            self._open()
        found: sqlite3.Connection = self._mine.connection
        return found

    def close(self) -> None:
        """Close them all; nobody may be using one."""
        connections, self._all = self._all, set()
        for connection in connections:
            connection.close()
        self._mine = threading.local()

    def _open(self) -> sqlite3.Connection:
        self._let_go()
        connection = opened(self._path, self._schema, wait_seconds=self._wait)
        for pragma in self._pragmas:
            connection.execute(f"PRAGMA {pragma}")
        self._all.add(connection)
        self._mine.connection, self._mine.seen = connection, self._seen()
        return connection

    def _let_go(self) -> None:
        former = getattr(self._mine, "connection", None)
        if former is not None:
            self._mine.connection = self._mine.seen = None
            self._all.discard(former)
            former.close()

    def _seen(self) -> tuple[int, ...]:
        state = os.stat(self._path)
        return state.st_dev, state.st_ino, state.st_mtime_ns


def _touch(connection: sqlite3.Connection, schema: str) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(schema or "SELECT count(*) FROM sqlite_schema")


def is_busy(error: Exception) -> bool:
    """Whether somebody else has the file just now, so that trying again may help."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _patiently(work: Callable[[], None], wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return work()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_SECONDS * (1 + random.random()))
