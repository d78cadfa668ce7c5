"""Listen freshness: people go on listening, and the platform hears of it."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import ListenAge
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class ListenFreshnessLimits(Limits):
    """Of the time without a new listen."""

    hours: float = Field(default=72.0, gt=0, description="Hours without a new listen that are too many.")


class ListenFreshness(Sensor[ListenAge, ListenFreshnessLimits]):
    """Fires when the newest listen is older than the limit, and none has arrived for as long."""

    name = "listen_freshness"
    observes = ListenAge
    limits = ListenFreshnessLimits

    def judge(self, seen: ListenAge, limits: ListenFreshnessLimits) -> Judgement:
        """Both dates, since an app may tell late of what was played, or date it oddly."""
        if seen.hours is None or seen.newest_at is None:
            return Judgement(None)
        facts = {"hours": round(seen.hours, 1), "newest": f"{seen.newest_at:%Y-%m-%d %H:%M} UTC"}
        return Judgement(seen.hours > limits.hours, facts, round(seen.hours, 2), limits.hours)
