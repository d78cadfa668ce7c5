"""A home to serve from: a published warehouse, a champion, the lists of one night, and the same lists for the peer."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.recommenders.population import Size, pairs
from ritournelle.bootstrap import Platform
from ritournelle.domain.interactions import Interactions
from ritournelle.inference.nightly import write_nightly_lists
from ritournelle.inference.online import publish_with_lists
from ritournelle.recommenders.als import AlsConfig, AlsRecommender
from ritournelle.registry.contents import MODEL_FOLDER, write_track_ids
from ritournelle.registry.manifest import Manifest
from ritournelle.settings import load_settings
from ritournelle.training.dataset import training_data
from ritournelle.warehouse.marts import INTERACTIONS

FIRST_ID = 1_000_000
"""Ids are not row numbers."""
HEAVY = 45
"""The last listeners have `HEAVY_LISTENS` each."""
HEAVY_LISTENS = 100_000
PEER = "peer.db"
_TABLES = {
    "marts.interactions": "SELECT user_id, track_id, plays, cast(plays AS double) AS weight FROM pairs",
    "marts.track_popularity": "SELECT track_id, sum(plays) AS plays_28_days, sum(plays) AS plays_365_days,"
    " sum(plays) AS plays_total FROM pairs GROUP BY track_id",
    "core.dim_users": "SELECT DISTINCT user_id, false AS is_deleted, 1 AS source_epoch FROM pairs",
    "core.dim_tracks": "SELECT track_id, 'Track number ' || track_id AS name, 'Artist ' || (track_id % 5000)"
    " AS artist, 'Album ' || (track_id % 9000) AS album, 'pop' AS genres,"
    " cast(180 + track_id % 120 AS bigint) AS duration_seconds, false AS is_deleted, 1 AS source_epoch"
    " FROM (SELECT DISTINCT track_id FROM pairs)",
    "core.fact_listen_history": "SELECT 'listen ' || user_id || '-' || track_id AS listen_id, user_id, track_id,"
    " TIMESTAMPTZ '2026-11-20 08:00:00+00' AS listened_at, TIMESTAMPTZ '2026-11-20 08:00:00+00' AS source_record_at,"
    " 1 AS position, false AS is_deleted, 1 AS source_epoch FROM pairs LIMIT 100000",
}
_OF_PEER = """
CREATE TABLE tracks (track_id INTEGER PRIMARY KEY, name TEXT, artist TEXT, album TEXT, duration_seconds INTEGER);
CREATE TABLE recommendations (
    user_id INTEGER, rank INTEGER, track_id INTEGER, score REAL, reason TEXT, model_version TEXT, computed_at TEXT,
    PRIMARY KEY (user_id, rank)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Made:
    """Of whom requests can be: ids from `first` on, `listeners` of them, the last `HEAVY` of which heard much."""

    first: int
    listeners: int
    tracks: int
    pairs: int

    @property
    def heavy(self) -> list[int]:
        """Ids of those with `HEAVY_LISTENS`."""
        end = self.first + self.listeners
        return list(range(end - HEAVY, end))


def make_home(home: Path, size: Size) -> Made:
    """Everything; a home that is there already is left as it is."""
    platform = Platform(load_settings(home=home))
    table = _population(size)
    made = Made(FIRST_ID, size.listeners, size.tracks, table.num_rows)
    if (home / PEER).exists():
        return made
    _fill(platform, home, table)
    with platform.open_warehouse(threads=2) as warehouse, platform.online_store() as store:
        _train(platform, training_data(INTERACTIONS.run(warehouse)))
        write_nightly_lists(warehouse, platform.registry(), list_length=20, computed_at=datetime.now(UTC))
        publish_with_lists(
            warehouse,
            platform.served_registry(),
            store,
            lambda: warehouse.publish(("core", "marts", "ops"), "night-1"),
            "night-1",
        )
    _copy_for_peer(home)
    return made


def _population(size: Size) -> pa.Table:
    listeners, tracks, plays = pairs(size)
    light = listeners < size.listeners - HEAVY
    heard = [(listeners[light], tracks[light], plays[light])]
    random = np.random.default_rng(11)
    for row in range(size.listeners - HEAVY, size.listeners):
        counts = np.bincount((random.random(HEAVY_LISTENS) ** 2.2 * size.tracks).astype(int), minlength=size.tracks)
        (known,) = np.nonzero(counts)
        known = known[: size.tracks - 200]  # something is left to recommend
        heard.append((np.full(len(known), row), known, counts[known]))
    users, what, often = (np.concatenate(parts).astype(np.int64) for parts in zip(*heard, strict=True))
    return pa.table({"user_id": users + FIRST_ID, "track_id": what + FIRST_ID, "plays": often})


def _fill(platform: Platform, home: Path, table: pa.Table) -> None:
    with platform.open_warehouse():
        pass  # the tables that Python writes
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("pairs", table)
        for name, query in _TABLES.items():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name.split('.', maxsplit=1)[0]}")
            connection.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")


def _train(platform: Platform, data: Interactions) -> None:
    config = AlsConfig(factors=64, iterations=3)  # its quality is measured elsewhere
    model = AlsRecommender(config)
    model.fit(data.matrix)
    now, sizes = datetime.now(UTC), (len(data.users), len(data.tracks), int(data.matrix.nnz))
    told = config.model_dump(mode="json")
    manifest = Manifest("als", told, config.seed, None, now, *sizes, data.content_hash, now, "", {})

    def save(folder: Path) -> None:
        model.save(folder / MODEL_FOLDER)
        write_track_ids(folder, data.tracks)

    registry = platform.registry()
    registry.promote(registry.register(manifest, save))


def _copy_for_peer(home: Path) -> None:
    """Lists and tracks as a web developer would lay them out, indexed by what is asked for."""
    draft = home / f"{PEER}.draft"
    draft.unlink(missing_ok=True)
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as published:
        names = "track_id, name, artist, album, duration_seconds"
        tracks = published.execute(f"SELECT {names} FROM core.dim_tracks").fetchall()
        columns = "user_id, rank, track_id, score, reason, model_version, cast(computed_at AS varchar)"
        rows = published.execute(f"SELECT {columns} FROM marts.recommendations").fetchall()
    with sqlite3.connect(draft) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_OF_PEER)
        connection.executemany("INSERT INTO tracks VALUES (?, ?, ?, ?, ?)", tracks)
        connection.executemany("INSERT INTO recommendations VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    draft.rename(home / PEER)
