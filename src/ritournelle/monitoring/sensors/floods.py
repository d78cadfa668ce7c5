"""Floods: nobody asks, or tells, so much more than is allowed that it has to be refused again and again."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import Refused
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class FloodLimits(Limits):
    """Of requests that were refused as too many (429), in the last ten minutes."""

    refused: int = Field(default=50, ge=0, description="Refusals of one key, address or listener that are tolerated.")


class Floods(Sensor[Refused, FloodLimits]):
    """Fires when one key, one address, or what is told of one listener was refused too often as too much."""

    name = "floods"
    observes = Refused
    limits = FloodLimits

    def judge(self, seen: Refused, limits: FloodLimits) -> Judgement:
        """A key is named by its id; listeners and addresses are people's, and only counted."""
        facts = {"refused": seen.refused, "worst": seen.worst, "who": seen.who or "–"}
        return Judgement(seen.worst > limits.refused, facts, seen.worst, limits.refused)
