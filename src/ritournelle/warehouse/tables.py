"""The tables that Python writes: raw extracts, operations, quarantine, and the stored lists.

`raw.src_*` are append-only: one row per key and change. `run_number` orders the changes of a key (clocks may jump);
`change_type` is `inserted`, `updated` or `deleted`, and a `deleted` row carries nothing but its key.
"""

from __future__ import annotations

import pyarrow as pa

from ritournelle.warehouse.base import Table

UTC = pa.timestamp("us", tz="UTC")
NAIVE = pa.timestamp("us")

_EXTRACT = [
    ("source_epoch", pa.int32()),  # counts the populations of an app that regenerates its ids, from 1
    ("content_hash", pa.string()),  # XXH3-128 of the row's contract fields; null when deleted
    ("identity_hash", pa.string()),  # of the fields that say who or what it is; null for listens
    ("change_type", pa.string()),
    ("run_id", pa.string()),
    ("run_number", pa.int64()),
    ("extracted_at", UTC),
]
_STAMPS = ("change_type", "run_id")

SRC_TRACKS = Table(
    "raw",
    "src_tracks",
    pa.schema(
        [
            ("id", pa.int64()),
            ("name", pa.string()),
            ("artist", pa.string()),
            ("songwriters", pa.string()),
            ("duration", pa.string()),
            ("genres", pa.string()),
            ("album", pa.string()),
            ("created_at", NAIVE),
            ("updated_at", NAIVE),
            *_EXTRACT,
        ]
    ),
    key=("source_epoch", "id", "run_number"),
    few_values=_STAMPS,
)
SRC_USERS = Table(
    "raw",
    "src_users",
    pa.schema(
        [
            ("id", pa.int64()),
            ("first_name", pa.string()),
            ("last_name", pa.string()),
            ("email", pa.string()),
            ("gender", pa.string()),
            ("favorite_genres", pa.string()),
            ("created_at", NAIVE),
            ("updated_at", NAIVE),
            *_EXTRACT,
        ]
    ),
    key=("source_epoch", "id", "run_number"),
    few_values=(*_STAMPS, "gender"),
)
SRC_LISTEN_HISTORY = Table(
    "raw",
    "src_listen_history",
    pa.schema(
        [
            ("user_id", pa.int64()),
            ("items", pa.string()),  # the track ids in order, as JSON; null as the source sent it
            ("created_at", NAIVE),
            ("updated_at", NAIVE),
            *_EXTRACT,
        ]
    ),
    key=("source_epoch", "user_id", "created_at", "run_number"),
    few_values=_STAMPS,
)
# The listens of every record version in `raw.src_listen_history`, one row each.
SRC_LISTENS = Table(
    "raw",
    "src_listens",
    pa.schema(
        [
            ("source_epoch", pa.int32()),
            ("listen_id", pa.string()),
            ("user_id", pa.int64()),
            ("track_id", pa.int64()),
            ("source_record_at", NAIVE),  # `created_at` of the record
            ("occurrence", pa.int32()),  # how often the track stood in the record before
            ("position", pa.int32()),  # from 0, in the record's order
            ("run_id", pa.string()),
            ("run_number", pa.int64()),
            ("extracted_at", UTC),
        ]
    ),
    key=("source_epoch", "listen_id", "run_number"),
    few_values=("run_id",),
)
EXTRACTS = (SRC_TRACKS, SRC_USERS, SRC_LISTEN_HISTORY, SRC_LISTENS)
"""What a daily extract fills."""
_LOADED = [
    ("source_epoch", pa.int32()),  # the population that was known when it was loaded
    ("received_at", UTC),  # when the event log acknowledged it
    ("run_id", pa.string()),
    ("run_number", pa.int64()),
    ("extracted_at", UTC),  # when the run read the event log
]
SRC_LISTEN_EVENTS = Table(
    "raw",
    "src_listen_events",
    pa.schema(
        [
            ("listen_id", pa.string()),
            ("user_id", pa.int64()),
            ("track_id", pa.int64()),
            ("listened_at", UTC),
            ("source_record_at", NAIVE),  # `created_at` of the record, where the event names one
            ("occurrence", pa.int32()),
            ("position", pa.int32()),
            *_LOADED,
        ]
    ),
    key=("listen_id",),  # told again, it is the first one that counts
)
SRC_FEEDBACK = Table(
    "raw",
    "src_feedback",
    pa.schema(
        [
            ("feedback_id", pa.string()),  # of recommendation and kind: given again, it is the same, given later
            ("recommendation_id", pa.string()),
            ("user_id", pa.int64()),
            ("track_id", pa.int64()),
            ("kind", pa.string()),  # useful | not_useful | play | skip | like | hide
            ("model_version", pa.string()),
            ("surface", pa.string()),
            ("given_at", UTC),
            *_LOADED,
        ]
    ),
    key=("feedback_id", "run_number"),
)
SRC_EXPOSURES = Table(
    "raw",
    "src_exposures",
    pa.schema(
        [
            ("recommendation_id", pa.string()),
            ("user_id", pa.int64()),
            ("track_id", pa.int64()),
            ("rank", pa.int32()),
            ("model_version", pa.string()),
            ("surface", pa.string()),
            ("answered_by", pa.string()),  # model | fold_in | fallback
            ("exposed_at", UTC),
            *_LOADED,
        ]
    ),
    key=("recommendation_id",),
)
SRC_TASTE_EXCLUSIONS = Table(
    "raw",
    "src_taste_exclusions",
    pa.schema(
        [
            ("exclusion_id", pa.string()),
            ("user_id", pa.int64()),
            ("kind", pa.string()),  # listen | track | artist | session
            ("target", pa.string()),  # listen id, track id, artist's name; null for a session
            ("starts_at", UTC),  # of the listens concerned; null: all before
            ("ends_at", UTC),  # null: all after
            ("is_active", pa.bool_()),  # false: taken back
            ("changed_at", UTC),
            *_LOADED,
        ]
    ),
    key=("exclusion_id", "run_number"),
)
EVENTS = (SRC_LISTEN_EVENTS, SRC_FEEDBACK, SRC_EXPOSURES, SRC_TASTE_EXCLUSIONS)
"""What comes through the event log; no page of the app brings it back."""
STREAM_OFFSETS = Table(
    "ops",
    "stream_offsets",
    pa.schema(
        [
            ("topic", pa.string()),
            ("partition", pa.int32()),
            ("log_id", pa.string()),  # another log has other offsets
            ("next_offset", pa.int64()),  # everything before it is in raw, or in quarantine
            ("run_id", pa.string()),
            ("committed_at", UTC),
        ]
    ),
    key=("topic", "partition"),
)
QUARANTINE_ROWS = Table(
    "quarantine",
    "rows",
    pa.schema(
        [
            ("quarantine_id", pa.string()),  # hash of source and payload: the same bad row is kept once
            ("source", pa.string()),  # tracks | users | listen_history, or a topic of the event log
            ("source_key", pa.string()),  # the row's key, where it could still be read
            ("kind", pa.string()),  # contract: it breaks its contract | conflict: another row has its key
            ("reason", pa.string()),
            ("payload", pa.string()),  # the row as JSON text, as it came
            ("page", pa.int32()),
            ("run_id", pa.string()),  # the run that saw it first
            ("quarantined_at", UTC),
            ("last_seen_run_id", pa.string()),
            ("status", pa.string()),  # open | replayed | superseded (a good version came) | vanished
            ("resolved_at", UTC),
            ("resolved_run_id", pa.string()),
        ]
    ),
    key=("quarantine_id",),
)
RUNS = Table(
    "ops",
    "runs",
    pa.schema(
        [
            ("run_id", pa.string()),
            ("run_number", pa.int64()),
            ("verb", pa.string()),
            ("logical_date", pa.date32()),
            ("status", pa.string()),  # running | succeeded | failed | killed
            ("started_at", UTC),
            ("finished_at", UTC),
            ("duration_seconds", pa.float64()),
            ("message", pa.string()),
            ("code_version", pa.string()),
        ]
    ),
    key=("run_id",),
)
RUN_STEPS = Table(
    "ops",
    "run_steps",
    pa.schema(
        [
            ("run_id", pa.string()),
            ("run_number", pa.int64()),
            ("step", pa.string()),
            ("source", pa.string()),  # the endpoint, for steps that read one
            ("status", pa.string()),  # succeeded | failed | skipped
            ("started_at", UTC),
            ("finished_at", UTC),
            ("duration_seconds", pa.float64()),
            ("message", pa.string()),
            ("announced", pa.int64()),
            ("landed", pa.int64()),
            ("inserted", pa.int64()),
            ("updated", pa.int64()),
            ("unchanged", pa.int64()),
            ("deleted", pa.int64()),
            ("quarantined", pa.int64()),
            ("erased", pa.int64()),  # rows, or messages, of forgotten listeners that were left out
            ("proven_snapshot", pa.bool_()),
            ("source_epoch_changed", pa.bool_()),
            ("requests", pa.int64()),
            ("retries", pa.int64()),
            ("bytes_received", pa.int64()),
            ("details", pa.string()),  # JSON: warnings, unknown fields, whatever else the step reports
        ]
    ),
    key=("run_id", "step", "source"),
)
CHECK_RESULTS = Table(
    "ops",
    "check_results",
    pa.schema(
        [
            ("run_id", pa.string()),
            ("run_number", pa.int64()),
            ("check_name", pa.string()),
            ("kind", pa.string()),  # not_null, relationships, … | freshness
            ("target", pa.string()),  # the model or source that was checked
            ("severity", pa.string()),  # warn | error | block
            ("outcome", pa.string()),  # passed | warned | failed | error | skipped
            ("failures", pa.int64()),  # rows found that must not be
            ("message", pa.string()),
            ("duration_seconds", pa.float64()),
            ("checked_at", UTC),
        ]
    ),
    key=("run_id", "check_name"),
)
# A copy of the operator's journal, without names and contacts of people: see docs/decisions/0008.
INCIDENTS = Table(
    "ops",
    "incidents",
    pa.schema(
        [
            ("incident_id", pa.string()),
            ("sensor", pa.string()),  # person: somebody who uses the data opened it
            ("subject", pa.string()),  # the source, table, model … that is in trouble
            ("severity", pa.string()),  # warn | error | block
            ("phase", pa.string()),  # open | acknowledged | resolved
            ("owner", pa.string()),
            ("opened_by", pa.string()),  # ritournelle | person
            ("message", pa.string()),
            ("first_seen_at", UTC),
            ("last_seen_at", UTC),
            ("acknowledged_at", UTC),
            ("resolved_at", UTC),
            ("duration_seconds", pa.float64()),  # from first seen to resolved; null while it lasts
            ("is_closed_by_itself", pa.bool_()),  # null while it lasts
            ("times_seen", pa.int64()),
            ("reopenings", pa.int64()),
            ("runbook", pa.string()),  # page of docs/runbooks
            ("facts", pa.string()),  # JSON: the evidence
        ]
    ),
    key=("incident_id",),
)
TRANSFORM_SCOPE = Table(
    "ops",
    "transform_scope",
    pa.schema(
        [
            ("after_run", pa.int64()),  # the next build looks at later runs only
            ("staged_after", pa.int64()),  # staging reads later runs of raw again, and keeps the rows of the others
            ("built_run", pa.int64()),  # the last run that all models have seen; null before the first good build
            ("fingerprint", pa.string()),  # of the models and settings that they were built with
            ("weighed_at", UTC),  # the moment that the weights of the last good build count from
            ("why", pa.string()),  # why the last good build looked at as much as it did
        ]
    ),
    key=("built_run",),
)
RECOMMENDATIONS = Table(
    "marts",
    "recommendations",
    pa.schema(
        [
            ("user_id", pa.int64()),
            ("rank", pa.int32()),
            ("track_id", pa.int64()),
            ("score", pa.float64()),
            ("reason", pa.string()),
            ("fallback_reason", pa.string()),  # why popularity answered; null: the model did
            ("model_version", pa.string()),
            ("computed_at", UTC),
        ]
    ),
    key=("user_id", "rank"),
)
LIST_STATES = Table(
    "ops",
    "list_states",
    pa.schema(
        [
            ("user_id", pa.int64()),
            ("state", pa.int64()),  # fingerprint of all that the list was made from
        ]
    ),
    key=("user_id",),
)
MODEL_QUALITY_DAYS = Table(
    "marts",
    "model_quality_days",
    pa.schema(
        [
            ("challenger_version", pa.string()),  # the version that was judged that night
            ("quality_date", pa.date32()),
            ("measured_at", UTC),
            ("role", pa.string()),  # challenger | champion | popularity
            ("model_version", pa.string()),  # null for popularity
            ("family", pa.string()),
            ("task", pa.string()),  # discovery | next_listen
            ("slice", pa.string()),  # all | new listeners | tail tracks | …
            ("metric", pa.string()),  # ndcg@20, coverage, …
            ("value", pa.float64()),
            ("cases", pa.int64()),  # listeners who were asked
            ("is_promoted", pa.bool_()),  # whether the gate let the challenger serve
            ("judged_on", pa.string()),  # how the cases were cut from the past
        ]
    ),
    key=("challenger_version", "role", "slice", "metric"),
)

TABLES = (
    *EXTRACTS,
    *EVENTS,
    STREAM_OFFSETS,
    QUARANTINE_ROWS,
    RUNS,
    RUN_STEPS,
    CHECK_RESULTS,
    INCIDENTS,
    TRANSFORM_SCOPE,
    RECOMMENDATIONS,
    LIST_STATES,
    MODEL_QUALITY_DAYS,
)
