"""Mart freshness: what readers see was published not long ago."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import Publication
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class MartFreshnessLimits(Limits):
    """Of the age of the publication."""

    hours: float = Field(default=36.0, gt=0, description="Hours after which what readers see is stale.")


class MartFreshness(Sensor[Publication, MartFreshnessLimits]):
    """Fires when what readers see is older than the limit."""

    name = "mart_freshness"
    observes = Publication
    limits = MartFreshnessLimits

    def judge(self, seen: Publication, limits: MartFreshnessLimits) -> Judgement:
        """Before the first publication there is nothing to be stale."""
        if seen.hours is None or seen.published_at is None:
            return Judgement(None)
        facts = {"hours": round(seen.hours, 1), "since": f"{seen.published_at:%Y-%m-%d %H:%M} UTC"}
        return Judgement(seen.hours > limits.hours, facts, round(seen.hours, 2), limits.hours)
