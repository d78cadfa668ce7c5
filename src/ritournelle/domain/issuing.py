"""Lists as they are shown: recommendations with ids of their own that feedback can name, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ritournelle.domain.exposures import ShownList
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


def shown_list(answer: RecommendationList, surface: str, now: datetime) -> ShownList:
    """What is told of a list that was issued."""
    return ShownList(
        user_id=answer.user_id,
        model_version=answer.model_version,
        surface=surface,
        answered_by=answer.answered_by,
        track_ids=[one.track_id for one in answer.recommendations],
        recommendation_ids=[one.recommendation_id for one in answer.recommendations],
        exposed_at=now,
    )
