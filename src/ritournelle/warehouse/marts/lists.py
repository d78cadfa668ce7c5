"""Stored lists, and what they were made from."""

from __future__ import annotations

import pyarrow as pa

from ritournelle.warehouse.marts.columns import TRACK_ID, USER_ID, never_null
from ritournelle.warehouse.query import Query
from ritournelle.warehouse.tables import UTC

_RECOMMENDATION = pa.schema(
    [
        USER_ID,
        never_null("rank", pa.int32()),
        TRACK_ID,
        never_null("score", pa.float64()),
        never_null("reason", pa.string()),
        never_null("model_version", pa.string()),
        pa.field("fallback_reason", pa.string()),
        never_null("computed_at", UTC),
    ]
)

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

LISTS_OF = Query(
    "lists_of",
    "marts.recommendations",
    _RECOMMENDATION,
    "SELECT {columns} FROM {table} WHERE user_id IN (:user_ids) ORDER BY user_id, rank",
    {"user_ids": list[int]},
)
"""The lists of some listeners."""

LIST_HEADS = Query(
    "list_heads",
    "marts.recommendations",
    pa.schema(
        [
            USER_ID,
            TRACK_ID,
            never_null("score", pa.float64()),
            never_null("model_version", pa.string()),
            never_null("computed_at", UTC),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE rank = 1 ORDER BY user_id",
)
"""The first row of every list: whether it is another list than it was."""

LIST_STATES = Query(
    "list_states",
    "ops.list_states",
    pa.schema([USER_ID, never_null("state", pa.int64())]),
    "SELECT {columns} FROM {table} ORDER BY user_id",
)
"""What each stored list was made from."""

ANSWERED_LISTENERS = Query(
    "answered_listeners",
    "marts.recommendations",
    pa.schema([USER_ID]),
    "SELECT {columns} FROM {table} WHERE (fallback_reason IS NULL) = :by_model AND rank = 1"
    " ORDER BY user_id LIMIT :at_most",
    {"by_model": bool, "at_most": int},
)
"""Some listeners whose list was made by the model, or by the fallback."""
