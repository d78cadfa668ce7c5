"""The marts that training and the nightly lists read, written straight into DuckDB from a synthetic population."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, save_npz

from benchmarks.recommenders.population import Size, pairs
from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.tables import TABLES

FIRST_ID = 1_000_000
"""Ids are not row numbers."""

Rows = NDArray[np.int32]

_TABLES = {
    "marts.interactions": "SELECT user_id, track_id, plays, weight FROM pairs",
    "marts.track_popularity": "SELECT track_id, sum(plays) AS plays_28_days, sum(plays) AS plays_365_days,"
    " sum(plays) AS plays_total FROM pairs GROUP BY track_id",
    "core.dim_users": "SELECT DISTINCT user_id, false AS is_deleted, 1 AS source_epoch FROM pairs",
    "core.dim_tracks": "SELECT DISTINCT track_id, false AS is_deleted, 1 AS source_epoch FROM pairs",
}


def write_marts(home: Path, size: Size) -> int:
    """Make the population and write it to `home/warehouse.duckdb`; how many pairs it has."""
    listeners, tracks, plays = pairs(size)
    kept = hold_out(home, listeners, tracks, size)
    listeners, tracks, plays = listeners[kept], tracks[kept], plays[kept]
    weights = np.ones(len(plays), dtype=np.float32) + 2 * np.log1p(plays.astype(np.float32))  # as our ALS weighs them
    save_npz(home / "pairs.npz", csr_matrix((weights, (listeners, tracks)), (size.listeners, size.tracks)), False)
    table = {
        "user_id": listeners.astype(np.int64) + FIRST_ID,
        "track_id": tracks.astype(np.int64) + FIRST_ID,
        "plays": plays,
        "weight": plays.astype(np.float64),
    }
    with connect(url_of(home)) as warehouse:
        warehouse.ensure(TABLES)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.register("pairs", pa.table(table))
        for name, query in _TABLES.items():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name.split('.', maxsplit=1)[0]}")
            connection.execute(f"CREATE TABLE {name} AS {query}")
    return len(listeners)


def hold_out(home: Path, listeners: Rows, tracks: Rows, size: Size) -> NDArray[np.bool_]:
    """Keep one pair of every tenth listener apart, in `home/held_out.npy`, to judge by; which pairs are left."""
    order = np.random.default_rng(size.seed).permutation(len(listeners))
    asked, first = np.unique(listeners[order], return_index=True)
    places = order[first][asked % 10 == 0]
    np.save(home / "held_out.npy", np.stack([listeners[places], tracks[places]], axis=1).astype(np.int64) + FIRST_ID)
    kept = np.ones(len(listeners), dtype=np.bool_)
    kept[places] = False
    return kept


def listen_more(home: Path, share: float, seed: int = 1) -> int:
    """One more play of one of their tracks for this share of the listeners; how many those are."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        users = connection.execute("SELECT user_id FROM core.dim_users ORDER BY user_id").fetchnumpy()["user_id"]
        chosen = np.random.default_rng(seed).choice(users, int(share * len(users)), replace=False)
        named = ", ".join(str(user) for user in chosen.tolist())
        connection.execute(
            "UPDATE marts.interactions SET plays = plays + 1, weight = weight + 1 WHERE (user_id, track_id) IN"
            f" (SELECT user_id, min(track_id) FROM marts.interactions WHERE user_id IN ({named}) GROUP BY user_id)"
        )
    return len(chosen)


def url_of(home: Path) -> str:
    """The warehouse of a home."""
    return f"duckdb:///{home / 'warehouse.duckdb'}"
