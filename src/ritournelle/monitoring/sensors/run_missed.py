"""Run missed: the sources are read every day."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import RunGap
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class GapLimits(Limits):
    """Of the time between runs."""

    hours: float = Field(
        default=36.0, gt=0, description="Hours without a run that are too many: a day, and some slack."
    )


class RunMissed(Sensor[RunGap, GapLimits]):
    """Fires when no run has read the sources for too long, or none had when the last one came."""

    name = "run_missed"
    observes = RunGap
    limits = GapLimits

    def judge(self, seen: RunGap, limits: GapLimits) -> Judgement:
        """The longer of the time until now and the time between the last two."""
        hours = max(seen.hours_since_last, seen.hours_between_last_two)
        is_late = seen.hours_since_last > limits.hours
        facts = {
            "hours": round(hours, 1),
            "last": f"{seen.last_started_at:%Y-%m-%d %H:%M} UTC",
            "is_late": is_late,
        }
        return Judgement(hours > limits.hours, facts, round(hours, 2), limits.hours)
