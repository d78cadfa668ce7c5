"""A run as it is told: what it did, and, while it is under way, what is left of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ritournelle.domain.sources import Source
from ritournelle.runs.record import Run, Step

if TYPE_CHECKING:
    from ritournelle.ingestion.report import SourceReport


@dataclass
class RunReport:
    """What a run did, as `--json` prints it."""

    run: Run
    status: str = "succeeded"
    message: str = ""
    sources: dict[Source, SourceReport] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    duration_seconds: float = 0.0
    health: dict[str, Any] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether every step of the run did."""
        return self.status == "succeeded"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "run_id": self.run.run_id,
            "run_number": self.run.run_number,
            "verb": self.run.verb,
            "logical_date": self.run.logical_date.isoformat(),
            "status": self.status,
            "message": self.message,
            "duration_seconds": round(self.duration_seconds, 3),
            "sources": {str(source): report.to_dict() for source, report in self.sources.items()},
            "steps": [step.to_dict() for step in self.steps],
            "health": self.health,
        }


@dataclass
class OpenRun:
    """A run that is under way, from `Day.open`; `waiting` are the stages that it has not come to."""

    report: RunReport
    waiting: list[str]
    _do: Callable[[str], None]

    def run(self, stage: str) -> list[Step]:
        """Run one stage, or skip it because an earlier one failed; return the steps that it took."""
        self.waiting.remove(stage)
        before = len(self.report.steps)
        self._do(stage)
        return self.report.steps[before:]

    def skip_rest(self) -> None:
        """After a failure, go through the stages that wait: they are on record as skipped."""
        if not self.report.succeeded:
            for stage in tuple(self.waiting):
                self.run(stage)
