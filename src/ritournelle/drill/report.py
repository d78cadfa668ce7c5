"""What a drill came to: every finding, and the alarms that nothing was the cause of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ritournelle.drill.finding import Finding
from ritournelle.monitoring.reading import Reading


@dataclass(frozen=True)
class DrillReport:
    """The whole; `good_days` are those before any trouble, in which no sensor may fire."""

    findings: Sequence[Finding]
    false_alarms: Sequence[Reading]
    good_days: int
    seconds: float

    @property
    def has_failed(self) -> bool:
        """Whether any case failed, or any sensor cried wolf."""
        return bool(self.false_alarms) or any(finding.has_failed for finding in self.findings)

    @property
    def summary(self) -> str:
        """In one sentence."""
        failed = sum(finding.has_failed for finding in self.findings)
        impossible = sum(bool(finding.why_not) for finding in self.findings)
        lost = sum(finding.rows_lost or 0 for finding in self.findings)
        told = f"{len(self.findings)} cases, {failed} failed, {lost} rows lost"
        told += f", {impossible} cannot be caused here" if impossible else ""
        told += f"; {len(self.false_alarms)} false alarms in {self.good_days} good days"
        return f"{told}; {self.seconds:.0f} s"

    def to_list(self) -> list[dict[str, Any]]:
        """JSON-ready, one per case."""
        return [finding.to_dict() for finding in self.findings]
