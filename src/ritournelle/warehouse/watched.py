"""What health is judged by: typed queries on the star, the lists, quarantine and the record of runs."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from ritournelle.warehouse.query import Query
from ritournelle.warehouse.tables import CHECK_RESULTS, RUN_STEPS, RUNS, UTC


def _count(*names: str) -> list[pa.Field]:
    return [pa.field(name, pa.int64(), nullable=False) for name in names]


LISTEN_TOTALS = Query(
    "listen_totals",
    "core.fact_listen_history",
    pa.schema(
        [
            *_count("listens", "of_unknown_users", "of_unknown_tracks"),
            pa.field("newest_at", UTC),
            pa.field("arrived_at", UTC),
        ]
    ),
    "SELECT count(*) AS listens,"
    " coalesce(sum(CASE WHEN user_id = -1 AND is_deleted = FALSE THEN 1 ELSE 0 END), 0) AS of_unknown_users,"
    " coalesce(sum(CASE WHEN track_id = -1 AND is_deleted = FALSE THEN 1 ELSE 0 END), 0) AS of_unknown_tracks,"
    " max(CASE WHEN listened_at <= :now THEN listened_at END) AS newest_at, max(ingested_at) AS arrived_at"
    " FROM {table}",
    {"now": datetime},
    computed=("listens", "of_unknown_users", "of_unknown_tracks", "newest_at", "arrived_at"),
)
"""All listens, those of unknown users and tracks, the newest that is not of the future, and when the last came."""

LIST_TOTALS = Query(
    "list_totals",
    "marts.recommendations",
    pa.schema(
        [
            *_count("list_rows", "lists", "not_finite", "shown_tracks", "longest"),
            pa.field("model_version", pa.string()),
        ]
    ),
    "SELECT count(*) AS list_rows, count(DISTINCT user_id) AS lists,"
    # NaN is larger than every number, in DuckDB and in PostgreSQL.
    " coalesce(sum(CASE WHEN abs(score) < 1e300 THEN 0 ELSE 1 END), 0) AS not_finite,"
    " count(DISTINCT track_id) AS shown_tracks, coalesce(max(rank), 0) AS longest, max(model_version) AS model_version"
    " FROM {table} WHERE fallback_reason IS NULL",
    computed=("list_rows", "lists", "not_finite", "shown_tracks", "longest"),
)
"""The lists that the model made, all together."""

MOST_IDENTICAL_LISTS = Query(
    "most_identical_lists",
    "marts.recommendations",
    pa.schema(_count("lists")),
    "SELECT coalesce(max(same), 0) AS lists FROM (SELECT count(*) AS same FROM ("
    "SELECT user_id, sum((mod(track_id, 999983) + 1) * mod(rank * 7919, 1009)) AS tracks, count(*) AS length"
    " FROM {table} WHERE fallback_reason IS NULL GROUP BY user_id) AS marked GROUP BY tracks, length) AS counted",
    computed=("lists",),
)
"""How many listeners share one and the same list of the model, at most."""

TRACKS_IN_LISTS = Query(
    "tracks_in_lists",
    "marts.recommendations",
    pa.schema(_count("squares")),
    "SELECT cast(coalesce(sum(shown * shown), 0) AS bigint) AS squares FROM"
    " (SELECT track_id, count(*) AS shown FROM {table} WHERE fallback_reason IS NULL GROUP BY track_id) AS counted",
    computed=("squares",),
)
"""How unevenly tracks are shown: the sum of the squares of how often each is."""

LIST_ROWS = Query(
    "list_rows",
    "marts.recommendations",
    pa.schema(_count("list_rows")),
    "SELECT count(*) AS list_rows FROM {table}",
    computed=("list_rows",),
)

TRACKS_TO_SHOW = Query(
    "tracks_to_show",
    "core.dim_tracks",
    pa.schema(_count("tracks")),
    "SELECT count(*) AS tracks FROM {table} WHERE is_deleted = FALSE"
    " AND source_epoch = (SELECT max(source_epoch) FROM {table})",
    computed=("tracks",),
)

EXPOSED_DAYS = Query(
    "exposed_days",
    "marts.recommendation_feedback",
    pa.schema(
        [
            pa.field("day", pa.date32(), nullable=False),
            pa.field("version", pa.string(), nullable=False),
            *_count("exposed", "answered", "judged", "useful"),
        ]
    ),
    "SELECT exposed_on AS day, model_version AS version, count(DISTINCT user_id) AS exposed,"
    " count(DISTINCT CASE WHEN last_feedback_at IS NOT NULL THEN user_id END) AS answered,"
    " count(DISTINCT CASE WHEN is_useful IS NOT NULL THEN user_id END) AS judged,"
    " count(DISTINCT CASE WHEN is_useful = TRUE THEN user_id END) AS useful"
    " FROM {table} WHERE exposed_at >= :since GROUP BY exposed_on, model_version ORDER BY exposed_on, model_version",
    {"since": datetime},
    computed=("day", "version", "exposed", "answered", "judged", "useful"),
)
"""Of each day and version how many listeners saw recommendations, reacted, judged, and found one useful."""

NEWLY_QUARANTINED = Query(
    "newly_quarantined",
    "quarantine.rows",
    pa.schema(
        [
            pa.field("source", pa.string()),
            pa.field("kind", pa.string()),
            pa.field("reason", pa.string()),
            *_count("n"),
        ]
    ),
    "SELECT source, kind, reason, count(*) AS n FROM {table} WHERE run_id = :run_id GROUP BY source, kind, reason",
    {"run_id": str},
    computed=("n",),
)
"""Rows that a run was the first to put into quarantine."""

WAITING_ROWS = Query(
    "waiting_rows",
    "quarantine.rows",
    pa.schema([pa.field("source", pa.string()), *_count("n")]),
    "SELECT source, count(*) AS n FROM {table} WHERE status = 'open' GROUP BY source",
    computed=("n",),
)

_COLLISIONS = (
    "SELECT count(*) AS n FROM {table} AS fresh INNER JOIN {table} AS former"
    " ON fresh.id = former.id AND fresh.source_epoch = former.source_epoch"
    " WHERE fresh.run_number = :run_number AND fresh.change_type = 'updated'"
    " AND fresh.identity_hash <> former.identity_hash AND fresh.created_at <> former.created_at"
    " AND former.run_number = (SELECT max(older.run_number) FROM {table} AS older WHERE older.id = fresh.id"
    " AND older.source_epoch = fresh.source_epoch AND older.run_number < fresh.run_number)"
)
COLLISIONS = {
    source: Query(
        f"collisions_of_{source}",
        f"raw.src_{source}",
        pa.schema(_count("n")),
        _COLLISIONS,
        {"run_number": int},
        computed=("n",),
    )
    for source in ("users", "tracks")
}
"""Ids that a run brought with another name and another date of creation than before."""

_LATER = "SELECT {columns} FROM {table} WHERE run_number > :run_number ORDER BY run_number"
RUNS_AFTER = Query("runs_after", "ops.runs", RUNS.columns, _LATER, {"run_number": int})
STEPS_AFTER = Query("steps_after", "ops.run_steps", RUN_STEPS.columns, _LATER, {"run_number": int})
CHECKS_AFTER = Query("checks_after", "ops.check_results", CHECK_RESULTS.columns, _LATER, {"run_number": int})
"""What the journal does not know yet."""

WATCHED = (
    LISTEN_TOTALS,
    LIST_TOTALS,
    MOST_IDENTICAL_LISTS,
    TRACKS_IN_LISTS,
    LIST_ROWS,
    TRACKS_TO_SHOW,
    EXPOSED_DAYS,
    NEWLY_QUARANTINED,
    WAITING_ROWS,
    *COLLISIONS.values(),
    RUNS_AFTER,
    STEPS_AFTER,
    CHECKS_AFTER,
)
