"""What the journal tells of the past: runs, steps, checks and readings, as the pages and the metrics need them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ritournelle.monitoring.journal import Journal

_OF_ONE_RUN = """
SELECT run_id, run_number, verb, logical_date, status, started_at, finished_at, duration_seconds, message,
       peak_memory_bytes
FROM runs"""
_SUMS_OF_RUNS = """
SELECT run_id, sum(json_extract(measures, '$.landed')) AS landed,
       sum(coalesce(json_extract(measures, '$.inserted'), 0) + coalesce(json_extract(measures, '$.updated'), 0)
           + coalesce(json_extract(measures, '$.deleted'), 0)) AS changed,
       sum(json_extract(measures, '$.quarantined')) AS quarantined
FROM run_steps WHERE step = 'ingest' AND run_id IN ({places}) GROUP BY run_id"""
_STEP = "SELECT run_id, step, source, status, started_at, finished_at, duration_seconds, message, measures, details"
_LATEST_STEPS = f"""
{_STEP} FROM run_steps WHERE rowid IN (
    SELECT number FROM (
        SELECT rowid AS number, max(started_at) FROM run_steps WHERE {{condition}} GROUP BY step, source))"""
"""SQLite takes `rowid` from the row of the maximum; a window function took three times as long."""
_CHECKS_PER_DAY = """
SELECT substr(checked_at, 1, 10) AS day, outcome, count(*) AS checks FROM check_results WHERE checked_at >= ?
GROUP BY 1, 2 ORDER BY 1, 2"""
_LAST_CHECKS = """
SELECT run_id, check_name, kind, target, severity, outcome, failures, message, checked_at FROM check_results
WHERE run_id = (SELECT run_id FROM check_results ORDER BY checked_at DESC LIMIT 1) ORDER BY check_name"""
_MEASURED = """
SELECT sensor, subject, substr(at, 1, 10) AS day, max(measured) AS measured, max(bound) AS bound, max(at) AS at
FROM readings WHERE sensor IN ({names}) AND at >= ? AND measured IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 3, 1, 2"""


@dataclass(frozen=True)
class RunLine:
    """One run: how it ended, how long it took, what it brought. `duration_seconds` is None while it is running."""

    run_id: str
    verb: str
    day: str
    status: str  # running | succeeded | failed | killed | refused
    started_at: datetime
    duration_seconds: float | None
    message: str
    peak_memory_bytes: int | None
    landed: int | None = None
    changed: int | None = None
    quarantined: int | None = None


@dataclass(frozen=True)
class StepLine:
    """One step of a run."""

    run_id: str
    step: str
    source: str
    status: str  # succeeded | failed | skipped
    started_at: datetime
    finished_at: datetime | None
    duration_seconds: float | None
    message: str
    measures: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ended_at(self) -> datetime:
        """When it was over; its begin where nobody noted that."""
        return self.finished_at or self.started_at


@dataclass(frozen=True)
class CheckLine:
    """One data test or freshness check of the last run that made any."""

    name: str
    kind: str
    target: str
    severity: str
    outcome: str  # passed | warned | failed | error | skipped
    failures: int
    message: str
    checked_at: datetime

    @property
    def is_good(self) -> bool:
        """Whether it found nothing."""
        return self.outcome == "passed"


def runs(journal: Journal, since: datetime, limit: int = 10_000) -> list[RunLine]:
    """The runs that began since then, the newest first, no more than so many."""
    query = f"{_OF_ONE_RUN} WHERE started_at >= ? ORDER BY started_at DESC LIMIT ?"
    return [_run(row) for row in journal.rows(query, [_text(since), limit])]


def with_rows(journal: Journal, found: Sequence[RunLine]) -> list[RunLine]:
    """The same runs with what their reads brought."""
    query = _SUMS_OF_RUNS.format(places=", ".join("?" for _ in found))
    sums = {row.pop("run_id"): row for row in journal.rows(query, [run.run_id for run in found])}
    return [replace(run, **sums.get(run.run_id, {})) for run in found]


def runs_by_status(journal: Journal, since: datetime) -> dict[str, int]:
    """How many runs ended how since then."""
    query = "SELECT status, count(*) AS runs FROM runs WHERE started_at >= ? GROUP BY status ORDER BY status"
    return {row["status"]: row["runs"] for row in journal.rows(query, [_text(since)])}


def steps_of(journal: Journal, run_id: str) -> list[StepLine]:
    """The steps of one run in their order."""
    return [
        _step(row) for row in journal.rows(f"{_STEP} FROM run_steps WHERE run_id = ? ORDER BY started_at", [run_id])
    ]


def latest_reads(journal: Journal) -> dict[str, StepLine]:
    """By source the last attempt to read it."""
    return {step.source: step for step in _latest(journal, "step = 'ingest' AND source <> ''")}


def latest_good_steps(journal: Journal) -> dict[tuple[str, str], StepLine]:
    """By step and source the last one that succeeded; without a source for steps that read none."""
    return {(step.step, step.source): step for step in _latest(journal, "status = 'succeeded'")}


def _latest(journal: Journal, condition: str) -> list[StepLine]:
    return [_step(row) for row in journal.rows(_LATEST_STEPS.format(condition=condition))]


def checks_per_day(journal: Journal, since: datetime) -> list[dict[str, Any]]:
    """`day`, `outcome`, `checks`."""
    return journal.rows(_CHECKS_PER_DAY, [_text(since)])


def last_checks(journal: Journal) -> list[CheckLine]:
    """Every check of the last run that made any, by name."""
    return [_check(row) for row in journal.rows(_LAST_CHECKS)]


def measured_per_day(journal: Journal, sensors: Sequence[str], since: datetime) -> list[dict[str, Any]]:
    """The largest number that each sensor measured of each subject on each day, with its limit."""
    names = ", ".join("?" for _ in sensors)
    return journal.rows(_MEASURED.format(names=names), [*sensors, _text(since)])


def _run(row: Mapping[str, Any]) -> RunLine:
    return RunLine(
        row["run_id"],
        row["verb"],
        row["logical_date"],
        row["status"],
        datetime.fromisoformat(row["started_at"]),
        row["duration_seconds"],
        row["message"] or "",
        row["peak_memory_bytes"],
    )


def _step(row: Mapping[str, Any]) -> StepLine:
    ended = row["finished_at"]
    return StepLine(
        row["run_id"],
        row["step"],
        row["source"],
        row["status"],
        datetime.fromisoformat(row["started_at"]),
        datetime.fromisoformat(ended) if ended else None,
        row["duration_seconds"],
        row["message"] or "",
        json.loads(row["measures"] or "{}"),
        json.loads(row["details"] or "{}"),
    )


def _check(row: Mapping[str, Any]) -> CheckLine:
    return CheckLine(
        row["check_name"],
        row["kind"] or "",
        row["target"] or "",
        row["severity"] or "",
        row["outcome"] or "",
        row["failures"] or 0,
        row["message"] or "",
        datetime.fromisoformat(row["checked_at"]),
    )


def _text(moment: datetime) -> str:
    """As the journal writes moments, so that texts compare as moments do."""
    return moment.isoformat(timespec="microseconds")
