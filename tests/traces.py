"""Greps a whole home for somebody: every file, unpacked, and every database, table by table, column by column."""

from __future__ import annotations

import gzip
import io
import re
import sqlite3
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ritournelle.warehouse.base import Warehouse

SECRETS = "secrets"
"""Keys: random, and nobody's."""


def traces(home: Path, needles: Sequence[str]) -> list[str]:
    """Places of a home in which one of these texts stands; numbers are also looked for as such, in arrays."""
    found = []
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        name = str(path.relative_to(home))
        if not name.startswith(SECRETS):
            found += [f"{name}: {place}" for place in sorted(set(_in_file(path, needles)))]
    return found


def traces_in_warehouse(warehouse: Warehouse, needles: Sequence[str]) -> list[str]:
    """The same for every table of every schema that a connection sees."""
    query = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    places = [f"{row['table_schema']}.{row['table_name']}" for row in warehouse.read(query).to_pylist()]
    mine = [place for place in places if not place.startswith(("pg_catalog.", "information_schema."))]
    return [place for place in sorted(mine) if any(_in_table(warehouse.read(f"SELECT * FROM {place}"), needles))]


def _in_file(path: Path, needles: Sequence[str]) -> Iterator[str]:
    content = path.read_bytes()
    yield from ("raw bytes" for needle in needles if needle.encode() in content)
    if path.suffix == ".parquet":
        yield from _in_table(pq.read_table(path), needles)
    elif path.suffix == ".gz":
        yield from ("unpacked" for needle in needles if needle.encode() in gzip.decompress(content))
    elif path.suffix in (".npy", ".npz"):
        yield from _in_arrays(path, content, needles)
    elif content[8:12] == b"DUCK":
        yield from _in_duckdb(path, needles)
    elif content.startswith(b"SQLite format 3\0"):
        yield from _in_sqlite(path, needles)


def _in_table(table: pa.Table, needles: Sequence[str]) -> Iterator[str]:
    for name in table.column_names:
        for value in table[name].to_pylist():
            if any(needle in text for text in [_text(value)] for needle in needles):
                yield f"column {name}"


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _in_arrays(path: Path, content: bytes, needles: Sequence[str]) -> Iterator[str]:
    arrays = {path.name: np.load(io.BytesIO(content))} if path.suffix == ".npy" else {}
    if path.suffix == ".npz":
        with zipfile.ZipFile(path) as archive:
            arrays = {name: np.load(io.BytesIO(archive.read(name))) for name in archive.namelist()}
    numbers = [int(needle) for needle in needles if re.fullmatch(r"-?\d+", needle)]
    for name, array in arrays.items():
        if array.dtype.kind in "iuf" and any(np.any(array == number) for number in numbers):
            yield f"array {name}"


def _in_duckdb(path: Path, needles: Sequence[str]) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        query = "SELECT schema_name || '.' || table_name FROM duckdb_tables()"
        for (name,) in connection.execute(query).fetchall():
            for place in _in_table(connection.execute(f"SELECT * FROM {name}").to_arrow_table(), needles):
                yield f"{name} {place}"


def _in_sqlite(path: Path, needles: Sequence[str]) -> Iterator[str]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for name in names:
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                if any(needle in _text(value) for value in row for needle in needles):
                    yield f"table {name}"
