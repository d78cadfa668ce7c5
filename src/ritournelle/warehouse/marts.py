"""What Python reads of the star and the marts: one typed query per use, all of them in `QUERIES`.

Columns are those of the dbt contracts; the tests hold one against the other.
"""

from __future__ import annotations

import pyarrow as pa

from ritournelle.warehouse.query import Query
from ritournelle.warehouse.tables import UTC


def _never_null(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


_USER_ID = _never_null("user_id", pa.int64())
_TRACK_ID = _never_null("track_id", pa.int64())
_RECOMMENDATION = pa.schema(
    [
        _USER_ID,
        _never_null("rank", pa.int32()),
        _TRACK_ID,
        _never_null("score", pa.float64()),
        _never_null("reason", pa.string()),
        _never_null("because_of", pa.string()),
        _never_null("recommendation_id", pa.string()),
        _never_null("model_version", pa.string()),
        _never_null("answered_by", pa.string()),
        pa.field("fallback_reason", pa.string()),
        _never_null("computed_at", UTC),
    ]
)
_OF_THE_LATEST_EPOCH = "source_epoch = (SELECT max(source_epoch) FROM {table})"
_LIVING = "SELECT {columns} FROM {table} WHERE is_deleted = FALSE AND " + _OF_THE_LATEST_EPOCH

INTERACTIONS = Query(
    "interactions",
    "marts.interactions",
    pa.schema(
        [
            _USER_ID,
            _TRACK_ID,
            _never_null("weight", pa.float64()),
            _never_null("first_listened_at", UTC),
            _never_null("last_listened_at", UTC),
        ]
    ),
    "SELECT {columns} FROM {table} ORDER BY user_id, track_id",
)
"""What a model learns from, and what every listener has heard."""

HEARD_BY_LISTENER = Query(
    "heard_by_listener",
    "marts.interactions",
    pa.schema([_USER_ID, _TRACK_ID]),
    "SELECT {columns} FROM {table} WHERE user_id = :user_id ORDER BY track_id",
    {"user_id": int},
)

TRACK_POPULARITY = Query(
    "track_popularity",
    "marts.track_popularity",
    pa.schema(
        [
            _TRACK_ID,
            _never_null("plays_28_days", pa.int64()),
            _never_null("plays_365_days", pa.int64()),
            _never_null("plays_total", pa.int64()),
        ]
    ),
    "SELECT {columns} FROM {table} ORDER BY track_id",
)
"""What the fallback ranks."""

LIVING_USERS = Query("living_users", "core.dim_users", pa.schema([_USER_ID]), f"{_LIVING} ORDER BY user_id")
"""Who gets a list."""

LIVING_USER = Query(
    "living_user",
    "core.dim_users",
    pa.schema([_USER_ID]),
    f"{_LIVING} AND user_id = :user_id",
    {"user_id": int},
)
"""One row for a user who is there, none for one who is gone or never was."""

LIVING_TRACKS = Query("living_tracks", "core.dim_tracks", pa.schema([_TRACK_ID]), f"{_LIVING} ORDER BY track_id")
"""What may be recommended."""

_OF_THE_LIVING = (
    "user_key IN (SELECT user_key FROM {core}.dim_users WHERE is_deleted = FALSE"
    " AND source_epoch = (SELECT max(source_epoch) FROM {core}.dim_users))"
    " AND track_key IN (SELECT track_key FROM {core}.dim_tracks WHERE is_deleted = FALSE"
    " AND source_epoch = (SELECT max(source_epoch) FROM {core}.dim_tracks))"
)
_LISTEN = pa.schema([_USER_ID, _TRACK_ID, _never_null("listened_at", UTC)])

LISTENS = Query(
    "listens",
    "core.fact_listen_history",
    _LISTEN,
    f"SELECT {{columns}} FROM {{table}} WHERE {_OF_THE_LIVING}"
    " ORDER BY user_id, listened_at, source_record_at, position, track_id",
)
"""What models of order learn from, and what evaluation cuts by time: the listens behind `marts.interactions`."""

RECENT_LISTENS = Query(
    "recent_listens",
    "core.fact_listen_history",
    _LISTEN,
    "SELECT {columns} FROM (SELECT user_id, track_id, listened_at, row_number() OVER (PARTITION BY user_id"
    " ORDER BY listened_at DESC, source_record_at DESC, position DESC, track_id DESC) AS age"
    f" FROM {{table}} WHERE {_OF_THE_LIVING}) AS aged WHERE age <= :latest ORDER BY user_id, age DESC",
    {"latest": int},
)
"""Each listener's latest listens, oldest first: what models of order are asked with."""

TRACK_CONTENT = Query(
    "track_content",
    "core.dim_tracks",
    pa.schema(
        [
            _TRACK_ID,
            pa.field("artist", pa.string()),
            pa.field("album", pa.string()),
            pa.field("genres", pa.string()),
        ]
    ),
    f"{_LIVING} ORDER BY track_id",
)
"""What is known of a track before anybody has heard it."""

CATALOGUE = Query(
    "catalogue",
    "core.dim_tracks",
    pa.schema(
        [
            _TRACK_ID,
            pa.field("name", pa.string()),
            pa.field("artist", pa.string()),
            pa.field("album", pa.string()),
            pa.field("duration_seconds", pa.int64()),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE " + _OF_THE_LATEST_EPOCH + " AND track_id IN (:track_ids) ORDER BY track_id",
    {"track_ids": list[int]},
)
"""What a list says of its tracks; those that are gone still have their names."""

RECOMMENDATIONS = Query(
    "recommendations",
    "marts.recommendations",
    _RECOMMENDATION,
    "SELECT {columns} FROM {table} ORDER BY user_id, rank",
)

LIST_OF_LISTENER = Query(
    "list_of_listener",
    "marts.recommendations",
    _RECOMMENDATION,
    "SELECT {columns} FROM {table} WHERE user_id = :user_id ORDER BY rank",
    {"user_id": int},
)

ANSWERED_LISTENERS = Query(
    "answered_listeners",
    "marts.recommendations",
    pa.schema([_USER_ID]),
    "SELECT {columns} FROM {table} WHERE answered_by = :answered_by AND rank = 1 ORDER BY user_id LIMIT :at_most",
    {"answered_by": str, "at_most": int},
)
"""Some listeners whose list was made by the model, or by the fallback."""

QUERIES = (
    INTERACTIONS,
    HEARD_BY_LISTENER,
    TRACK_POPULARITY,
    LIVING_USERS,
    LIVING_USER,
    LIVING_TRACKS,
    LISTENS,
    RECENT_LISTENS,
    TRACK_CONTENT,
    CATALOGUE,
    RECOMMENDATIONS,
    LIST_OF_LISTENER,
    ANSWERED_LISTENERS,
)
