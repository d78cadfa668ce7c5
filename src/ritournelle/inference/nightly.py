"""The nightly lists in the warehouse: made from the marts and the champion, for those for whom anything has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import ArrayLike, NDArray

from ritournelle.domain.interactions import IdMap
from ritournelle.inference.backoff import backoff_of, needs_backoff
from ritournelle.inference.batch import BLOCK_SIZE, NO_MODEL_VERSION, Night, nightly_blocks
from ritournelle.inference.champion import Champion, load_champion
from ritournelle.inference.fallback import Fallback
from ritournelle.inference.never import no_pairs
from ritournelle.inference.recent import LATEST
from ritournelle.inference.rerank import RerankRules, Traits
from ritournelle.inference.states import ListStates, list_states
from ritournelle.registry.base import Registry
from ritournelle.warehouse import marts
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import LIST_STATES, RECOMMENDATIONS

Progress = Callable[[int, int], None]
Block = tuple[NDArray[np.int64], pa.Table]

_FEW = 5_000
"""Of so many listeners the histories are asked for by name; of more, those of all are read."""


@dataclass(frozen=True)
class Written:
    """How many listeners have lists, and for how many a list was made anew, with how many rows."""

    listeners: int
    changed: int
    rows: int
    model_version: str
    problem: str = ""

    @property
    def was_same(self) -> bool:
        """Whether every stored list was the right one already."""
        return not self.changed

    def __str__(self) -> str:
        makers = "what is popular" if self.model_version == NO_MODEL_VERSION else self.model_version
        lists = f"{self.listeners:,} lists by {makers}"
        told = "all" if self.changed == self.listeners else f"{self.changed:,}"
        done = "all the same as before" if self.was_same else f"{told} made anew, with {self.rows:,} rows"
        return f"{lists}; {done}{self.problem and f'; the champion is damaged: {self.problem}'}"


def write_nightly_lists(
    warehouse: Warehouse,
    registry: Registry,
    *,
    list_length: int,
    computed_at: datetime,
    rules: RerankRules = RerankRules(),
    block_size: int = BLOCK_SIZE,
    on_progress: Progress | None = None,
) -> Written:
    """Make the list of every living listener whose history, model or settings are others than the stored list's.

    Written block by block, each with the states that it was made from: a run that is killed has lost one block, and the
    next one goes on from there. Readers see nothing of it before it is published. A damaged champion is passed
    over for the one before it. Raises `ModelError` when none is left, `NothingToLearnError` when nothing was played.
    """
    night = night_without_histories(warehouse, registry, list_length, computed_at, rules)
    listeners = IdMap.of(marts.LIVING_USERS.run(warehouse)["user_id"])
    states = list_states(listeners, marts.HISTORIES.run(warehouse), night.never, **_makers(night))
    found = states.changes(marts.LIST_STATES.run(warehouse))
    _forget(warehouse, found.gone)
    rows = 0
    if len(found.changed):
        blocks = nightly_blocks(_with_histories(warehouse, night, found.changed), found.changed, block_size=block_size)
        rows = _store_all(warehouse, states, blocks, len(found.changed), on_progress)
    problem = night.champion.problem if night.champion is not None else ""
    return Written(len(listeners), len(found.changed), rows, night.model_version, problem)


def _store_all(
    warehouse: Warehouse, states: ListStates, blocks: Iterator[Block], changed: int, on_progress: Progress | None
) -> int:
    """Store the blocks; how many rows they have. One is stored while the next is made."""
    done = rows = 0
    is_whole = changed == len(states.listeners)
    with ThreadPoolExecutor(max_workers=1) as writer:
        writing: Future[None] | None = None
        for users, made in blocks:
            if writing is not None:
                writing.result()  # a block that could not be stored ends the night
            writing = writer.submit(_store, warehouse, states, users, made, _of_users(users, is_whole))
            done, rows = done + len(users), rows + made.num_rows
            if on_progress is not None:
                on_progress(done, changed)
        if writing is not None:
            writing.result()
    return rows


def _store(warehouse: Warehouse, states: ListStates, users: NDArray[np.int64], made: pa.Table, their_rows: str) -> None:
    """Put the lists of these users in the place of their former ones, with what they were made from, or do nothing."""
    strangers = made.filter(pc.is_valid(made.column("fallback_reason"))).column("user_id").unique().to_numpy()
    with warehouse.transaction():
        warehouse.remove(RECOMMENDATIONS, their_rows)
        warehouse.append(RECOMMENDATIONS, made)
        warehouse.upsert(LIST_STATES, states.rows(users, strangers))


def _of_users(users: NDArray[np.int64], is_whole: bool) -> str:
    """The rows of these users, as a condition; when everybody's are made anew, of all from the first to the last."""
    if is_whole:
        return f"user_id BETWEEN {users[0]} AND {users[-1]}"
    return f"user_id IN ({', '.join(str(user) for user in users.tolist())})"


def _forget(warehouse: Warehouse, gone: NDArray[np.int64]) -> None:
    """Remove the lists of listeners who are there no more."""
    for start in range(0, len(gone), BLOCK_SIZE):
        condition = _of_users(gone[start : start + BLOCK_SIZE], False)
        with warehouse.transaction():
            warehouse.remove(RECOMMENDATIONS, condition)
            warehouse.remove(LIST_STATES, condition)


def _makers(night: Night) -> dict[str, str]:
    """What lists are made by, beside histories: as texts that change when it does."""
    parts = [night.model_version, str(night.list_length)]
    if night.champion is not None and night.recommendable is not None:
        known = night.champion.tracks.rows(night.recommendable)
        parts.append(xxhash.xxh3_64_hexdigest(np.ascontiguousarray(known).tobytes()))
    if night.rules.is_active:
        parts.append(str(night.rules))
    if night.champion is None:  # popularity answers everybody, and its scores are shown as the model's would be
        makers = "|".join([*parts, night.fallback.reason, night.fallback.scored_hash])
        return {"by_model": makers, "by_fallback": makers}
    by_fallback = "|".join([*parts, night.fallback.reason, night.fallback.content_hash])
    return {"by_model": "|".join(parts), "by_fallback": by_fallback}


def night_without_histories(
    warehouse: Warehouse,
    registry: Registry,
    list_length: int,
    computed_at: datetime,
    rules: RerankRules = RerankRules(),
) -> Night:
    """The champion, what is popular, what may be recommended to whom, and the rules for it; nobody's history."""
    tracks = marts.LIVING_TRACKS.run(warehouse)["track_id"].to_numpy()
    popularity, champion = marts.TRACK_POPULARITY.run(warehouse), load_champion(registry)
    fallback = Fallback.of(popularity, list_length=list_length)
    nothing = marts.INTERACTIONS.columns.empty_table()
    night = Night(champion, fallback, nothing, list_length, computed_at, recommendable=tracks, rules=rules)
    night = replace(night, never=_never_recommended(warehouse))
    if champion is None or not rules.is_active:
        return night
    return replace(night, traits=Traits.of(champion.tracks, marts.TRACK_CONTENT.run(warehouse), popularity))


def _never_recommended(warehouse: Warehouse) -> pa.Table:
    """What listeners have excluded; nothing in a warehouse that was transformed before there were exclusions."""
    if not warehouse.exists(warehouse.schema("core"), "taste_exclusions"):
        return no_pairs()
    return marts.NEVER_RECOMMENDED.run(warehouse)


def _with_histories(warehouse: Warehouse, night: Night, users: ArrayLike) -> Night:
    """The night with what these users heard."""
    named = np.asarray(users, dtype=np.int64).tolist()
    wanted = {} if len(named) > _FEW else {"user_ids": named}
    interactions = (marts.INTERACTIONS_OF if wanted else marts.INTERACTIONS).run(warehouse, **wanted)
    backoff = None
    if night.champion is not None and needs_backoff(interactions, night.champion.tracks):
        backoff = backoff_of(marts.TRACK_CONTENT.run(warehouse))
    recent = _recent(warehouse, night.champion, wanted)
    return replace(night, interactions=interactions, recent=recent, backoff=backoff)


def _recent(warehouse: Warehouse, champion: Champion | None, wanted: dict[str, list[int]]) -> pa.Table | None:
    """For a champion that follows the order: the latest listens."""
    if champion is None or not champion.model.follows_order:
        return None
    return (marts.RECENT_LISTENS_OF if wanted else marts.RECENT_LISTENS).run(warehouse, latest=LATEST, **wanted)
