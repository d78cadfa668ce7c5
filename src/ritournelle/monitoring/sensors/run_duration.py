"""Run duration: a run takes about as long as it usually does."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import RunDuration as SeenDuration
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class DurationLimits(Limits):
    """Of the time from a run's begin to its end."""

    times: float = Field(default=3.0, gt=1, description="Times the usual that are too many.")
    spreads: float = Field(default=6.0, gt=0, description="And so many of its usual deviations above it.")
    seconds: float = Field(default=60.0, ge=0, description="Below this nothing is slow, whatever is usual.")
    least_runs: int = Field(default=5, ge=1, description="Earlier runs that are needed to know what is usual.")


class RunDuration(Sensor[SeenDuration, DurationLimits]):
    """Fires when a good run took far longer than the runs of the same verb before."""

    name = "run_duration"
    observes = SeenDuration
    limits = DurationLimits

    def judge(self, seen: SeenDuration, limits: DurationLimits) -> Judgement:
        """Only of good runs: one that failed ends early, and says nothing of this."""
        usual = Usual.of(seen.usual)
        facts = {"seconds": round(seen.seconds), "usual": round(usual.middle), "verb": seen.verb}
        if usual.count < limits.least_runs:
            return Judgement(None, facts, round(seen.seconds, 1))
        bound = max(limits.seconds, limits.times * usual.middle, usual.middle + limits.spreads * usual.spread)
        return Judgement(seen.seconds > bound, facts, round(seen.seconds, 1), round(bound, 1))
