"""Exposures of the tests, from what their ids were issued for."""

from __future__ import annotations

from ritournelle.domain.exposures import Exposure
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.domain.recommendations import AnsweredBy


def exposure(recommendation_id: str, issued: Issued, rank: int = 1) -> Exposure:
    """The recommendation as it was shown the moment that its id was issued."""
    return Exposure(
        recommendation_id=recommendation_id,
        user_id=issued.user_id,
        track_id=issued.track_id,
        rank=rank,
        model_version=issued.model_version,
        surface=issued.surface,
        answered_by=AnsweredBy.MODEL,
        exposed_at=issued.issued_at,
    )
