"""Brings the journal up to what the warehouse has on record: runs before there was a journal, and data tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.observing.history import MOST_RUNS, PastRun, PastStep, keep_run
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import RUN_STEPS
from ritournelle.warehouse.watched import CHECKS_AFTER, RUNS_AFTER, STEPS_AFTER

_NAMED = "run_id run_number step source status started_at finished_at duration_seconds message details".split()
MEASURES = tuple(name for name in RUN_STEPS.columns.names if name not in _NAMED)
"""The figures of a step that stand in columns of their own."""
_LAST_KNOWN = (
    "SELECT max(run_number) AS number FROM runs WHERE run_number < ?"
    " AND (status <> 'killed' OR run_id IN (SELECT run_id FROM run_steps))"
)
"""A run that was killed could not tell the journal what it had done; the warehouse knows."""
_CHECK = "run_id check_name kind target severity outcome failures message checked_at".split()


def mirror(warehouse: Warehouse, journal: Journal, run_number: int) -> None:
    """Copy what runs before this one did, as far as the journal lacks it, and the data tests of this one."""
    known = journal.rows(_LAST_KNOWN, (run_number,))[0]["number"]
    after = max(known or 0, run_number - MOST_RUNS)
    if after + 1 < run_number:
        _copy_runs(warehouse, journal, after, run_number)
    checks = CHECKS_AFTER.run(warehouse, run_number=min(after, run_number - 1)).select(_CHECK).to_pylist()
    journal.keep_rows("check_results", checks)


def _copy_runs(warehouse: Warehouse, journal: Journal, after: int, before: int) -> None:
    steps: dict[str, list[PastStep]] = {}
    for row in STEPS_AFTER.run(warehouse, run_number=after).to_pylist():
        steps.setdefault(row["run_id"], []).append(_past_step(row))
    for row in RUNS_AFTER.run(warehouse, run_number=after).to_pylist():
        if row["run_number"] < before:
            keep_run(journal, _past_run(row, steps.get(row["run_id"], [])))


def _past_run(row: Mapping[str, Any], steps: list[PastStep]) -> PastRun:
    return PastRun(
        row["run_id"],
        row["run_number"],
        row["verb"],
        str(row["logical_date"]),
        row["status"],
        row["started_at"],
        row["finished_at"],
        row["message"] or "",
        steps=tuple(sorted(steps, key=lambda step: step.finished_at)),
    )


def _past_step(row: Mapping[str, Any]) -> PastStep:
    return PastStep(
        row["step"],
        row["source"] or "",
        row["status"],
        row["started_at"],
        row["finished_at"] or row["started_at"],
        row["message"] or "",
        {name: row[name] for name in MEASURES if row[name] is not None},
        json.loads(row["details"] or "{}"),
    )
