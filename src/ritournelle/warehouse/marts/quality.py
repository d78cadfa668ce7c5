"""How good recommendations were: what models reached, and what listeners said."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from ritournelle.warehouse.marts.columns import OF_THE_LATEST_LISTENS, TRACK_ID, never_null
from ritournelle.warehouse.query import Query
from ritournelle.warehouse.tables import UTC

MODEL_QUALITY = Query(
    "model_quality",
    "marts.model_quality_days",
    pa.schema(
        [
            never_null("measured_at", UTC),
            never_null("role", pa.string()),
            pa.field("model_version", pa.string()),
            never_null("slice", pa.string()),
            never_null("metric", pa.string()),
            never_null("value", pa.float64()),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE slice = 'all' ORDER BY measured_at, role, metric",
)
"""What challengers, champions and popularity reached, night after night, over all listeners."""

USEFULNESS_DAYS = Query(
    "usefulness_days",
    "marts.usefulness_days",
    pa.schema(
        [
            never_null("exposed_on", pa.date32()),
            never_null("model_version", pa.string()),
            never_null("surface", pa.string()),
            never_null("exposures", pa.int64()),
            never_null("users_exposed", pa.int64()),
            never_null("users_judged", pa.int64()),
            never_null("users_useful", pa.int64()),
            never_null("useful", pa.int64()),
            never_null("not_useful", pa.int64()),
            never_null("plays", pa.int64()),
            never_null("skips", pa.int64()),
            never_null("listened_after", pa.int64()),
            never_null("usefulness_rate", pa.float64()),
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
            never_null("recommendation_id", pa.string()),
            TRACK_ID,
            never_null("model_version", pa.string()),
            pa.field("is_useful", pa.bool_()),
            never_null("is_played", pa.bool_()),
            never_null("is_skipped", pa.bool_()),
            never_null("is_liked", pa.bool_()),
            never_null("is_hidden", pa.bool_()),
            pa.field("last_feedback_at", UTC),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE user_id = :user_id AND last_feedback_at IS NOT NULL"
    f" AND {OF_THE_LATEST_LISTENS}"
    " ORDER BY last_feedback_at DESC, recommendation_id LIMIT :at_most",
    {"user_id": int, "at_most": int},
)
"""What a listener said of recommendations, the latest first."""
