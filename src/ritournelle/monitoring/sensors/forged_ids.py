"""Forged ids: feedback names recommendations that were made here, to that listener, not too long ago."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import FeedbackIds
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class ForgedIdLimits(Limits):
    """Of feedback that was refused for its `recommendation_id`, in the last ten minutes."""

    share: float = Field(default=0.2, ge=0, le=1, description="Share of the feedback that may be.")
    refused: int = Field(default=20, ge=0, description="And so many that may be in any case.")


class ForgedIds(Sensor[FeedbackIds, ForgedIdLimits]):
    """Fires when much of the feedback names ids that are forged, expired or another listener's."""

    name = "forged_ids"
    observes = FeedbackIds
    limits = ForgedIdLimits

    def judge(self, seen: FeedbackIds, limits: ForgedIdLimits) -> Judgement:
        """An app that mixes up its listeners looks the same as somebody who tries."""
        share = seen.refused / seen.told if seen.told else 0.0
        facts = {"refused": seen.refused, "told": seen.told}
        return Judgement(seen.refused > limits.refused and share > limits.share, facts, seen.refused, limits.refused)
