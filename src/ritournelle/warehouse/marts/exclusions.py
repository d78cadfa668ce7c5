"""What listeners took out of their taste."""

from __future__ import annotations

import pyarrow as pa

from ritournelle.warehouse.marts.columns import OF_THE_LATEST_LISTENS, TRACK_ID, USER_ID, never_null
from ritournelle.warehouse.query import Query
from ritournelle.warehouse.tables import UTC

EXCLUSIONS_OF = Query(
    "exclusions_of",
    "core.taste_exclusions",
    pa.schema(
        [
            never_null("exclusion_id", pa.string()),
            never_null("kind", pa.string()),
            pa.field("target", pa.string()),
            pa.field("starts_at", UTC),
            pa.field("ends_at", UTC),
            never_null("changed_at", UTC),
        ]
    ),
    "SELECT {columns} FROM {table} WHERE user_id = :user_id AND is_active = TRUE"
    f" AND {OF_THE_LATEST_LISTENS} ORDER BY changed_at, exclusion_id",
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
    pa.schema([USER_ID, TRACK_ID]),
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
    pa.schema([USER_ID]),
    "SELECT DISTINCT user_id FROM {table} WHERE is_active = TRUE" f" AND {OF_THE_LATEST_LISTENS} ORDER BY user_id",
)
"""Who has taken anything out of their taste, and not back."""
