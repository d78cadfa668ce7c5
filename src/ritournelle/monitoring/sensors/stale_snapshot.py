"""Stale snapshot: what the app shows is not yesterday's over again."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import Changes
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class StaleLimits(Limits):
    """Of reads that bring nothing new."""

    hours: float = Field(default=12.0, ge=0, description="Reads that follow each other faster may well be the same.")
    least_reads: int = Field(default=1, ge=1, description="Earlier reads that are needed to know what is usual.")


class StaleSnapshot(Sensor[Changes, StaleLimits]):
    """Fires when not one row of any source changed since the day before, though some usually do."""

    name = "stale_snapshot"
    observes = Changes
    limits = StaleLimits

    def judge(self, seen: Changes, limits: StaleLimits) -> Judgement:
        """An app at which nothing ever happens is no trouble."""
        usual = Usual.of(seen.usual)
        facts = {"changed": seen.changed, "usual": round(usual.middle)}
        if seen.changed:
            return Judgement(False, facts, seen.changed, 0)
        too_soon = seen.hours_since_before is None or seen.hours_since_before < limits.hours
        if too_soon or usual.count < limits.least_reads:
            return Judgement(None, facts, 0, 0)
        return Judgement(usual.middle > 0, facts, 0, 0)
