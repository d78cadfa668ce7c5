"""What two warehouses hold, for comparing them: everything but the marks of the runs that wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from ritournelle.warehouse.base import Warehouse

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
    "measured_at",
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
        names = [name for name in names if name[1] != "pipeline_health_days"]  # it counts runs and their seconds
        return {f"{schema}.{table}": _rows(connection, f"{schema}.{table}") for schema, table in names}


def exact_contents(home: Path) -> dict[str, Rows]:
    """Every table of history, core and marts with all of its columns, sorted; one counts the runs themselves."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        query = "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema IN ('history', 'core', 'marts') AND table_name <> 'pipeline_health_days'"
        names = sorted(name for (name,) in connection.execute(query).fetchall())
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in names}


def tables_of(
    warehouse: Warehouse, *, schemas: tuple[str, ...], without: frozenset[str] = frozenset()
) -> dict[str, tuple[dict[str, str], Rows]]:
    """Of any engine, every table of these schemas: its columns with their Arrow types, and its rows, sorted."""
    query = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    found = sorted((row["table_schema"], row["table_name"]) for row in warehouse.read(query).to_pylist())
    return {f"{schema}.{name}": _typed(warehouse, schema, name, without) for schema, name in found if schema in schemas}


def _typed(warehouse: Warehouse, schema: str, name: str, without: frozenset[str]) -> tuple[dict[str, str], Rows]:
    rows = warehouse.read(f"SELECT * FROM {schema}.{name}")
    rows = rows.select(sorted(set(rows.column_names) - without))
    types = {column.name: str(column.type) for column in rows.schema}
    return types, sorted((tuple(row.values()) for row in rows.to_pylist()), key=repr)


def built_contents(home: Path) -> dict[str, Rows]:
    """Every table that dbt builds from raw, with all of its columns, sorted; changes are of one build alone."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        query = (
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
            "WHERE schema_name IN ('staging', 'history', 'core', 'marts') AND table_name NOT LIKE 'changed_%' "
            "AND table_name NOT IN ('recommendations', 'model_quality_days', 'pipeline_health_days')"
        )
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
