"""What is known of tracks, and how often they were played."""

from __future__ import annotations

import pyarrow as pa

from ritournelle.warehouse.marts.columns import LIVING, OF_THE_LATEST_EPOCH, TRACK_ID, never_null
from ritournelle.warehouse.query import Query

TRACK_POPULARITY = Query(
    "track_popularity",
    "marts.track_popularity",
    pa.schema(
        [
            TRACK_ID,
            never_null("plays_28_days", pa.int64()),
            never_null("plays_365_days", pa.int64()),
            never_null("plays_total", pa.int64()),
        ]
    ),
    "SELECT {columns} FROM {table} ORDER BY track_id",
)
"""What the fallback ranks."""

POPULARITY_OF = Query(
    "popularity_of",
    "marts.track_popularity",
    TRACK_POPULARITY.columns,
    "SELECT {columns} FROM {table} WHERE track_id = :track_id",
    {"track_id": int},
)
"""How often one track was played."""

LIVING_TRACKS = Query("living_tracks", "core.dim_tracks", pa.schema([TRACK_ID]), f"{LIVING} ORDER BY track_id")
"""What may be recommended."""

TRACK_CONTENT = Query(
    "track_content",
    "core.dim_tracks",
    pa.schema(
        [
            TRACK_ID,
            pa.field("artist", pa.string()),
            pa.field("album", pa.string()),
            pa.field("genres", pa.string()),
        ]
    ),
    f"{LIVING} ORDER BY track_id",
)
"""What is known of a track before anybody has heard it."""

_TRACK = pa.schema(
    [
        TRACK_ID,
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
    "SELECT {columns} FROM {table} WHERE " + OF_THE_LATEST_EPOCH + " AND track_id IN (:track_ids) ORDER BY track_id",
    {"track_ids": list[int]},
)
"""What a list says of its tracks; those that are gone still have their names."""

WHOLE_CATALOGUE = Query(
    "whole_catalogue",
    "core.dim_tracks",
    _TRACK,
    "SELECT {columns} FROM {table} WHERE " + OF_THE_LATEST_EPOCH + " AND track_id IS NOT NULL ORDER BY track_id",
)
"""The same of all tracks, for those who tell of many."""

TRACK_DETAILS = Query(
    "track_details",
    "core.dim_tracks",
    pa.schema(
        [
            TRACK_ID,
            pa.field("name", pa.string()),
            pa.field("artist", pa.string()),
            pa.field("album", pa.string()),
            pa.field("genres", pa.string()),
            pa.field("duration_seconds", pa.int64()),
            pa.field("is_deleted", pa.bool_()),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE " + OF_THE_LATEST_EPOCH + " AND track_id = :track_id",
    {"track_id": int},
)
"""All that the star knows of one track, also when it is gone."""

SEARCHED_TRACKS = Query(
    "searched_tracks",
    "core.dim_tracks",
    pa.schema([TRACK_ID, pa.field("name", pa.string()), pa.field("artist", pa.string())]),
    f"{LIVING} ORDER BY track_id",
)
"""What people search for."""
