"""The dialogue with a listener, alike for the API and the pages: a list, feedback, exclusions; counted and limited."""

from __future__ import annotations

from collections.abc import Sequence

from ritournelle.domain.feedback import Feedback
from ritournelle.domain.recommendations import AnsweredBy, RecommendationList
from ritournelle.domain.taste import TasteExclusion
from ritournelle.errors import RecommendationIdError
from ritournelle.inference.batch import BY_CONTENT, NO_CHAMPION, NOTHING_HEARD, NOTHING_LEFT
from ritournelle.inference.lists import unknown_listener
from ritournelle.inference.live import NOTHING_PLAYED
from ritournelle.serving.api.contract import ExclusionIn, FeedbackIn
from ritournelle.serving.api.lists import NOTHING_PUBLISHED
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.turns import take_turns

NO_TROUBLE = frozenset({NOTHING_HEARD, BY_CONTENT, NOTHING_LEFT, NO_CHAMPION, NOTHING_PLAYED, NOTHING_PUBLISHED})
"""Reasons of a fallback that lie with the listener, or with a home that is new."""


def answer_list(
    parts: ApiParts, user_id: int, k: int | None = None, context: Sequence[int] = (), *, surface: str = "api"
) -> RecommendationList:
    """The list, shown and on record; `k` is by default as many as are stored."""
    made = parts.lists.answer(user_id, k or parts.list_length, context, parts.clock(), surface)
    parts.traffic.listed(trouble_of(made))
    return made


def hear_feedback(parts: ApiParts, told: FeedbackIn) -> Feedback:
    """Durable when it returns; raises `Refusal`, `RecommendationIdError` for an id that is not theirs, or too old."""
    take_turns(parts, [told.user_id])
    try:
        given = parts.telling.feedback(told, parts.clock())
    except RecommendationIdError:
        parts.traffic.told(has_bad_id=True)
        raise
    parts.traffic.told(has_bad_id=False)
    return given


def hear_exclusion(parts: ApiParts, user_id: int, told: ExclusionIn, *, is_active: bool) -> TasteExclusion:
    """In force, or taken back, with the next list; raises `Refusal`."""
    take_turns(parts, [user_id])
    return parts.telling.exclusion(user_id, told, parts.clock(), is_active=is_active)


def trouble_of(made: RecommendationList) -> str:
    """Why no model could make this list; empty when one did, or when only the listener is new to it."""
    reason = made.fallback_reason or ""
    is_no_trouble = made.answered_by is not AnsweredBy.FALLBACK or reason in NO_TROUBLE
    return "" if is_no_trouble or reason == unknown_listener(made.user_id) else reason
