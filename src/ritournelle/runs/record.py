"""The record of a run in `ops.runs` and `ops.run_steps`: written when it begins, and again when it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ritournelle import __version__
from ritournelle.domain.clock import utc_now
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import RUN_STEPS, RUNS


@dataclass(frozen=True)
class Run:
    """One run: `run_number` counts all runs of a warehouse from 1 and orders what they wrote."""

    run_id: str
    run_number: int
    verb: str
    logical_date: date
    started_at: datetime


@dataclass(frozen=True)
class Step:
    """What one step of a run did; `measures` are columns of `ops.run_steps`, `details` whatever else it reports.

    `is_transient`: of a failed one, whether trying again may help; for whoever runs it, not kept.
    """

    step: str
    status: str  # succeeded | failed | skipped
    started_at: datetime
    message: str = ""
    source: str = ""
    measures: Mapping[str, Any] | None = None
    details: Mapping[str, Any] | None = None
    finished_at: datetime | None = None  # None: just now
    is_transient: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The step as the commands print it."""
        named = {"step": self.step, "status": self.status, "message": self.message, "details": dict(self.details or {})}
        return named | ({"source": self.source} if self.source else {})


def begin_run(warehouse: Warehouse, verb: str, logical_date: date | None = None) -> Run:
    """Number and note a new run; runs that a crash left behind as `running` become `killed`.

    Called under the lock of `single_run`, so that nothing else is running.
    """
    now = utc_now()
    _bury_killed_runs(warehouse, now)
    number = (warehouse.read("SELECT max(run_number) AS number FROM ops.runs")["number"][0].as_py() or 0) + 1
    run = Run(f"{now:%Y%m%dT%H%M%SZ}-{number:06d}", number, verb, logical_date or now.date(), now)
    warehouse.upsert(RUNS, RUNS.rows([_as_row(run) | {"status": "running"}]))
    return run


def end_run(warehouse: Warehouse, run: Run, status: str, message: str = "") -> None:
    """Note how a run ended."""
    now = utc_now()
    ended = {
        "status": status,
        "message": message,
        "finished_at": now,
        "duration_seconds": (now - run.started_at).total_seconds(),
    }
    warehouse.upsert(RUNS, RUNS.rows([_as_row(run) | ended]))


def note_step(warehouse: Warehouse, run: Run, step: Step) -> None:
    """Note a step of a run that has ended just now."""
    now = utc_now()
    row = {
        "run_id": run.run_id,
        "run_number": run.run_number,
        "step": step.step,
        "source": step.source,
        "status": step.status,
        "started_at": step.started_at,
        "finished_at": now,
        "duration_seconds": (now - step.started_at).total_seconds(),
        "message": step.message,
        "details": json.dumps(step.details or {}, ensure_ascii=False, default=str),
    }
    warehouse.upsert(RUN_STEPS, RUN_STEPS.rows([{**row, **(step.measures or {})}]))


def _bury_killed_runs(warehouse: Warehouse, now: datetime) -> None:
    dead = warehouse.read("SELECT * FROM ops.runs WHERE status = 'running'").to_pylist()
    if dead:
        ended = {"status": "killed", "finished_at": now, "message": "the process ended without a word"}
        warehouse.upsert(RUNS, RUNS.rows([row | ended for row in dead]))


def _as_row(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "run_number": run.run_number,
        "verb": run.verb,
        "logical_date": run.logical_date,
        "started_at": run.started_at,
        "code_version": __version__,
    }
