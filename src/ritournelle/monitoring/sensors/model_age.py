"""Model age: the champion knows what was played of late."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import ChampionAge
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class AgeLimits(Limits):
    """Of the data that the champion learnt from."""

    days: float = Field(default=30.0, gt=0, description="Days by which it may be behind the newest listen.")


class ModelAge(Sensor[ChampionAge, AgeLimits]):
    """Fires when the champion learnt from listens that are much older than the newest ones."""

    name = "model_age"
    observes = ChampionAge
    limits = AgeLimits

    def judge(self, seen: ChampionAge, limits: AgeLimits) -> Judgement:
        """Measured on the dates of listens, so that a source that stands still does not make a model old."""
        facts = {
            "version": seen.version,
            "days": round(seen.days_behind, 1),
            "until": f"{seen.learnt_until:%Y-%m-%d}",
        }
        return Judgement(seen.days_behind > limits.days, facts, round(seen.days_behind, 2), limits.days)
