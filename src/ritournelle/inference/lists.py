"""One list, as it is answered: stored rows and the catalogue put together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from ritournelle.domain.interactions import IdMap
from ritournelle.domain.recommendations import AnsweredBy, Recommendation, RecommendationList
from ritournelle.inference.fallback import Fallback
from ritournelle.inference.reasons import reason_with_names
from ritournelle.inference.rows import RECOMMENDATION_SCHEMA, Answer

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
    answer = Answer(model_version, computed_at, AnsweredBy.FALLBACK, why or unknown_listener(user_id))
    listener = IdMap.of([user_id])
    nothing = pa.table({"user_id": pa.array([], pa.int64()), "track_id": pa.array([], pa.int64())})
    histories = fallback.histories(listener, nothing if heard is None else heard)
    batch = fallback.rows(np.array([user_id]), histories.matrix, k, answer)
    return pa.Table.from_batches([batch], RECOMMENDATION_SCHEMA)


def track_ids_in(rows: pa.Table) -> list[int]:
    """Every track that a list speaks of, recommended or heard: what to look up in the catalogue; ascending."""
    heard = {track for text in rows.column("because_of").to_pylist() for track in json.loads(text)}
    return sorted(heard | set(rows.column("track_id").to_pylist()))


def list_from_rows(rows: pa.Table, catalogue: pa.Table) -> RecommendationList:
    """The list of one listener from all its rows (columns of `RECOMMENDATION_SCHEMA`, one answer, at least one row).

    `catalogue` holds track_id, name, artist, album, duration_seconds of `track_ids_in(rows)`; a track that is not in it
    keeps its place in the list, without a name.
    """
    if not rows.num_rows:
        raise ValueError("a list needs at least one row: who has none is answered by `fallback_rows`")
    tracks = {track["track_id"]: track for track in catalogue.to_pylist()}
    entries = rows.sort_by("rank").to_pylist()
    first = entries[0]
    return RecommendationList(
        user_id=first["user_id"],
        model_version=first["model_version"],
        computed_at=first["computed_at"],
        answered_by=AnsweredBy(first["answered_by"]),
        fallback_reason=first["fallback_reason"],
        recommendations=tuple(_recommendation(entry, tracks) for entry in entries),
    )


def _recommendation(entry: Mapping[str, Any], tracks: Mapping[int, Track]) -> Recommendation:
    because_of = tuple(json.loads(entry["because_of"]))
    track = tracks.get(entry["track_id"], {})
    heard = [tracks[heard_id]["name"] for heard_id in because_of if heard_id in tracks]
    return Recommendation(
        recommendation_id=entry["recommendation_id"],
        rank=entry["rank"],
        track_id=entry["track_id"],
        name=track.get("name"),
        artist=track.get("artist"),
        album=track.get("album"),
        duration_seconds=track.get("duration_seconds"),
        score=entry["score"],
        reason=reason_with_names(entry["reason"], [name for name in heard if name]),
        because_of=because_of,
    )
