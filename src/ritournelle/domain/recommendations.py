"""Recommendations: a list as it is answered, everywhere the same, and the id that names one recommendation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import xxhash


class AnsweredBy(StrEnum):
    """What produced a list."""

    MODEL = "model"
    """The nightly batch, by the champion."""
    FOLD_IN = "fold_in"
    """The champion, from the listener's latest listens."""
    FALLBACK = "fallback"
    """Popularity, because the champion could not answer; the list says why."""


def recommendation_id(user_id: int, track_id: int, model_version: str) -> str:
    """The id under which a recommendation is shown and judged: the same user, track and model version give the same.

    XXH3-128 in hexadecimal of the three, separated by `|`.

    >>> recommendation_id(1, 7, "als-000001")
    'd3e86bf53ab33e7619652b63e3a0b776'
    """
    return xxhash.xxh3_128_hexdigest(f"{user_id}|{track_id}|{model_version}".encode())


@dataclass(frozen=True)
class Recommendation:
    """One track of a list, from rank 1 down, with a reason that is true of what produced it."""

    recommendation_id: str
    rank: int
    track_id: int
    name: str | None
    artist: str | None
    album: str | None
    duration_seconds: int | None
    score: float
    reason: str
    because_of: tuple[int, ...] = ()
    """The heard tracks that carried the score, strongest first; empty when no single one did."""


@dataclass(frozen=True)
class RecommendationList:
    """The list of one listener, as answered by the command and by the API."""

    user_id: int
    model_version: str
    computed_at: datetime
    answered_by: AnsweredBy
    fallback_reason: str | None = None
    recommendations: tuple[Recommendation, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON: the keys of the design, the moment in ISO 8601."""
        return {
            "user_id": self.user_id,
            "model_version": self.model_version,
            "computed_at": self.computed_at.isoformat(),
            "answered_by": str(self.answered_by),
            "fallback_reason": self.fallback_reason,
            "recommendations": [_entry(recommendation) for recommendation in self.recommendations],
        }


def _entry(recommendation: Recommendation) -> dict[str, Any]:
    return asdict(recommendation) | {"because_of": list(recommendation.because_of)}
