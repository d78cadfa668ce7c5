"""From a warehouse URL to an open warehouse."""

from __future__ import annotations

from pathlib import Path

from ritournelle.errors import PermanentError, SettingsError
from ritournelle.warehouse.base import Warehouse


def duckdb_path(url: str) -> Path | None:
    """The file of a `duckdb:///path` URL; None for another engine's URL."""
    prefix = "duckdb:///"
    return Path(url.removeprefix(prefix)) if url.startswith(prefix) else None


def connect(url: str, *, threads: int = 2, read_only: bool = False) -> Warehouse:
    """Open the warehouse that a URL names; several processes may read it at once, while none writes.

    Raises `SettingsError` for an engine that is not built in, `WarehouseBusyError` when another process holds it.
    """
    path = duckdb_path(url)
    if path is None:
        scheme = url.split(":", 1)[0]
        raise SettingsError(
            f"warehouse.url: no driver for {scheme!r} in this version; use duckdb:///absolute/path/to/warehouse.duckdb"
        )
    from ritournelle.warehouse.duckdb import DuckDBWarehouse  # here: 0.1 s

    return DuckDBWarehouse(path, threads=threads, read_only=read_only)


def connect_published(url: str, *, threads: int = 2) -> Warehouse:
    """Open, for reading, what the last good run published; no run is in the way of it, nor it of any run.

    Raises `PermanentError` when nothing was published yet.
    """
    path = duckdb_path(url)
    if path is None:
        return connect(url, threads=threads, read_only=True)
    from ritournelle.warehouse.duckdb import DuckDBWarehouse, published_path

    current = published_path(path)
    if not current.exists():
        raise PermanentError(f"nothing was published beside {path} yet; a good `ritournelle run` does it")
    # The link is followed here: within one process DuckDB would share an older file that is open under the same name.
    return DuckDBWarehouse(current.resolve(), threads=threads, read_only=True)
