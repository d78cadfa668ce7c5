"""The runs of the last weeks, as the journal keeps them: what is usual is known from them, warehouse or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ritournelle.monitoring.journal import Journal

WINDOW = timedelta(days=35)
"""Five weeks: four of the same weekday, whatever the day."""
MOST_RUNS = 100
HEALTH = "health"
"""The step that keeps what was found in the warehouse, under `facts` of its details."""
RUNNING = "running"


@dataclass(frozen=True)
class PastStep:
    """One step; `measures` are the columns of its own that `ops.run_steps` has for it."""

    step: str
    source: str
    status: str  # succeeded | failed | skipped
    started_at: datetime
    finished_at: datetime
    message: str = ""
    measures: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether it came to a good end."""
        return self.status == "succeeded"


@dataclass(frozen=True)
class PastRun:
    """One run with its steps, in their order."""

    run_id: str
    run_number: int
    verb: str
    logical_date: str
    status: str  # running | succeeded | failed | killed
    started_at: datetime
    finished_at: datetime | None = None
    message: str = ""
    peak_memory_bytes: int | None = None
    steps: Sequence[PastStep] = ()

    @property
    def seconds(self) -> float:
        """From begin to end; 0 while it runs."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else 0.0

    def step(self, name: str) -> PastStep | None:
        """Its last step of that name."""
        return next((one for one in reversed(self.steps) if one.step == name), None)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What was found in the warehouse at its end; empty where that could not be asked."""
        health = self.step(HEALTH)
        found: Mapping[str, Any] = health.details.get("facts", {}) if health else {}
        return found

    @property
    def was_published(self) -> bool:
        """Whether readers came to see what it made."""
        published = self.step("publish")
        return published is not None and published.succeeded


@dataclass(frozen=True)
class History:
    """Runs, oldest first; `checks` are the rows of `check_results` of the last transform."""

    runs: Sequence[PastRun]
    checks: Sequence[Mapping[str, Any]] = ()
    warned_before: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """By data test, the rows that it found in transforms before the last one, where it warned."""
    refusals: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def read(cls, journal: Journal, now: datetime) -> History:
        """The last weeks; a few milliseconds."""
        since = (now - WINDOW).isoformat()
        runs = journal.rows(
            "SELECT * FROM (SELECT * FROM runs WHERE started_at >= ? ORDER BY started_at DESC LIMIT ?)"
            " ORDER BY started_at",
            (since, MOST_RUNS),
        )
        steps: dict[str, list[PastStep]] = {}
        for row in journal.rows(
            "SELECT * FROM run_steps WHERE run_id IN (SELECT run_id FROM runs WHERE started_at >= ?"
            " ORDER BY started_at DESC LIMIT ?) ORDER BY finished_at, rowid",
            (since, MOST_RUNS),
        ):
            steps.setdefault(row["run_id"], []).append(_step(row))
        checks = journal.rows(
            "SELECT * FROM check_results WHERE run_id ="
            " (SELECT run_id FROM check_results ORDER BY checked_at DESC LIMIT 1)"
        )
        warned: dict[str, list[int]] = {}
        for row in journal.rows(
            "SELECT run_id, check_name, failures FROM check_results"
            " WHERE checked_at >= ? AND outcome = 'warned' AND failures > 0 ORDER BY checked_at",
            (since,),
        ):
            if row["run_id"] != checks[0]["run_id"]:
                warned.setdefault(row["check_name"], []).append(row["failures"])
        refusals = journal.rows("SELECT * FROM refusals WHERE at >= ? ORDER BY at", (since,))
        return cls(tuple(_run(row, steps.get(row["run_id"], [])) for row in runs), checks, warned, refusals)

    def with_current(self, run: PastRun) -> History:
        """With this run as the last one."""
        return replace(self, runs=(*(one for one in self.runs if one.run_id != run.run_id), run))

    @property
    def ended(self) -> list[PastRun]:
        """The runs that have come to an end, good or bad."""
        return [run for run in self.runs if run.status != RUNNING]

    def latest(self, wanted: Callable[[PastStep], bool]) -> tuple[PastRun, PastStep] | None:
        """The last step of that kind, and its run."""
        return next(self.backwards(wanted), None)

    def backwards(self, wanted: Callable[[PastStep], bool]) -> Iterator[tuple[PastRun, PastStep]]:
        """All steps of that kind, the last first."""
        return ((run, step) for run in reversed(self.runs) for step in reversed(run.steps) if wanted(step))

    def latest_facts(self, name: str) -> tuple[PastRun, Any] | None:
        """What the warehouse held of one kind when it was last asked, and by which run."""
        return next(((run, run.facts[name]) for run in reversed(self.runs) if run.facts.get(name)), None)


def keep_run(journal: Journal, run: PastRun) -> None:
    """Write a run and its steps into the journal; again replaces them."""
    journal.keep_rows("runs", [_run_row(run)])
    journal.keep_rows("run_steps", [_step_row(run, step) for step in run.steps])


def _run_row(run: PastRun) -> dict[str, Any]:
    names = "run_id run_number verb logical_date status started_at finished_at message peak_memory_bytes".split()
    return {name: getattr(run, name) for name in names} | {"duration_seconds": run.seconds or None}


def _step_row(run: PastRun, step: PastStep) -> dict[str, Any]:
    names = "step source status started_at finished_at message".split()
    texts = {name: json.dumps(dict(getattr(step, name)), default=str) for name in ("measures", "details")}
    seconds = (step.finished_at - step.started_at).total_seconds()
    return {"run_id": run.run_id, **{name: getattr(step, name) for name in names}, "duration_seconds": seconds, **texts}


def _run(row: Mapping[str, Any], steps: Sequence[PastStep]) -> PastRun:
    return PastRun(
        run_id=row["run_id"],
        run_number=row["run_number"],
        verb=row["verb"],
        logical_date=row["logical_date"],
        status=row["status"],
        started_at=datetime.fromisoformat(row["started_at"]),
        finished_at=datetime.fromisoformat(row["finished_at"]) if row["finished_at"] else None,
        message=row["message"] or "",
        peak_memory_bytes=row["peak_memory_bytes"],
        steps=tuple(steps),
    )


def _step(row: Mapping[str, Any]) -> PastStep:
    started = datetime.fromisoformat(row["started_at"])
    return PastStep(
        step=row["step"],
        source=row["source"],
        status=row["status"],
        started_at=started,
        finished_at=datetime.fromisoformat(row["finished_at"]) if row["finished_at"] else started,
        message=row["message"] or "",
        measures=json.loads(row["measures"]),
        details=json.loads(row["details"]),
    )
