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
from ritournelle.inference.recent import LATEST
from ritournelle.inference.rows import RECOMMENDATION_SCHEMA
from ritournelle.registry.base import Registry
from ritournelle.warehouse import marts
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import RECOMMENDATIONS


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
    listeners = marts.LIVING_USERS.run(warehouse)["user_id"].to_numpy()
    rows = all_nightly_lists(night, listeners, progress=on_progress)
    rows = rows.sort_by([("user_id", "ascending"), ("rank", "ascending")])
    stored = marts.RECOMMENDATIONS.run(warehouse).cast(RECOMMENDATION_SCHEMA)
    was_same = _contents(rows).equals(_contents(stored))
    if not was_same:
        warehouse.replace(RECOMMENDATIONS, rows)
    return Written(len(set(rows["user_id"].to_pylist())), rows.num_rows, night.model_version, was_same)


def read_list(
    warehouse: Warehouse, registry: Registry, user_id: int, *, k: int, stored_length: int, now: datetime
) -> RecommendationList:
    """One listener's list: the stored one, or a longer one made now, or, for whom none is stored, the fallback's.

    Raises `PermanentError` when no run has made any list yet.
    """
    if not warehouse.exists(warehouse.schema("marts"), "track_popularity"):
        raise PermanentError("there are no recommendations yet; make them with `ritournelle run`")
    rows = marts.LIST_OF_LISTENER.run(warehouse, user_id=user_id).cast(RECOMMENDATION_SCHEMA)
    if rows.num_rows and k > stored_length:
        rows = all_nightly_lists(_night(warehouse, registry, k, now), [user_id])
    if not rows.num_rows:
        rows = _fallback(warehouse, registry, user_id, k, now)
    rows = rows.sort_by("rank").slice(0, k)
    return list_from_rows(rows, marts.CATALOGUE.run(warehouse, track_ids=track_ids_in(rows)))


def _night(warehouse: Warehouse, registry: Registry, list_length: int, computed_at: datetime) -> Night:
    interactions = marts.INTERACTIONS.run(warehouse)
    fallback = _popular(warehouse, list_length)
    tracks = marts.LIVING_TRACKS.run(warehouse)["track_id"].to_numpy()
    champion = load_champion(registry)
    recent = None
    if champion is not None and champion.model.follows_order:
        recent = marts.RECENT_LISTENS.run(warehouse, latest=LATEST)
    return Night(champion, fallback, interactions, list_length, computed_at, recommendable=tracks, recent=recent)


def _popular(warehouse: Warehouse, list_length: int) -> Fallback:
    return Fallback.of(marts.TRACK_POPULARITY.run(warehouse), list_length=list_length)


def _fallback(warehouse: Warehouse, registry: Registry, user_id: int, k: int, now: datetime) -> pa.Table:
    heard = marts.HEARD_BY_LISTENER.run(warehouse, user_id=user_id)
    is_known = bool(marts.LIVING_USER.run(warehouse, user_id=user_id).num_rows)
    return fallback_rows(
        user_id,
        _popular(warehouse, k),
        k=k,
        model_version=registry.champion() or NO_MODEL_VERSION,
        computed_at=now,
        why=NOTHING_LEFT if is_known and heard.num_rows else None,
        heard=heard,
    )


def _contents(rows: pa.Table) -> pa.Table:
    return rows.drop_columns(["computed_at"]).combine_chunks()
