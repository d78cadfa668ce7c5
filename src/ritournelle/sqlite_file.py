"""An SQLite file that several processes and threads share: opened so that the first moment waits as later ones do."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

_PAUSE_SECONDS = 0.005


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


class KeptConnections:
    """One open connection per thread to a file that many questions are put to; to open one takes half a millisecond.

    What another process commits is seen by the next statement. A file that was put in the place of the former one is
    opened anew.
    """

    def __init__(self, path: Path, schema: str = "", *, wait_seconds: float, synchronous: str = "FULL") -> None:
        self._path, self._schema, self._wait, self._synchronous = path, schema, wait_seconds, synchronous
        self._mine = threading.local()
        self._all: list[sqlite3.Connection] = []

    def get(self) -> sqlite3.Connection:
        """This thread's; the file is made when it is not there. Errors as of `opened`."""
        try:
            state = os.stat(self._path)
            seen = (state.st_dev, state.st_ino)
        except FileNotFoundError:
            seen = None
        if seen is None or getattr(self._mine, "seen", None) != seen:
            self._open()
        found: sqlite3.Connection = self._mine.connection
        return found

    def close(self) -> None:
        """Close them all; nobody may be using one."""
        connections, self._all = self._all, []
        for connection in connections:
            connection.close()
        self._mine = threading.local()

    def _open(self) -> None:
        connection = opened(self._path, self._schema, wait_seconds=self._wait)
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        state = os.stat(self._path)
        self._all.append(connection)
        self._mine.connection, self._mine.seen = connection, (state.st_dev, state.st_ino)


def _touch(connection: sqlite3.Connection, schema: str) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(schema or "SELECT count(*) FROM sqlite_schema")


def _patiently(work: Callable[[], None], wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return work()
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not is_busy or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_SECONDS * (1 + random.random()))
