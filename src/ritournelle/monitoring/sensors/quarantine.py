"""Quarantine: no new rows break their contract, and few wait."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class QuarantineLimits(Limits):
    """Of rows that break their contract."""

    new_rows: int = Field(default=0, ge=0, description="Rows that one run may be the first to put into quarantine.")
    waiting_share: float = Field(default=0.05, ge=0, le=1, description="Waiting rows, as a share of all that came.")


class Quarantine(Sensor[SourceRead, QuarantineLimits]):
    """Fires when the last run put rows into quarantine, or when many wait there."""

    name = "quarantine"
    observes = SourceRead
    limits = QuarantineLimits

    def judge(self, seen: SourceRead, limits: QuarantineLimits) -> Judgement:
        """Of a source that was loaded; a refused one quarantines nothing."""
        new = sum(seen.newly_quarantined.values())
        reasons = ", ".join(f"{reason} × {count}" for reason, count in seen.newly_quarantined.items())
        facts = {"new": new, "waiting": seen.waiting, "reasons": reasons or "–"}
        if not seen.succeeded:
            return Judgement(None, facts)
        rows = seen.landed + seen.quarantined
        is_much = new > limits.new_rows or seen.waiting > limits.waiting_share * rows
        return Judgement(is_much, facts, new, limits.new_rows)
