"""What two warehouses hold, for comparing them: everything but the marks of the runs that wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

RUN_MARKS = {
    "run_id",
    "run_number",
    "last_seen_run_id",
    "resolved_run_id",
    "extracted_at",
    "ingested_at",
    "first_seen_at",
    "changed_at",
    "valid_from",
    "valid_to",
    "quarantined_at",
    "resolved_at",
    "computed_at",
}
"""Columns that tell which run wrote a row, or when: they differ between two homes that hold the same."""

Rows = list[tuple[Any, ...]]


def contents(
    home: Path, *, schemas: tuple[str, ...] = ("raw", "history", "core", "marts", "quarantine")
) -> dict[str, Rows]:
    """Every table of these schemas, sorted, without the marks of runs."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        query = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
        names = sorted(name for name in connection.execute(query).fetchall() if name[0] in schemas)
        return {f"{schema}.{table}": _rows(connection, f"{schema}.{table}") for schema, table in names}


def exact_contents(home: Path) -> dict[str, Rows]:
    """Every table of history, core and marts with all of its columns, sorted."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        query = "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema IN ('history', 'core', 'marts')"
        names = sorted(name for (name,) in connection.execute(query).fetchall())
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in names}


def count(home: Path, table: str, where: str = "TRUE") -> int:
    """Rows of a table."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()
        assert row is not None
        return int(row[0])


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> Rows:
    columns = [row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall() if row[0] not in RUN_MARKS]
    return connection.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL").fetchall()
