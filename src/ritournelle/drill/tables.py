"""What a home holds, for comparing it with an undisturbed one: everything but the marks of runs."""

from __future__ import annotations

from typing import Any

from ritournelle.drill.sandbox import Sandbox

_SCHEMAS = ("core", "marts")
_MARKS = frozenset(
    {
        "run_id",
        "run_number",
        "ingested_at",
        "first_seen_at",
        "changed_at",
        "valid_from",
        "valid_to",
        "computed_at",
        "measured_at",
        "model_version",
        "made_from",
    }
)
"""Columns that tell which run wrote a row, when, or by which of two equal models."""
_OF_RUNS = frozenset({"marts.pipeline_health_days", "marts.model_quality_days", "marts.list_states"})
"""Tables that count runs and models themselves."""

Tables = dict[str, list[tuple[Any, ...]]]


def compared_tables(sandbox: Sandbox) -> Tables:
    """Star and marts as they stand in the warehouse, sorted."""
    with sandbox.platform.read_warehouse() as warehouse:
        names = [".".join(name) for name in warehouse.tables(_SCHEMAS)]
        tables = {name: warehouse.read(f"SELECT * FROM {name}") for name in names if name not in _OF_RUNS}
    kept = {name: table.select(sorted(set(table.column_names) - _MARKS)) for name, table in tables.items()}
    return {name: sorted((tuple(row.values()) for row in table.to_pylist()), key=repr) for name, table in kept.items()}
