"""Opening a DuckDB file: one writer, who waits a moment for those who look."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb

from ritournelle.errors import WarehouseBusyError, WarehouseError, WarehouseOpenHereError

_WAIT_SECONDS = 1.0


def open_file(path: Path, threads: int, read_only: bool) -> duckdb.DuckDBPyConnection:
    """A connection in UTC; the file is created where a writer finds none.

    A writer waits a moment: the server looks every minute, for 20 ms, whether the file opens. Raises
    `WarehouseBusyError` when another process has it open, `WarehouseOpenHereError` when this one has it open with other
    settings, `WarehouseError` when it is no DuckDB file.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return _open_now(path, threads, read_only)
        except WarehouseBusyError:
            if read_only or time.monotonic() > deadline:
                raise
        time.sleep(_WAIT_SECONDS / 20)


def _open_now(path: Path, threads: int, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config={"threads": threads})
    except duckdb.IOException as error:
        if "Could not set lock" in str(error):
            raise WarehouseBusyError(
                f"the warehouse {path} is open in another process; wait for it or stop it. ({error})"
            ) from error
        raise WarehouseError(f"the warehouse {path} cannot be opened: {error}") from error
    except duckdb.Error as error:
        if "different configuration" in str(error):  # this process reads it, for a moment
            raise WarehouseOpenHereError(
                f"the warehouse {path} is open elsewhere in this process; try again"
            ) from error
        raise WarehouseError(f"the warehouse {path} cannot be opened: {error}") from error
    connection.execute("SET TimeZone = 'UTC'")
    return connection
