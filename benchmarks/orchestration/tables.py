"""Whether two homes hold the same: every table of every layer, without the marks of the runs that wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.connect import connect

LAYERS = ("raw", "quarantine", "staging", "history", "core", "marts")
RUN_MARKS = frozenset(
    "run_id last_seen_run_id resolved_run_id extracted_at ingested_at first_seen_at changed_at valid_from valid_to "
    "quarantined_at resolved_at computed_at measured_at checked_at started_at finished_at first_started_at "
    "last_finished_at duration_seconds".split()
)
"""Columns that name a run by its time, or are a time or duration of it; run numbers are compared."""
WITHOUT = frozenset({"marts.pipeline_health_days"})
"""It adds up the seconds of the runs."""


def differences(one: Path, other: Path) -> set[str]:
    """The tables that are not the same in both homes; also those that only one of them has."""
    found, wanted = _contents(one), _contents(other)
    return {name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)}


def _contents(home: Path) -> dict[str, list[str]]:
    with connect(f"duckdb:///{home.absolute() / 'warehouse.duckdb'}", read_only=True) as warehouse:
        query = "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables"
        names = [name for name in warehouse.read(query)["name"].to_pylist() if name.split(".")[0] in LAYERS]
        return {name: _rows(warehouse, name) for name in names if name not in WITHOUT}


def _rows(warehouse: Warehouse, name: str) -> list[str]:
    rows: list[dict[str, Any]] = warehouse.read(f"SELECT * FROM {name}").to_pylist()
    return sorted(repr([value for column, value in row.items() if column not in RUN_MARKS]) for row in rows)
