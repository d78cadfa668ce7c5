"""From a warehouse URL to an open warehouse, and to the locks that keep two writers apart."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from ritournelle.errors import SettingsError
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.postgres_address import PostgresAddress, is_postgres

_LOOK_AGAIN_SECONDS = 5


def duckdb_path(url: str) -> Path | None:
    """The file of a `duckdb:///path` URL; None for another engine's URL."""
    prefix = "duckdb:///"
    return Path(url.removeprefix(prefix)) if url.startswith(prefix) else None


def connect(url: str, *, threads: int = 2, read_only: bool = False) -> Warehouse:
    """Open the warehouse that a URL names; a DuckDB file may be read by several processes while none writes.

    `threads` are DuckDB's. Raises `SettingsError` for an engine that is not built in, `WarehouseBusyError` when another
    process holds the warehouse or its server does not answer.
    """
    if is_postgres(url):
        with _extra("postgres"):
            from ritournelle.warehouse.postgres import PostgresWarehouse
        return PostgresWarehouse(url, read_only=read_only)
    if _is_dlt(url):
        with _extra("bigquery` or `redshift"):
            from ritournelle.warehouse.dlt import DltWarehouse  # 0.7 s
        return DltWarehouse(url, read_only=read_only)
    from ritournelle.warehouse.duckdb import DuckDBWarehouse  # here: 0.1 s

    return DuckDBWarehouse(_known_file(url), threads=threads, read_only=read_only)


def connect_published(url: str, *, threads: int = 2) -> Warehouse:
    """Open, for reading, what the last good run published; no run is in the way of it, nor it of any run.

    Tables are found under `schema(…)`. Raises `PermanentError` when nothing was published yet.
    """
    if is_postgres(url):
        with _extra("postgres"):
            from ritournelle.warehouse.postgres import PublishedPostgres
        return PublishedPostgres(url)
    if _is_dlt(url):
        with _extra("bigquery` or `redshift"):
            from ritournelle.warehouse.dlt import PublishedDlt
        return PublishedDlt(url)
    from ritournelle.warehouse.duckdb import open_published

    return open_published(_known_file(url), threads=threads)


def publication_name(url: str) -> str:
    """A name for what `connect_published` would open now; "" when nothing was published.

    Of a file it is cheap to ask for; PostgreSQL is connected to. Other servers are not asked: there it changes every
    few seconds. See `publication_watch` for who asks often.
    """
    path = duckdb_path(url)
    if is_postgres(url):
        with _extra("postgres"):
            from ritournelle.warehouse.postgres import published_name
        return published_name(url)
    if path is None:
        return f"{time.monotonic() // _LOOK_AGAIN_SECONDS:.0f}"
    return link_target(str(published_link(path)))


def published_link(warehouse: Path) -> Path:
    """What leads to the publication of a DuckDB file."""
    from ritournelle.warehouse.duckdb_publication import published_path

    return published_path(warehouse)


def link_target(link: str) -> str:
    """The name of what a link leads to; "" when it is not there."""
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return ""


def sole_writer(url: str) -> AbstractContextManager[None]:
    """Keep other writers out of the warehouse while a tool with connections of its own, dbt, writes to it.

    Raises `WarehouseBusyError` when there is one. A DuckDB file does this by itself.
    """
    if is_postgres(url):
        with _extra("postgres"):
            from ritournelle.warehouse import postgres_locks
        return postgres_locks.sole_writer(PostgresAddress.of(url))
    return nullcontext()


def sole_run(url: str) -> AbstractContextManager[None]:
    """Keep other machines' runs off the warehouse while the block runs; raises `RunInProgressError` when there is one.

    A DuckDB file is one home's, whose own lock is enough.
    """
    if is_postgres(url):
        with _extra("postgres"):
            from ritournelle.warehouse import postgres_locks
        return postgres_locks.sole_run(PostgresAddress.of(url))
    return nullcontext()


def place(url: str) -> str:
    """The warehouse as messages show it: a file, or host and database, without user and password."""
    path = duckdb_path(url)
    if path is not None:
        return str(path)
    if _is_dlt(url):
        from ritournelle.warehouse.dlt_address import dlt_address

        return str(dlt_address(url))
    return str(PostgresAddress.of(url)) if is_postgres(url) else url.split(":", 1)[0]


def _is_dlt(url: str) -> bool:
    if duckdb_path(url) is not None:  # most often: who knows dlt's engines takes 5 ms to import
        return False
    from ritournelle.warehouse.dlt_address import is_dlt

    return is_dlt(url)


def _known_file(url: str) -> Path:
    path = duckdb_path(url)
    if path is None:
        scheme = url.split(":", 1)[0]
        raise SettingsError(
            f"warehouse.url: no driver for {scheme!r} in this version; use duckdb:///path/to/warehouse.duckdb, "
            "postgresql://user:password@host:5432/database, bigquery://project/dataset or "
            "redshift://user:password@host/database"
        )
    return path


@contextmanager
def _extra(extra: str) -> Iterator[None]:
    """Around the import of a driver that is an extra; raises `SettingsError` that names it where it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"warehouse.url: this engine needs {error.name}; install ritournelle with its extra `{extra}`"
        ) from error
