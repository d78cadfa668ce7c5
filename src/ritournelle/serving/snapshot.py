"""Everything that one answer tells of the platform, read at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ritournelle.monitoring.health import HealthReport
from ritournelle.serving import history
from ritournelle.serving.history import CheckLine, RunLine, StepLine
from ritournelle.serving.parts import Parts

RUNS_SHOWN = 10
DAYS_SHOWN = 366
"""How far back charts and metrics look: a year of daily runs."""


@dataclass(frozen=True)
class Snapshot:
    """`runs`: the last few, the newest first; `steps`: those of the newest; `stages`: each one's last good step."""

    at: datetime
    report: HealthReport
    runs: Sequence[RunLine]
    steps: Sequence[StepLine]
    reads: Mapping[str, StepLine]
    good_reads: Mapping[str, StepLine]
    stages: Mapping[str, StepLine]
    checks: Sequence[CheckLine]
    quality: Sequence[Mapping[str, Any]]
    champion: str | None

    @property
    def table_rows(self) -> dict[str, int]:
        """Rows of every table (`core.dim_users`) after the last good transform."""
        step = self.stages.get("transform")
        rows: dict[str, int] = dict(step.details.get("rows", {})) if step else {}
        return rows

    @property
    def last_run(self) -> RunLine | None:
        """The newest run, also while it is running."""
        return self.runs[0] if self.runs else None


def take_snapshot(parts: Parts) -> Snapshot:
    """Raises `PermanentError` when the journal cannot be read; the warehouse is not asked."""
    journal, now = parts.journal, parts.clock()
    runs = history.with_rows(journal, history.runs(journal, now - timedelta(days=DAYS_SHOWN), RUNS_SHOWN))
    good = history.latest_good_steps(journal)
    return Snapshot(
        at=now,
        report=parts.report(),
        runs=runs,
        steps=history.steps_of(journal, runs[0].run_id) if runs else [],
        reads=history.latest_reads(journal),
        good_reads={source: step for (name, source), step in good.items() if name == "ingest"},
        stages={name: step for (name, source), step in good.items() if not source},
        checks=history.last_checks(journal),
        quality=parts.quality(),
        champion=parts.champion(),
    )
