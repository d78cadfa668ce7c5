"""List states: a number per listener that changes when anything does that the list is made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from ritournelle.domain.interactions import UNKNOWN, IdMap

ALWAYS_AGAIN = 0
"""The state of a list that is made every night: there is a model, and popularity answered a listener who has heard
something."""


@dataclass(frozen=True)
class Changes:
    """Whose lists are made again, and who has none any more (user ids, ascending)."""

    changed: NDArray[np.int64]
    gone: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ListStates:
    """Of each of `listeners` (all who live): the state of the right list, and whether it is told by a history alone.

    `without_popularity`: something was heard, and what is popular is not part of the state.
    """

    listeners: IdMap
    states: NDArray[np.int64]
    without_popularity: NDArray[np.bool_]

    def rows(self, users: NDArray[np.int64], strangers: NDArray[np.int64]) -> pa.Table:
        """For `ops.list_states`: these users; of `strangers`, whom popularity had to answer, those whose state does not
        tell of it are made again every night.
        """
        rows = self.listeners.known_rows(users)
        again = np.isin(users, strangers) & self.without_popularity[rows]
        return pa.table({"user_id": users, "state": np.where(again, ALWAYS_AGAIN, self.states[rows])})

    def changes(self, stored: pa.Table) -> Changes:
        """Against the rows of the query `LIST_STATES`."""
        before = IdMap.of(stored.column("user_id"))
        rows = before.rows(self.listeners.ids)
        same = rows != UNKNOWN
        same[same] = stored.column("state").to_numpy()[rows[same]] == self.states[same]
        return Changes(self.listeners.ids[~same], before.ids[self.listeners.rows(before.ids) == UNKNOWN])


def list_states(
    listeners: IdMap, histories: pa.Table, never: pa.Table, *, by_model: str, by_fallback: str
) -> ListStates:
    """From the rows of the queries `HISTORIES` and `NEVER_RECOMMENDED` and two texts that name what made the lists.

    `by_model` names model and settings; `by_fallback` also what is popular, and counts for those who heard nothing.
    Where there is no model both are the same text: popularity answers everybody, and each state tells of it.
    """
    rows = listeners.rows(histories.column("user_id"))
    known = rows != UNKNOWN
    states = np.full(len(listeners), _number(by_fallback), dtype=np.uint64)
    mixed = np.full(int(known.sum()), _number(by_model), dtype=np.uint64)
    for name in ("tracks", "first_sum", "second_sum"):
        mixed = _mixed(mixed ^ histories.column(name).to_numpy()[known].astype(np.uint64))
    states[rows[known]] = mixed
    excluded = _excluded(listeners, never)
    states = np.where(excluded, _mixed(states ^ excluded), states)
    without_popularity = np.zeros(len(listeners), dtype=np.bool_)
    without_popularity[rows[known]] = by_model != by_fallback
    positive = np.maximum(states >> np.uint64(1), np.uint64(1)).astype(np.int64)
    return ListStates(listeners, positive, without_popularity)


def _excluded(listeners: IdMap, never: pa.Table) -> NDArray[np.uint64]:
    """A fingerprint of each listener's pairs, in whatever order; 0 where there is none."""
    rows, tracks = listeners.rows(never.column("user_id")), never.column("track_id").to_numpy().astype(np.uint64)
    sums = np.zeros(len(listeners), dtype=np.uint64)
    np.add.at(sums, rows[rows != UNKNOWN], _mixed(tracks[rows != UNKNOWN]))
    return sums


def stamps(heads: pa.Table) -> NDArray[np.int64]:
    """A number for each list that is another one when the list is; from the rows of the query `LIST_HEADS`."""
    mixed = np.asarray(pc.cast(heads["computed_at"], pa.int64()).to_numpy()).astype(np.uint64)
    versions = pc.dictionary_encode(heads["model_version"].combine_chunks())
    numbers = np.array([_number(version) for version in versions.dictionary.to_pylist()], dtype=np.uint64)
    mixed = _mixed(mixed ^ numbers[versions.indices.to_numpy()]) if heads.num_rows else mixed
    for column in (heads["track_id"].to_numpy(), heads["score"].to_numpy()):
        mixed = _mixed(mixed ^ np.ascontiguousarray(column).view(np.uint64))
    return mixed.view(np.int64)


def _number(text: str) -> np.uint64:
    return np.uint64(xxhash.xxh3_64_intdigest(text.encode()))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit of the result depends on every bit (splitmix64; Steele, Lea, Flood, OOPSLA 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = values ^ (values >> np.uint64(31))
    return mixed
