"""Exposures: recommendations that were shown to a listener, with all that is needed to answer for them."""

from __future__ import annotations

from collections.abc import Sequence

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


class ShownList(msgspec.Struct, frozen=True, kw_only=True):
    """A list as it was shown, best track first: what an exposure per track would say, with their common part once.

    `recommendation_ids` name its tracks, in their order.
    """

    user_id: Id
    model_version: ShortText
    surface: ShortText
    answered_by: AnsweredBy
    track_ids: Sequence[Id]
    recommendation_ids: Sequence[ShortText]
    exposed_at: Instant

    @property
    def problem(self) -> str:
        """What is wrong with a list whose fields are good; empty where nothing is."""
        return (
            "" if len(self.track_ids) == len(self.recommendation_ids) else "not every track has one recommendation_id"
        )

    def exposures(self) -> Sequence[Exposure]:
        """One per track, ranks from 1 on."""
        return [
            Exposure(
                recommendation_id=recommendation_id,
                user_id=self.user_id,
                track_id=track_id,
                rank=rank,
                model_version=self.model_version,
                surface=self.surface,
                answered_by=self.answered_by,
                exposed_at=self.exposed_at,
            )
            for rank, (track_id, recommendation_id) in enumerate(zip(self.track_ids, self.recommendation_ids), start=1)
        ]
