"""What Python reads of the star and the marts: one typed query per use, all of them in `QUERIES`.

Columns are those of the dbt contracts; the tests hold one against the other.
"""

from __future__ import annotations

from datetime import date

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
        _never_null("model_version", pa.string()),
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
        ]
    ),
    "SELECT {columns} FROM {table}",
)
"""What a model learns from, and what every listener has heard; in no order (ten million rows sort in seconds)."""

INTERACTIONS_OF = Query(
    "interactions_of",
    "marts.interactions",
    INTERACTIONS.columns,
    "SELECT {columns} FROM {table} WHERE user_id IN (:user_ids)",
    {"user_ids": list[int]},
)
"""The same of some listeners."""

INTERACTIONS_OF_ONE = Query(
    "interactions_of_one",
    "marts.interactions",
    pa.schema([_TRACK_ID, _never_null("weight", pa.float64())]),
    "SELECT {columns} FROM {table} WHERE user_id = :user_id",
    {"user_id": int},
)
"""The same of one listener, who waits."""

HISTORIES = Query(
    "histories",
    "marts.interactions",
    pa.schema(
        [
            _USER_ID,
            _never_null("tracks", pa.int64()),
            _never_null("first_sum", pa.int64()),
            _never_null("second_sum", pa.int64()),
        ]
    ),
    # Cast: a sum of integers is a decimal on PostgreSQL.
    "SELECT user_id, count(*) AS tracks, cast(sum(mod(track * grains, 2147483647)) AS bigint) AS first_sum,"
    " cast(sum(track * mod(grains, 1009)) AS bigint) AS second_sum"
    " FROM (SELECT user_id, mod(track_id, 999983) + 1 AS track,"
    " mod(cast(round(weight * 1000000) AS bigint), 2147483629) + 1 AS grains FROM {table}) AS weighed GROUP BY user_id",
    computed=("tracks", "first_sum", "second_sum"),
)
"""A fingerprint of what each listener has heard, in integers, so that every engine gives the same."""

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
    " AND NOT EXISTS (SELECT excluded.listen_id FROM {core}.excluded_listens AS excluded"
    " WHERE excluded.source_epoch = facts.source_epoch AND excluded.listen_id = facts.listen_id)"
)
_LISTEN = pa.schema([_USER_ID, _TRACK_ID, _never_null("listened_at", UTC)])

_LATEST_LISTENS = (
    "SELECT {{columns}} FROM (SELECT user_id, track_id, listened_at, row_number() OVER (PARTITION BY user_id"
    " ORDER BY listened_at DESC, source_record_at DESC, position DESC, track_id DESC) AS age"
    " FROM {{table}} AS facts WHERE {condition}) AS aged WHERE age <= :latest ORDER BY user_id, age DESC"
)

LISTENS = Query(
    "listens",
    "core.fact_listen_history",
    _LISTEN,
    f"SELECT {{columns}} FROM {{table}} AS facts WHERE {_OF_THE_LIVING}"
    " ORDER BY user_id, listened_at, source_record_at, position, track_id",
)
"""What models of order learn from, and what evaluation cuts by time: the listens behind `marts.interactions`, without
those that their listeners have excluded from their taste."""

RECENT_LISTENS = Query(
    "recent_listens",
    "core.fact_listen_history",
    _LISTEN,
    _LATEST_LISTENS.format(condition=_OF_THE_LIVING),
    {"latest": int},
)
"""Each listener's latest listens, oldest first: what models of order are asked with."""

RECENT_LISTENS_OF = Query(
    "recent_listens_of",
    "core.fact_listen_history",
    _LISTEN,
    _LATEST_LISTENS.format(condition=f"user_id IN (:user_ids) AND {_OF_THE_LIVING}"),
    {"latest": int, "user_ids": list[int]},
)
"""The same of some listeners."""

LIST_STATES = Query(
    "list_states",
    "ops.list_states",
    pa.schema([_USER_ID, _never_null("state", pa.int64())]),
    "SELECT {columns} FROM {table} ORDER BY user_id",
)
"""What each stored list was made from."""

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

_TRACK = pa.schema(
    [
        _TRACK_ID,
        pa.field("name", pa.string()),
        pa.field("artist", pa.string()),
        pa.field("album", pa.string()),
        pa.field("duration_seconds", pa.int64()),
    ]
)

CATALOGUE = Query(
    "catalogue",
    "core.dim_tracks",
    _TRACK,
    "SELECT {columns} FROM {table} WHERE " + _OF_THE_LATEST_EPOCH + " AND track_id IN (:track_ids) ORDER BY track_id",
    {"track_ids": list[int]},
)
"""What a list says of its tracks; those that are gone still have their names."""

TRACK_DETAILS = Query(
    "track_details",
    "core.dim_tracks",
    pa.schema(
        [
            _TRACK_ID,
            pa.field("name", pa.string()),
            pa.field("artist", pa.string()),
            pa.field("album", pa.string()),
            pa.field("genres", pa.string()),
            pa.field("duration_seconds", pa.int64()),
            pa.field("is_deleted", pa.bool_()),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE " + _OF_THE_LATEST_EPOCH + " AND track_id = :track_id",
    {"track_id": int},
)
"""All that the star knows of one track, also when it is gone."""

SEARCHED_TRACKS = Query(
    "searched_tracks",
    "core.dim_tracks",
    pa.schema([_TRACK_ID, pa.field("name", pa.string()), pa.field("artist", pa.string())]),
    f"{_LIVING} ORDER BY track_id",
)
"""What people search for."""

POPULARITY_OF = Query(
    "popularity_of",
    "marts.track_popularity",
    TRACK_POPULARITY.columns,
    "SELECT {columns} FROM {table} WHERE track_id = :track_id",
    {"track_id": int},
)
"""How often one track was played."""
WHOLE_CATALOGUE = Query(
    "whole_catalogue",
    "core.dim_tracks",
    _TRACK,
    "SELECT {columns} FROM {table} WHERE " + _OF_THE_LATEST_EPOCH + " AND track_id IS NOT NULL ORDER BY track_id",
)
"""The same of all tracks, for those who tell of many."""

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

LIST_HEADS = Query(
    "list_heads",
    "marts.recommendations",
    pa.schema(
        [
            _USER_ID,
            _TRACK_ID,
            _never_null("score", pa.float64()),
            _never_null("model_version", pa.string()),
            _never_null("computed_at", UTC),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE rank = 1 ORDER BY user_id",
)
"""The first row of every list: whether it is another list than it was."""

LISTS_OF = Query(
    "lists_of",
    "marts.recommendations",
    _RECOMMENDATION,
    "SELECT {columns} FROM {table} WHERE user_id IN (:user_ids) ORDER BY user_id, rank",
    {"user_ids": list[int]},
)
"""The lists of some listeners."""

ANSWERED_LISTENERS = Query(
    "answered_listeners",
    "marts.recommendations",
    pa.schema([_USER_ID]),
    "SELECT {columns} FROM {table} WHERE (fallback_reason IS NULL) = :by_model AND rank = 1"
    " ORDER BY user_id LIMIT :at_most",
    {"by_model": bool, "at_most": int},
)
"""Some listeners whose list was made by the model, or by the fallback."""

MODEL_QUALITY = Query(
    "model_quality",
    "marts.model_quality_days",
    pa.schema(
        [
            _never_null("measured_at", UTC),
            _never_null("role", pa.string()),
            pa.field("model_version", pa.string()),
            _never_null("slice", pa.string()),
            _never_null("metric", pa.string()),
            _never_null("value", pa.float64()),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE slice = 'all' ORDER BY measured_at, role, metric",
)
"""What challengers, champions and popularity reached, night after night, over all listeners."""

_OF_THE_LATEST_LISTENS = "source_epoch = (SELECT max(source_epoch) FROM {core}.fact_listen_history)"

USEFULNESS_DAYS = Query(
    "usefulness_days",
    "marts.usefulness_days",
    pa.schema(
        [
            _never_null("exposed_on", pa.date32()),
            _never_null("model_version", pa.string()),
            _never_null("surface", pa.string()),
            _never_null("exposures", pa.int64()),
            _never_null("users_exposed", pa.int64()),
            _never_null("users_judged", pa.int64()),
            _never_null("users_useful", pa.int64()),
            _never_null("useful", pa.int64()),
            _never_null("not_useful", pa.int64()),
            _never_null("plays", pa.int64()),
            _never_null("skips", pa.int64()),
            _never_null("listened_after", pa.int64()),
            _never_null("usefulness_rate", pa.float64()),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE exposed_on >= :since ORDER BY exposed_on, model_version, surface",
    {"since": date},
)
"""How useful recommendations were, by day, model version and surface; all who saw some are in the denominator."""

FEEDBACK_OF = Query(
    "feedback_of",
    "marts.recommendation_feedback",
    pa.schema(
        [
            _never_null("recommendation_id", pa.string()),
            _TRACK_ID,
            _never_null("model_version", pa.string()),
            pa.field("is_useful", pa.bool_()),
            _never_null("is_played", pa.bool_()),
            _never_null("is_skipped", pa.bool_()),
            _never_null("is_liked", pa.bool_()),
            _never_null("is_hidden", pa.bool_()),
            pa.field("last_feedback_at", UTC),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE user_id = :user_id AND last_feedback_at IS NOT NULL"
    f" AND {_OF_THE_LATEST_LISTENS}"
    " ORDER BY last_feedback_at DESC, recommendation_id LIMIT :at_most",
    {"user_id": int, "at_most": int},
)
"""What a listener said of recommendations, the latest first."""

EXCLUSIONS_OF = Query(
    "exclusions_of",
    "core.taste_exclusions",
    pa.schema(
        [
            _never_null("exclusion_id", pa.string()),
            _never_null("kind", pa.string()),
            pa.field("target", pa.string()),
            pa.field("starts_at", UTC),
            pa.field("ends_at", UTC),
            _never_null("changed_at", UTC),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE user_id = :user_id AND is_active = TRUE"
    f" AND {_OF_THE_LATEST_LISTENS} ORDER BY changed_at, exclusion_id",
    {"user_id": int},
)
"""What a listener has taken out of their taste, and not back."""

_NAMES_A_TRACK = (
    "SELECT excluded.user_id, tracks.track_id FROM {{table}} AS excluded INNER JOIN {{core}}.dim_tracks AS tracks"
    " ON tracks.source_epoch = excluded.source_epoch AND {condition} WHERE excluded.is_active = TRUE"
    " AND tracks.is_deleted = FALSE"
    " AND tracks.source_epoch = (SELECT max(source_epoch) FROM {{core}}.dim_tracks)"
)

NEVER_RECOMMENDED = Query(
    "never_recommended",
    "core.taste_exclusions",
    pa.schema([_USER_ID, _TRACK_ID]),
    # Two joins by equality: one with OR would compare every exclusion with every track.
    _NAMES_A_TRACK.format(
        condition="excluded.kind = 'track' AND cast(tracks.track_id AS varchar(20)) = excluded.target"
    )
    + " UNION "
    + _NAMES_A_TRACK.format(
        condition="excluded.kind = 'artist' AND tracks.artist_key = excluded.artist_key"
        " AND tracks.artist_key <> 'unknown'"
    )
    + " ORDER BY 1, 2",
    computed=("track_id",),
)
"""Living tracks that listeners have excluded, by themselves or by their artist: no list of theirs holds them."""
EXCLUDING_USERS = Query(
    "excluding_users",
    "core.taste_exclusions",
    pa.schema([_USER_ID]),
    "SELECT DISTINCT user_id FROM {table} WHERE is_active = TRUE" f" AND {_OF_THE_LATEST_LISTENS} ORDER BY user_id",
)
"""Who has taken anything out of their taste, and not back."""

HISTORY_OF = Query(
    "history_of",
    "core.fact_listen_history",
    pa.schema([_never_null("listen_id", pa.string()), _TRACK_ID, _never_null("listened_at", UTC)]),
    "SELECT {columns} FROM {table} WHERE user_id = :user_id AND is_deleted = FALSE"
    f" AND {_OF_THE_LATEST_LISTENS}"
    " ORDER BY listened_at DESC, source_record_at DESC, position DESC, listen_id LIMIT :at_most",
    {"user_id": int, "at_most": int},
)
"""What a listener heard, the latest first, with the ids to exclude a listen by."""

QUERIES = (
    INTERACTIONS,
    INTERACTIONS_OF,
    INTERACTIONS_OF_ONE,
    HISTORIES,
    TRACK_POPULARITY,
    LIVING_USERS,
    LIVING_USER,
    LIVING_TRACKS,
    LISTENS,
    RECENT_LISTENS,
    RECENT_LISTENS_OF,
    LIST_STATES,
    TRACK_CONTENT,
    CATALOGUE,
    TRACK_DETAILS,
    SEARCHED_TRACKS,
    POPULARITY_OF,
    WHOLE_CATALOGUE,
    RECOMMENDATIONS,
    LIST_OF_LISTENER,
    LIST_HEADS,
    LISTS_OF,
    ANSWERED_LISTENERS,
    MODEL_QUALITY,
    USEFULNESS_DAYS,
    FEEDBACK_OF,
    EXCLUSIONS_OF,
    NEVER_RECOMMENDED,
    EXCLUDING_USERS,
    HISTORY_OF,
)
