"""Source freshness: each source was read to its end not long ago."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import SourceAge
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class SourceFreshnessLimits(Limits):
    """Of the age of the last good read."""

    hours: float = Field(default=36.0, gt=0, description="Hours after which a source is stale.")


class SourceFreshness(Sensor[SourceAge, SourceFreshnessLimits]):
    """Fires when the last good read of a source is older than the limit."""

    name = "source_freshness"
    observes = SourceAge
    limits = SourceFreshnessLimits

    def judge(self, seen: SourceAge, limits: SourceFreshnessLimits) -> Judgement:
        """A source that was never read is unknown: the run that failed to tells why."""
        if seen.hours is None or seen.read_at is None:
            return Judgement(None)
        facts = {"hours": round(seen.hours, 1), "since": f"{seen.read_at:%Y-%m-%d %H:%M} UTC"}
        return Judgement(seen.hours > limits.hours, facts, round(seen.hours, 2), limits.hours)
