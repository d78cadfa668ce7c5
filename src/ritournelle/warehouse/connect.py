"""From a warehouse URL to an open warehouse."""

from __future__ import annotations

from pathlib import Path

from ritournelle.errors import SettingsError
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
    from ritournelle.warehouse.duckdb import DuckDBWarehouse  # pylint: disable=import-outside-toplevel  # 0.1 s

    return DuckDBWarehouse(path, threads=threads, read_only=read_only)
