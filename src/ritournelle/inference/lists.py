"""One list, as it is answered: stored rows and the catalogue put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from ritournelle.domain.interactions import IdMap
from ritournelle.domain.recommendations import AnsweredBy, Recommendation, RecommendationList, recommendation_id
from ritournelle.inference.fallback import Fallback
from ritournelle.inference.reasons import BECAUSE_OF_HEARD_TRACKS, reason_with_names
from ritournelle.inference.rows import RECOMMENDATION_SCHEMA, Answer
from ritournelle.online_store.base import StoredList

Track = Mapping[str, Any]


def unknown_listener(user_id: int) -> str:
    """Why the fallback answers somebody for whom nothing is stored."""
    return f"unknown user {user_id}"


def fallback_rows(
    user_id: int,
    fallback: Fallback,
    *,
    k: int,
    model_version: str,
    computed_at: datetime,
    why: str | None = None,
    heard: pa.Table | None = None,
) -> pa.Table:
    """The popular tracks for one listener, as rows of `marts.recommendations`, for whom nothing is stored.

    `why` is the fallback reason, by default that the user is unknown; `heard` (user_id, track_id) is left out.
    """
    reason = why or unknown_listener(user_id)
    answer = Answer(model_version, computed_at, fallback.reason, reason)
    listener = IdMap.of([user_id])
    nothing = pa.table({"user_id": pa.array([], pa.int64()), "track_id": pa.array([], pa.int64())})
    histories = fallback.histories(listener, nothing if heard is None else heard)
    batch = fallback.rows(np.array([user_id]), histories.matrix, k, answer)
    return pa.Table.from_batches([batch], RECOMMENDATION_SCHEMA)


def list_from_rows(
    rows: pa.Table, catalogue: pa.Table, because_of: Mapping[int, Sequence[int]] | None = None
) -> RecommendationList:
    """The list of one listener from all its rows (columns of `RECOMMENDATION_SCHEMA`, one answer, at least one row).

    `because_of` maps recommended tracks to the heard ones that carried their score. `catalogue` holds track_id, name,
    artist, album, duration_seconds of all of them; a track that is not in it keeps its place, without a name.
    """
    if not rows.num_rows:
        raise ValueError("a list needs at least one row: who has none is answered by `fallback_rows`")
    tracks = {track["track_id"]: track for track in catalogue.to_pylist()}
    entries = rows.sort_by("rank").to_pylist()
    first, carriers = entries[0], because_of or {}
    return RecommendationList(
        user_id=first["user_id"],
        model_version=first["model_version"],
        computed_at=first["computed_at"],
        answered_by=AnsweredBy.FALLBACK if first["fallback_reason"] else AnsweredBy.MODEL,
        fallback_reason=first["fallback_reason"],
        recommendations=tuple(
            _recommendation(entry, tracks, tuple(carriers.get(entry["track_id"], ()))) for entry in entries
        ),
    )


def head_of_stored(user_id: int, stored: StoredList) -> RecommendationList:
    """What a list of the online store says of all its tracks, without them."""
    answered_by = AnsweredBy.FALLBACK if stored.fallback_reason else AnsweredBy.MODEL
    return RecommendationList(user_id, stored.model_version, stored.computed_at, answered_by, stored.fallback_reason)


def told_reason(reason: str, behind: Sequence[str | None]) -> str:
    """The reason of one track as it is shown: with the names of the heard tracks behind it, where they are known."""
    return reason_with_names(BECAUSE_OF_HEARD_TRACKS, [name for name in behind if name]) if behind else reason


def _recommendation(
    entry: Mapping[str, Any], tracks: Mapping[int, Track], because_of: tuple[int, ...]
) -> Recommendation:
    track = tracks.get(entry["track_id"], {})
    return Recommendation(
        recommendation_id=recommendation_id(entry["user_id"], entry["track_id"], entry["model_version"]),
        rank=entry["rank"],
        track_id=entry["track_id"],
        name=track.get("name"),
        artist=track.get("artist"),
        album=track.get("album"),
        duration_seconds=track.get("duration_seconds"),
        score=entry["score"],
        reason=told_reason(entry["reason"], [tracks.get(heard, {}).get("name") for heard in because_of]),
        because_of=because_of,
    )
