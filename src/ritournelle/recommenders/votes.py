"""Votes: what past sessions say for their tracks, by how near each stood to the latest track that both share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ritournelle.recommenders.entries import entries_at, rows_of

_VOTES_AT_ONCE = 2_000_000
"""Votes held at once: about 150 MB with what is computed from them."""


@dataclass(frozen=True, eq=False)
class Votes:
    """One entry per voter and listen of its session: `voters` are places in the data of the voters' matrix."""

    voters: NDArray[np.int64]
    tracks: NDArray[np.int64]
    counts: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ballot:
    """Past sessions, `tracks[starts[s]:starts[s + 1]]` in order, and the rules by which their listens are counted.

    A listen `d` places away from the shared track counts exp(−|d| / reach), one before it `backward` as much. Where
    sessions are not ordered, all count 1.
    """

    tracks: NDArray[np.int32]
    starts: NDArray[np.int64]
    is_ordered: bool
    reach: float
    backward: float

    def votes(self, voters: Any, states: Any) -> Votes:
        """Of `voters` (CSR, listeners × sessions), for listeners with these states (sorted CSR, listeners × tracks)."""
        lengths = np.diff(self.starts)[voters.indices]
        first = np.concatenate([[0], np.cumsum(lengths)])
        voter = np.repeat(np.arange(voters.nnz), lengths)
        place = np.arange(first[-1]) - first[voter]
        tracks = self.tracks[self.starts[voters.indices][voter] + place].astype(np.int64)
        if not self.is_ordered:
            return Votes(voter, tracks, np.ones(len(tracks)))
        shared = _weights_of(rows_of(voters)[voter], tracks, states)
        away = place - _places_of_strongest(shared, place, voter, first)[voter]
        return Votes(voter, tracks, np.exp(-np.abs(away) / self.reach) * np.where(away < 0, self.backward, 1.0))

    def blocks(self, voters: Any) -> Iterator[slice]:
        """Rows of the voters' matrix whose votes fit into memory together."""
        lengths = np.concatenate([[0], np.cumsum(np.diff(self.starts)[voters.indices])])
        ends = lengths[voters.indptr[1:]]
        start = 0
        while start < voters.shape[0]:
            before = ends[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, before + _VOTES_AT_ONCE, side="right")))
            yield slice(start, stop)
            start = stop


def _weights_of(rows: NDArray[np.int64], tracks: NDArray[np.int64], states: Any) -> NDArray[np.float64]:
    """The states' weights at these rows and tracks; 0 where there is none."""
    with_nothing_at_the_end = np.append(states.data, 0.0)  # where -1 points to
    weights: NDArray[np.float64] = with_nothing_at_the_end[entries_at(states, rows, tracks)]
    return weights


def _places_of_strongest(
    shared: NDArray[np.float64], place: NDArray[np.int64], voter: NDArray[np.int64], first: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each voter the place of the heaviest shared track, the last of equal ones."""
    if shared.size == 0:
        return np.zeros(0, dtype=np.int64)
    heaviest = np.maximum.reduceat(shared, first[:-1])
    places: NDArray[np.int64] = np.maximum.reduceat(np.where(shared == heaviest[voter], place, -1), first[:-1])
    return places
