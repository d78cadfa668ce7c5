"""What the buttons of the Listen page say: forms into feedback and exclusions, by the functions of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ritournelle.domain.feedback import FeedbackKind
from ritournelle.serving.api.contract import ExclusionIn, FeedbackIn, ListenIn, SessionExclusion
from ritournelle.serving.api.dialogue import hear_exclusion, hear_feedback
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.problems import Refusal

Fields = Mapping[str, str]


def say(api: ApiParts, user_id: int, fields: Fields) -> str:
    """Do what a button says; what was done, as the key of its text under `said.…`.

    One of the fields names it: `said` (a kind of feedback, on `recommendation_id`), `exclude` or `include`
    (`artist:NAME`, `track:ID`, `listen:ID`, `session:START`), `private` (begin a session), `public` (end the one that
    started then). Raises what the API refuses by: `Refusal`, `RecommendationIdError`, `TransientError`.
    """
    if "said" in fields:
        return _feedback(api, user_id, fields)
    if "private" in fields:
        hear_exclusion(api, user_id, SessionExclusion(starts_at=api.clock()), is_active=True)
        return "private"
    if "public" in fields:
        session = _as(SessionExclusion, {"kind": "session", "starts_at": fields["public"], "ends_at": api.clock()})
        hear_exclusion(api, user_id, session, is_active=True)
        return "public"
    for name in ("exclude", "include"):
        if name in fields:
            told, kind = _exclusion(fields[name])
            hear_exclusion(api, user_id, told, is_active=name == "exclude")
            return f"{name}_{kind}"
    raise Refusal(422, "invalid", "no button of this page says that")


def _feedback(api: ApiParts, user_id: int, fields: Fields) -> str:
    told = {"recommendation_id": fields.get("recommendation_id", ""), "user_id": user_id, "kind": fields["said"]}
    given = hear_feedback(api, _as(FeedbackIn, told))
    if given.kind is FeedbackKind.PLAY:  # this page is the player: nobody else tells of the listen
        listen = ListenIn(user_id=user_id, track_id=given.track_id, listened_at=given.given_at)
        api.telling.listens([listen], given.given_at)
    return given.kind


def _exclusion(text: str) -> tuple[ExclusionIn, str]:
    kind, _, target = text.partition(":")
    value = {"kind": kind} | ({"starts_at": target} if kind == "session" else {"target": target})
    return _as(ExclusionIn, value), kind


def _as(kind: Any, value: Mapping[str, Any]) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Refusal(422, "invalid", str(error)) from error
