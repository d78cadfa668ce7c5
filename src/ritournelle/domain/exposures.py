"""Exposures: a recommendation that was shown to a listener, with all that is needed to answer for it."""

from __future__ import annotations

import msgspec

from ritournelle.domain.recommendations import AnsweredBy
from ritournelle.domain.values import Id, Instant, Rank, ShortText


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """One recommendation, shown once: a list of 20 tracks is 20 of them. `recommendation_id` names it."""

    recommendation_id: ShortText
    user_id: Id
    track_id: Id
    rank: Rank
    model_version: ShortText
    surface: ShortText
    """Where it was shown: `api`, `page`, …"""
    answered_by: AnsweredBy
    exposed_at: Instant

    @property
    def problem(self) -> str:
        """What is wrong with an exposure whose fields are good: nothing."""
        return ""
