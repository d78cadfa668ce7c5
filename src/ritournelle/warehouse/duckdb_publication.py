"""Publications of a DuckDB warehouse: files of their own beside it, switched by one rename; see ADR 0005.

`published/current.duckdb` is a link to the last good one. Who has an older file open keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ritournelle.errors import WarehouseError
from ritournelle.warehouse.base import Doomed
from ritournelle.warehouse.duckdb_file import open_file


def published_path(warehouse: Path) -> Path:
    """What readers open: a link beside the warehouse that always leads to the last good publication."""
    return warehouse.absolute().parent / "published" / "current.duckdb"


def draft_of(warehouse: Path, version: str) -> Path:
    """Where a publication is written before it is one; nothing of a killed run is left there."""
    folder = published_path(warehouse).parent
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{version}.partial"
    for left_over in (draft, draft.with_name(f"{draft.name}.wal")):
        left_over.unlink(missing_ok=True)
    return draft


def switch_to(draft: Path) -> None:
    """Make a draft the latest publication; the ones before it go."""
    folder, published = draft.parent, draft.rename(draft.with_suffix(".duckdb"))
    link, fresh = folder / "current.duckdb", folder / "current.partial"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(published.name)
    fresh.replace(link)
    # Who has an older file open keeps it: on POSIX it goes only when the last reader lets go.
    for old in folder.glob("*.duckdb"):
        if old not in (link, published):
            old.unlink()
    for half_written in folder.glob("*.partial*"):  # a full disk leaves a log beside one
        half_written.unlink()


def erase(warehouse: Path, doomed: Doomed) -> int:
    """Write each published file that holds such rows anew, under a new name, without them; how many there were."""
    gone = 0
    for path in _published_files(warehouse):
        with _publication(path) as publication:
            conditions = _conditions(publication, doomed)
            found = _count(publication, conditions)
        if found:
            switch_to(_copy_without(path, conditions, _next_name(path).with_suffix(".partial")))
        gone += found
    return gone


def count(warehouse: Path, doomed: Doomed) -> int:
    """How many such rows the published files hold."""
    found = 0
    for path in _published_files(warehouse):
        with _publication(path) as publication:
            found += _count(publication, _conditions(publication, doomed))
    return found


def _published_files(warehouse: Path) -> list[Path]:
    """The files that hold publications of a warehouse; more than one only when a process was killed."""
    folder = published_path(warehouse).parent
    return sorted(path for path in folder.glob("*.duckdb") if not path.is_symlink())


def _next_name(path: Path) -> Path:
    """Of a publication that was written anew: readers go by names."""
    stem, _, number = path.stem.partition("~")
    return path.with_name(f"{stem}~{int(number or 0) + 1}.duckdb")


@contextmanager
def _publication(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file for reading, also where this process, a server, has it open with other settings."""
    connection = duckdb.connect()
    try:
        _attach(connection, path)
        connection.execute("USE former")
        yield connection
    except duckdb.Error as error:
        raise WarehouseError(f"the publication {path} cannot be read: {error}") from error
    finally:
        connection.close()


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    quoted = str(path).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS former (READ_ONLY)")


def _conditions(publication: duckdb.DuckDBPyConnection, doomed: Doomed) -> dict[str, str]:
    """By table: which rows go; "" for none."""
    query = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'former' ORDER BY ALL"
    places = publication.execute(query).fetchall()
    return {
        f"{schema}.{name}": doomed(lambda asked: publication.execute(asked).to_arrow_table(), schema, name)
        for schema, name in places
    }


def _count(publication: duckdb.DuckDBPyConnection, conditions: Mapping[str, str]) -> int:
    """How many rows these conditions hold for, in all."""
    found = 0
    for table, condition in conditions.items():
        if condition:
            row = publication.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()
            found += int(row[0]) if row else 0
    return found


def _copy_without(path: Path, conditions: Mapping[str, str], target: Path) -> Path:
    """Write a publication's tables into a file of their own, without these rows; that file."""
    target.unlink(missing_ok=True)  # a killed process may have left one
    connection = open_file(target, 1, read_only=False)
    try:
        _attach(connection, path)
        for schema in sorted({table.partition(".")[0] for table in conditions}):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for table, condition in conditions.items():
            kept = f"WHERE NOT ({condition})" if condition else ""
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM former.{table} {kept}")
    except duckdb.Error as error:
        raise WarehouseError(f"the publication {path} cannot be written anew: {error}") from error
    finally:
        connection.close()
    return target
