"""Model degeneracy: listeners get lists of their own, with scores that are numbers."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import Lists
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class DegenerateLimits(Limits):
    """Of the lists of a model."""

    identical: float = Field(default=0.5, gt=0, le=1, description="Share of lists that may be one and the same.")
    least_lists: int = Field(default=20, ge=2, description="Of fewer lists nothing is said.")
    shown: float = Field(
        default=1.5,
        ge=1,
        description="So many times the length of a list the tracks shown must be, in all lists, those that are in "
        "nearly all of them weighing less; but never more than half of all tracks.",
    )


class ModelDegenerate(Sensor[Lists, DegenerateLimits]):
    """Fires when most lists are the same, when all show a handful of tracks, or when scores are no numbers."""

    name = "model_degenerate"
    observes = Lists
    limits = DegenerateLimits

    def judge(self, seen: Lists, limits: DegenerateLimits) -> Judgement:
        """Before they are published: readers keep the lists that they have."""
        shown = seen.shown_tracks if seen.equally_shown is None else seen.equally_shown
        facts = {
            "version": seen.model_version,
            "identical": round(100 * seen.most_identical),
            "not_finite": seen.not_finite,
            "shown": seen.shown_tracks,
            "equally_shown": round(shown, 1),
            "tracks": seen.tracks,
        }
        if seen.not_finite:
            return Judgement(True, facts, seen.most_identical, limits.identical)
        if seen.lists < limits.least_lists:
            return Judgement(None, facts)
        # Lists leave out what was heard, so that those of a model that ranks alike for all are hardly ever equal.
        least = min(limits.shown * seen.list_length, seen.tracks / 2)
        is_poor = seen.most_identical > limits.identical or shown < least
        return Judgement(is_poor, facts, round(seen.most_identical, 4), limits.identical)
