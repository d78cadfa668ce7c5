"""What came of one case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ritournelle.drill.case import Case


@dataclass(frozen=True)
class Finding:
    """A case that was caused, or why it could not be.

    `problem` says in a sentence why it counts as failed; empty when it passed or could not be caused here.
    """

    case: Case
    detected: bool = False
    seconds_to_detect: float | None = None
    severity: str = ""
    readers_saw: str = ""
    rows_lost: int | None = None
    recovered: bool = False
    also_fired: Sequence[str] = ()
    """Other sensors, as `sensor:subject`."""
    problem: str = ""
    why_not: str = ""
    """Why this machine cannot cause it."""
    seconds: float = 0.0

    @property
    def has_failed(self) -> bool:
        """Whether something has to be mended: a sensor, or the platform."""
        return bool(self.problem)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what `drill --json` prints."""
        return {
            "case": self.case.name,
            "family": self.case.family.value,
            "sensor": self.case.sensor,
            "detected": self.detected,
            "seconds_to_detect": self.seconds_to_detect,
            "severity": self.severity,
            "rows_lost": self.rows_lost,
            "recovered": self.recovered,
            "readers_saw": self.readers_saw,
            "also_fired": list(self.also_fired),
            "problem": self.problem,
            "why_not": self.why_not,
        }
