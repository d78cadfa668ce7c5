"""What the API takes and gives, as types: bodies are read by them, answers written, and the OpenAPI document made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ritournelle.domain.feedback import FeedbackKind
from ritournelle.domain.recommendations import AnsweredBy
from ritournelle.domain.taste import ExclusionKind
from ritournelle.domain.values import Count, Id, Instant, NaiveMoment, Rank, ShortText


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was refused (RFC 9457); `why` names the case for programs, `errors` the places in the request."""

    title: str
    status: int
    type: str = "about:blank"
    detail: str = ""
    why: str = ""
    errors: list[str] = []


class RecommendationOut(msgspec.Struct, frozen=True, kw_only=True):
    """One track of a list; feedback names it by `recommendation_id`."""

    recommendation_id: str
    rank: Rank
    track_id: Id
    name: str | None
    artist: str | None
    album: str | None
    duration_seconds: int | None
    score: float
    reason: str
    because_of: list[Id]


class ListOut(msgspec.Struct, frozen=True, kw_only=True):
    """A listener's list; `answered_by` says what made it, `fallback_reason` why it was not the model."""

    user_id: Id
    model_version: str
    computed_at: datetime
    answered_by: AnsweredBy
    fallback_reason: str | None
    recommendations: list[RecommendationOut]


class TrackOut(msgspec.Struct, frozen=True, kw_only=True):
    """A track of the catalogue; the names are null when it is not known (any more)."""

    track_id: Id
    name: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_seconds: int | None = None


class ScoredTrackOut(TrackOut, frozen=True, kw_only=True):
    """A track in a ranking; without a score where tracks are not ranked by one."""

    rank: Rank
    score: float | None


class PopularOut(msgspec.Struct, frozen=True, kw_only=True):
    """The most played tracks; `reason` names the days that are counted."""

    computed_at: datetime
    reason: str
    tracks: list[ScoredTrackOut]


class SimilarBy(StrEnum):
    """What found similar tracks."""

    MODEL = "model"
    CONTENT = "content"
    """Tracks of the same artist, as the model does not know the track."""
    POPULARITY = "popularity"
    """Nothing is known of the track that could be compared."""


class SimilarOut(msgspec.Struct, frozen=True, kw_only=True):
    """Tracks like another one; `fallback_reason` says why it was not the model that found them."""

    track_id: Id
    model_version: str
    answered_by: SimilarBy
    fallback_reason: str | None
    tracks: list[ScoredTrackOut]


class HeardOut(TrackOut, frozen=True, kw_only=True):
    """A listen; an exclusion of kind `listen` names it by `listen_id`."""

    listen_id: str
    listened_at: datetime


class HistoryOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a listener heard up to the last run, the latest first."""

    user_id: Id
    listens: list[HeardOut]


class ListenIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A listen; one of a record of the app names it by `source_record_at` and `occurrence`. `listen_id` may lack."""

    user_id: Id
    track_id: Id
    listened_at: Instant
    listen_id: ShortText | None = None
    source_record_at: NaiveMoment | None = None
    occurrence: Count | None = None
    position: Count | None = None


class ListensOut(msgspec.Struct, frozen=True, kw_only=True):
    """Listens that are durable now, by their ids, in the order of the request; the same listen has the same id."""

    accepted: int
    listen_ids: list[str]


class FeedbackIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a listener said about a recommendation (`useful`), or did with it (`kind`): one of the two."""

    recommendation_id: ShortText
    user_id: Id
    useful: bool | None = None
    kind: FeedbackKind | None = None


class FeedbackOut(msgspec.Struct, frozen=True, kw_only=True):
    """Feedback that is durable now; the same feedback given twice has the same id, and counts once."""

    feedback_id: str
    kind: FeedbackKind


class _Exclusion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    pass


class ListenExclusion(_Exclusion, frozen=True, kw_only=True, tag="listen"):
    """One listen, by its `listen_id`."""

    target: ShortText


class TrackExclusion(_Exclusion, frozen=True, kw_only=True, tag="track"):
    """A track, by its id; it is not recommended either."""

    target: Id | Annotated[str, Meta(pattern=r"^-?[0-9]{1,18}$")]


class ArtistExclusion(_Exclusion, frozen=True, kw_only=True, tag="artist"):
    """An artist, by name (A–Z in any case); nothing of theirs is recommended either."""

    target: ShortText


class SessionExclusion(_Exclusion, frozen=True, kw_only=True, tag="session"):
    """A private session: every listen from `starts_at` on, and before `ends_at` when it is told."""

    starts_at: Instant
    ends_at: Instant | None = None


ExclusionIn = ListenExclusion | TrackExclusion | ArtistExclusion | SessionExclusion


class ExclusionOut(msgspec.Struct, frozen=True, kw_only=True):
    """An exclusion as it is now."""

    exclusion_id: str
    kind: ExclusionKind
    target: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    is_active: bool
    changed_at: datetime


class ExclusionsOut(msgspec.Struct, frozen=True, kw_only=True):
    """All exclusions of a listener that are in force."""

    user_id: Id
    exclusions: list[ExclusionOut]


class ErasureState(StrEnum):
    """How far an erasure is."""

    WAITING = "waiting"
    """Nothing is taken in any more; what is there goes as soon as no run is under way."""
    ERASED = "erased"


class StoreErasedOut(msgspec.Struct, frozen=True, kw_only=True):
    """One store of a certificate: how many of what were removed; `verified`: a second look found nothing."""

    store: str
    removed: dict[str, int]
    verified: bool
    note: str = ""


class CertificateOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was erased, store by store; `listener` is a keyed hash."""

    erasure_id: str
    listener: str
    asked_at: datetime
    erased_at: datetime
    code_version: str
    stores: list[StoreErasedOut]


class ErasureOut(msgspec.Struct, frozen=True, kw_only=True):
    """The erasure of a listener; `certificate` is there once it is done."""

    erasure_id: str
    state: ErasureState
    asked_at: datetime
    certificate: CertificateOut | None = None


class ToldOut(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the event log, as it was told; it may be in a table of raw already."""

    topic: str
    received_at: datetime
    message: str


class ExportOut(msgspec.Struct, frozen=True, kw_only=True):
    """All that is held of a listener: rows by table (`raw.src_users`), messages, and what they exclude."""

    user_id: Id
    exported_at: datetime
    tables: dict[str, list[dict[str, Any]]]
    event_log: list[ToldOut]
    online_store: list[dict[str, Any]]
