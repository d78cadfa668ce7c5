"""What was listened to: pairs to learn from, and histories in their order."""

from __future__ import annotations

import pyarrow as pa

from ritournelle.warehouse.marts.columns import OF_THE_LATEST_LISTENS, TRACK_ID, USER_ID, never_null
from ritournelle.warehouse.query import Query
from ritournelle.warehouse.tables import UTC

INTERACTIONS = Query(
    "interactions",
    "marts.interactions",
    pa.schema(
        [
            USER_ID,
            TRACK_ID,
            never_null("weight", pa.float64()),
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
    pa.schema([TRACK_ID, never_null("weight", pa.float64())]),
    "SELECT {columns} FROM {table} WHERE user_id = :user_id",
    {"user_id": int},
)
"""The same of one listener, who waits."""

HISTORIES = Query(
    "histories",
    "marts.interactions",
    pa.schema(
        [
            USER_ID,
            never_null("tracks", pa.int64()),
            never_null("first_sum", pa.int64()),
            never_null("second_sum", pa.int64()),
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

_OF_THE_LIVING = (
    "user_key IN (SELECT user_key FROM {core}.dim_users WHERE is_deleted = FALSE"
    " AND source_epoch = (SELECT max(source_epoch) FROM {core}.dim_users))"
    " AND track_key IN (SELECT track_key FROM {core}.dim_tracks WHERE is_deleted = FALSE"
    " AND source_epoch = (SELECT max(source_epoch) FROM {core}.dim_tracks))"
    " AND NOT EXISTS (SELECT excluded.listen_id FROM {core}.excluded_listens AS excluded"
    " WHERE excluded.source_epoch = facts.source_epoch AND excluded.listen_id = facts.listen_id)"
)

_LISTEN = pa.schema([USER_ID, TRACK_ID, never_null("listened_at", UTC)])

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

HISTORY_OF = Query(
    "history_of",
    "core.fact_listen_history",
    pa.schema([never_null("listen_id", pa.string()), TRACK_ID, never_null("listened_at", UTC)]),
    "SELECT {columns} FROM {table} WHERE user_id = :user_id AND is_deleted = FALSE"
    f" AND {OF_THE_LATEST_LISTENS}"
    " ORDER BY listened_at DESC, source_record_at DESC, position DESC, listen_id LIMIT :at_most",
    {"user_id": int, "at_most": int},
)
"""What a listener heard, the latest first, with the ids to exclude a listen by."""
