"""Stored lists for the online store: those that are others than before, with the heard tracks behind each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ritournelle.domain.interactions import UNKNOWN, IdMap
from ritournelle.errors import ModelError, RitournelleError
from ritournelle.inference.champion import Champions
from ritournelle.inference.explaining import Carriers, carriers_of
from ritournelle.inference.recent import LATEST
from ritournelle.inference.rows import RECOMMENDATION_SCHEMA
from ritournelle.inference.states import stamps
from ritournelle.online_store.base import OnlineStore, Stamps, StoredList, ToStore, packed
from ritournelle.recommenders.base import MANY
from ritournelle.registry.base import Registry
from ritournelle.warehouse import marts
from ritournelle.warehouse.base import Warehouse

_BLOCK = MANY // 2
"""Listeners whose lists are explained at once: as each of them alone."""
_READ = 16 * _BLOCK

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Prepared:
    """How many lists there are, and how many of them were put in anew or taken out."""

    lists: int
    changed: int
    gone: int

    def __str__(self) -> str:
        return f"{self.changed:,} of {self.lists:,} lists put into the online store"


def prepare_lists(
    warehouse: Warehouse, registry: Registry, store: OnlineStore, on_progress: Progress | None = None
) -> Prepared:
    """Put the lists of `marts.recommendations` that the store lacks into it; nobody sees them before it is switched.

    Killed on the way, the next time goes on with what is missing. Errors of the warehouse and of the store.
    """
    heads = marts.LIST_HEADS.run(warehouse)
    users, wanted, there = heads["user_id"].to_numpy(), stamps(heads), store.stamps()
    changed = _changed(users, wanted, there)
    gone = there.users[~np.isin(there.users, users)]
    store.prepare(ToStore(int(user), 0, b"") for user in gone)
    champions = Champions(registry)
    stamp_of = dict(zip(users[changed].tolist(), wanted[changed].tolist(), strict=True))
    for start in range(0, len(stamp_of), _READ):
        named = users[changed][start : start + _READ]
        lists = _lists(warehouse, champions, named)
        store.prepare(ToStore(user, stamp_of[user], packed(stored)) for user, stored in lists)
        if on_progress is not None:
            on_progress(min(start + _READ, len(stamp_of)), len(stamp_of))
    return Prepared(len(users), len(stamp_of), len(gone))


def publish_with_lists(
    warehouse: Warehouse,
    registry: Registry,
    store: OnlineStore,
    publish: Callable[[], object],
    version: str,
    on_progress: Progress | None = None,
) -> tuple[str, str]:
    """`publish` what the warehouse holds, as this version, and serve its lists from the store: in one go for readers.

    The lists are prepared first, so that servers are without them for a moment only. Returns what was done and what is
    wrong with the store ("": nothing): it holds no publication back, since servers then read what is published.
    """
    told, problem = "", ""
    try:
        told = str(prepare_lists(warehouse, registry, store, on_progress))
    except RitournelleError as error:
        problem = f"the online store was not filled, and lists are read from what is published: {error}"
    publish()
    try:
        if not problem:
            store.switch(version)
    except RitournelleError as error:
        problem = f"the online store was not switched, and lists are read from what is published: {error}"
    return problem or told, problem


def _changed(users: NDArray[np.int64], wanted: NDArray[np.int64], there: Stamps) -> NDArray[np.bool_]:
    rows = IdMap(there.users).rows(users)
    same = rows != UNKNOWN
    same[same] = there.stamps[rows[same]] == wanted[same]
    changed: NDArray[np.bool_] = ~same
    return changed


def _lists(warehouse: Warehouse, champions: Champions, users: NDArray[np.int64]) -> Iterator[tuple[int, StoredList]]:
    named = users.tolist()
    rows = marts.LISTS_OF.run(warehouse, user_ids=named).cast(RECOMMENDATION_SCHEMA)
    heard = marts.INTERACTIONS_OF.run(warehouse, user_ids=named)
    for start in range(0, len(users), _BLOCK):
        mine = pa.array(users[start : start + _BLOCK])
        entries = _of(rows, mine)
        because_of = _because_of(warehouse, champions, entries, _of(heard, mine))
        yield from _stored(entries, because_of)


def _of(table: pa.Table, users: pa.Array) -> pa.Table:
    return table.filter(pc.is_in(table["user_id"], value_set=users))


def _because_of(warehouse: Warehouse, champions: Champions, rows: pa.Table, heard: pa.Table) -> dict[int, Carriers]:
    """By listener; none for lists that no model made, or whose model is gone."""
    found: dict[int, Carriers] = {}
    by_model = rows.filter(pc.is_null(rows["fallback_reason"]))
    for version in by_model["model_version"].unique().to_pylist():
        lists = by_model.filter(pc.equal(by_model["model_version"], version))
        try:
            champion = champions.version(version)
        except ModelError:
            continue
        recent = None
        if champion.model.follows_order:
            users = lists["user_id"].unique().to_pylist()
            recent = marts.RECENT_LISTENS_OF.run(warehouse, latest=LATEST, user_ids=users)
        found |= carriers_of(champion, lists, heard, recent)
    return found


def _stored(rows: pa.Table, because_of: dict[int, Carriers]) -> Iterator[tuple[int, StoredList]]:
    """From rows that are in the order of listeners and ranks."""
    users = rows["user_id"].to_numpy()
    starts = np.flatnonzero(np.r_[True, users[1:] != users[:-1]]) if len(users) else np.array([], dtype=np.int64)
    tracks, scores = rows["track_id"].to_pylist(), rows["score"].to_pylist()
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(users)], strict=True):
        user, first = int(users[start]), {name: rows[name][start].as_py() for name in _SHARED}
        carried = because_of.get(user, {})
        heard = [carried.get(track, []) for track in tracks[start:end]]
        yield user, StoredList(tracks=tracks[start:end], scores=scores[start:end], because_of=heard, **first)


_SHARED = ("model_version", "computed_at", "reason", "fallback_reason")
