"""A small publication for tests of the server: 40 listeners of 30 tracks, a champion, and the lists of one night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from ritournelle.bootstrap import Platform
from ritournelle.inference.nightly import write_nightly_lists
from ritournelle.inference.online import publish_with_lists
from ritournelle.warehouse.base import Table
from ritournelle.warehouse.tables import TABLES
from ritournelle.warehouse.tables import UTC as UTC_MOMENT
from tests.champions import promote_model

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
K = 5
STRANGER = 41
"""Somebody who is there and heard nothing."""
_EPOCH = {"is_deleted": False, "source_epoch": 1}
_TEXTS = ("name", "artist", "album", "genres")


def _table(schema: str, name: str, key: str, /, **columns: pa.DataType) -> Table:
    return Table(schema, name, pa.schema(list(columns.items())), tuple(key.split()))


_EPOCHS = {"is_deleted": pa.bool_(), "source_epoch": pa.int64()}
INTERACTIONS = _table(
    "marts", "interactions", "user_id track_id", user_id=pa.int64(), track_id=pa.int64(), weight=pa.float64()
)
POPULARITY = _table(
    "marts",
    "track_popularity",
    "track_id",
    **dict.fromkeys(("track_id", "plays_28_days", "plays_365_days", "plays_total"), pa.int64()),
)
USERS = _table("core", "dim_users", "user_id", user_id=pa.int64(), **_EPOCHS)
TRACKS = _table(
    "core",
    "dim_tracks",
    "track_id",
    track_id=pa.int64(),
    **dict.fromkeys(_TEXTS, pa.string()),
    duration_seconds=pa.int64(),
    **_EPOCHS,
)
LISTENS = _table(
    "core",
    "fact_listen_history",
    "listen_id",
    listen_id=pa.string(),
    user_id=pa.int64(),
    track_id=pa.int64(),
    listened_at=UTC_MOMENT,
    source_record_at=UTC_MOMENT,
    position=pa.int64(),
    **_EPOCHS,
)


def interactions() -> pa.Table:
    """Listeners 1 … 40 heard 6 of the tracks 500 … 529 each."""
    random = np.random.default_rng(3)
    pairs = [(user, 500 + int(track)) for user in range(1, 41) for track in random.choice(30, 6, replace=False)]
    users, tracks = zip(*pairs, strict=True)
    return pa.table({"user_id": users, "track_id": tracks, "weight": [1.0] * len(pairs)})


def fill(platform: Platform) -> None:
    """The marts; track `t` is by artist `t % 7`, and the latest ones are played most."""
    with platform.open_warehouse() as warehouse:
        warehouse.ensure([*TABLES, INTERACTIONS, POPULARITY, USERS, TRACKS, LISTENS])
        heard = interactions()
        warehouse.append(INTERACTIONS, heard)
        popular = [{"track_id": 500 + track, "plays_28_days": track + 1} for track in range(30)]
        popular = [row | {"plays_365_days": 50, "plays_total": 99} for row in popular]
        warehouse.append(POPULARITY, POPULARITY.rows(popular))
        warehouse.append(USERS, USERS.rows([{"user_id": user} | _EPOCH for user in range(1, 42)]))
        tracks = [{"track_id": 500 + one, "name": f"song {one}", "artist": f"Artist {one % 7}"} for one in range(30)]
        warehouse.append(TRACKS, TRACKS.rows([track | _EPOCH for track in tracks]))
        listens = [
            {"listen_id": f"listen {place}", "listened_at": NOW - timedelta(hours=place)} | row | _EPOCH
            for place, row in enumerate(heard.select(["user_id", "track_id"]).to_pylist())
        ]
        warehouse.append(LISTENS, LISTENS.rows(listens))


def publish(platform: Platform, version: str = "first") -> None:
    """What the warehouse holds, for readers and in the online store, with the lists of the champion in force."""
    with platform.open_warehouse() as warehouse, platform.online_store() as store:
        write_nightly_lists(warehouse, platform.registry(), list_length=K, computed_at=NOW)
        publish_with_lists(
            warehouse,
            platform.registry(),
            store,
            lambda: warehouse.publish(("core", "marts"), version),
            version,
        )


def promote(platform: Platform) -> str:
    """A new champion, learnt from the interactions."""
    return promote_model(platform.registry(), interactions(), NOW, factors=4)
