"""API fallbacks: lists are made by the model, unless a listener is new to it."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import ListsServed
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class FallbackLimits(Limits):
    """Of lists that were answered without a model or a publication, in the last ten minutes."""

    share: float = Field(default=0.05, ge=0, le=1, description="Share of the lists that may be.")
    least_lists: int = Field(default=5, ge=1, description="Fewer lists say nothing, unless none was.")


class ApiFallbacks(Sensor[ListsServed, FallbackLimits]):
    """Fires when lists fell back because the model or the publication cannot be read where they are served."""

    name = "api_fallbacks"
    observes = ListsServed
    limits = FallbackLimits

    def judge(self, seen: ListsServed, limits: FallbackLimits) -> Judgement:
        """That a listener is unknown, or has heard nothing yet, is no trouble."""
        share = seen.in_trouble / seen.lists if seen.lists else 0.0
        facts = {"in_trouble": seen.in_trouble, "lists": seen.lists, "reason": seen.reason}
        if seen.in_trouble and seen.lists < limits.least_lists:
            return Judgement(None, facts)
        return Judgement(share > limits.share, facts, round(share, 4), limits.share)
