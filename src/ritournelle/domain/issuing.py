"""Lists as they are shown: every recommendation with an id of its own that feedback can name, and its exposure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ritournelle.domain.exposures import Exposure
from ritournelle.domain.recommendation_ids import Issued, RecommendationIds
from ritournelle.domain.recommendations import RecommendationList


def issue_list(answer: RecommendationList, ids: RecommendationIds, surface: str, now: datetime) -> RecommendationList:
    """The list with signed ids, issued now (UTC) for this surface."""
    shown = tuple(
        replace(
            one,
            recommendation_id=ids.issue(Issued(answer.user_id, one.track_id, answer.model_version, surface, now)),
        )
        for one in answer.recommendations
    )
    return replace(answer, recommendations=shown)


def exposures_of(answer: RecommendationList, surface: str, now: datetime) -> Sequence[Exposure]:
    """What is told of a list that was issued: one exposure per recommendation."""
    return [
        Exposure(
            recommendation_id=one.recommendation_id,
            user_id=answer.user_id,
            track_id=one.track_id,
            rank=one.rank,
            model_version=answer.model_version,
            surface=surface,
            answered_by=answer.answered_by,
            exposed_at=now,
        )
        for one in answer.recommendations
    ]
