"""Feedback: what a listener said about a recommendation, or did with it."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

import msgspec
import xxhash

from ritournelle.domain.recommendation_ids import Issued
from ritournelle.domain.values import Id, Instant, ShortText


class FeedbackKind(StrEnum):
    """What is said or done; the first two are judgements, of which a listener's latest counts."""

    USEFUL = "useful"
    NOT_USEFUL = "not_useful"
    PLAY = "play"
    SKIP = "skip"
    LIKE = "like"
    HIDE = "hide"


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of feedback on one recommendation; build one with `of`. Given again, it is the same, given later."""

    feedback_id: ShortText
    recommendation_id: ShortText
    user_id: Id
    track_id: Id
    kind: FeedbackKind
    model_version: ShortText
    surface: ShortText
    given_at: Instant

    @classmethod
    def of(cls, recommendation_id: str, issued: Issued, kind: FeedbackKind, given_at: datetime) -> Feedback:
        """Feedback on an id that was checked (`RecommendationIds.check` gives `issued`); `given_at` has a zone."""
        return cls(
            feedback_id=feedback_id(recommendation_id, kind),
            recommendation_id=recommendation_id,
            user_id=issued.user_id,
            track_id=issued.track_id,
            kind=kind,
            model_version=issued.model_version,
            surface=issued.surface,
            given_at=given_at.astimezone(UTC),
        )

    @property
    def problem(self) -> str:
        """What is wrong with feedback that came from outside; empty when nothing is."""
        is_true = self.feedback_id == feedback_id(self.recommendation_id, self.kind)
        return "" if is_true else "feedback_id is not the one that its values have"


def feedback_id(recommendation_id: str, kind: FeedbackKind) -> str:
    """The id of feedback: the same kind on the same recommendation has the same, so that repeats count once.

    XXH3-128 in hexadecimal of the two, separated by `|`.
    """
    return xxhash.xxh3_128_hexdigest(f"{recommendation_id}|{kind}".encode())
