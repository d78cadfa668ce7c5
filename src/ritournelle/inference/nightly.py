"""The nightly lists in the warehouse: made from the marts and the champion, read back for one listener."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from ritournelle.domain.recommendations import RecommendationList
from ritournelle.errors import PermanentError
from ritournelle.inference.batch import NO_MODEL_VERSION, NOTHING_LEFT, Night, all_nightly_lists
from ritournelle.inference.champion import load_champion
from ritournelle.inference.fallback import Fallback
from ritournelle.inference.lists import fallback_rows, list_from_rows, track_ids_in
from ritournelle.inference.rows import RECOMMENDATION_SCHEMA
from ritournelle.registry.base import Registry
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import RECOMMENDATIONS

_LIVING = """
    SELECT {id} FROM core.{table}
    WHERE is_deleted = FALSE AND source_epoch = (SELECT max(source_epoch) FROM core.{table})
    ORDER BY {id}
"""


@dataclass(frozen=True)
class Written:
    """How many listeners have a list, with how many rows; `was_same` when the stored lists were these already."""

    listeners: int
    rows: int
    model_version: str
    was_same: bool

    def __str__(self) -> str:
        kept = "; the same as before" if self.was_same else ""
        return f"{self.listeners:,} lists with {self.rows:,} rows by {self.model_version}{kept}"


def write_nightly_lists(
    warehouse: Warehouse,
    registry: Registry,
    *,
    list_length: int,
    computed_at: datetime,
    on_progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Make the list of every living listener and put them in the place of yesterday's, all or none.

    Lists that say the same as the stored ones, apart from when they were made, are left alone: a run repeated at once
    changes nothing. Raises `ModelError` when the champion is damaged, `NothingToLearnError` when nothing was played.
    """
    night = _night(warehouse, registry, list_length, computed_at)
    listeners = warehouse.read(_LIVING.format(id="user_id", table="dim_users"))["user_id"].to_numpy()
    rows = all_nightly_lists(night, listeners, progress=on_progress)
    rows = rows.sort_by([("user_id", "ascending"), ("rank", "ascending")])
    was_same = _contents(rows).equals(_contents(_stored(warehouse)))
    if not was_same:
        warehouse.replace(RECOMMENDATIONS, rows)
    return Written(len(set(rows["user_id"].to_pylist())), rows.num_rows, night.model_version, was_same)


def read_list(
    warehouse: Warehouse, registry: Registry, user_id: int, *, k: int, stored_length: int, now: datetime
) -> RecommendationList:
    """One listener's list: the stored one, or a longer one made now, or, for whom none is stored, the fallback's.

    Raises `PermanentError` when no run has made any list yet.
    """
    if not warehouse.exists("marts", "track_popularity"):
        raise PermanentError("there are no recommendations yet; make them with `ritournelle run`")
    rows = _stored(warehouse, user_id)
    if rows.num_rows and k > stored_length:
        rows = all_nightly_lists(_night(warehouse, registry, k, now), [user_id])
    if not rows.num_rows:
        rows = _fallback(warehouse, registry, user_id, k, now)
    rows = rows.sort_by("rank").slice(0, k)
    return list_from_rows(rows, _catalogue(warehouse, track_ids_in(rows)))


def _night(warehouse: Warehouse, registry: Registry, list_length: int, computed_at: datetime) -> Night:
    interactions = warehouse.read("SELECT user_id, track_id, weight FROM marts.interactions ORDER BY user_id, track_id")
    fallback = _popular(warehouse, list_length)
    tracks = warehouse.read(_LIVING.format(id="track_id", table="dim_tracks"))["track_id"].to_numpy()
    return Night(load_champion(registry), fallback, interactions, list_length, computed_at, recommendable=tracks)


def _popular(warehouse: Warehouse, list_length: int) -> Fallback:
    popularity = warehouse.read("SELECT * FROM marts.track_popularity ORDER BY track_id")
    return Fallback.of(popularity, list_length=list_length)


def _fallback(warehouse: Warehouse, registry: Registry, user_id: int, k: int, now: datetime) -> pa.Table:
    query = "SELECT user_id, track_id FROM marts.interactions WHERE user_id = ?"
    heard = warehouse.read(query, [user_id])
    is_known = warehouse.read(
        f"SELECT count(*) AS n FROM ({_LIVING.format(id='user_id', table='dim_users')}) AS living WHERE user_id = ?",
        [user_id],
    )["n"][0].as_py()
    return fallback_rows(
        user_id,
        _popular(warehouse, k),
        k=k,
        model_version=registry.champion() or NO_MODEL_VERSION,
        computed_at=now,
        why=NOTHING_LEFT if is_known and heard.num_rows else None,
        heard=heard,
    )


def _stored(warehouse: Warehouse, user_id: int | None = None) -> pa.Table:
    where, parameters = ("", []) if user_id is None else ("WHERE user_id = ?", [user_id])
    columns = ", ".join(RECOMMENDATION_SCHEMA.names)
    query = f"SELECT {columns} FROM marts.recommendations {where} ORDER BY user_id, rank"
    return warehouse.read(query, parameters).cast(RECOMMENDATION_SCHEMA)


def _contents(rows: pa.Table) -> pa.Table:
    return rows.drop_columns(["computed_at"]).combine_chunks()


def _catalogue(warehouse: Warehouse, track_ids: list[int]) -> pa.Table:
    query = """
        SELECT track_id, name, artist, album, duration_seconds FROM core.dim_tracks
        WHERE source_epoch = (SELECT max(source_epoch) FROM core.dim_tracks)
          AND track_id IN (SELECT unnest(?::BIGINT[]))
    """
    return warehouse.read(query, [track_ids])
