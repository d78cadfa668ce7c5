"""The tracks with the highest inner products, for many listeners at once: exact, and most tracks are never looked at.

A score is at most |x| · |y| (Cauchy and Schwarz). With tracks in descending order of |y|, a listener whose k-th best
score so far is above |x| times the next length is done; Teflioudi, Gemulla, Mykytiuk, "LEMP", SIGMOD 2015. Selection is
the library implicit's. Everything is float32: scores agree with those of one listener alone to six digits, and tracks
whose scores are nearer than that may change places. Of several tracks with the very same factors, any may be the last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from ritournelle.recommenders.entries import rows_of
from ritournelle.recommenders.ranked import NO_TRACK, Ranked

Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]

_LISTENERS_AT_ONCE = 4096
_FIRST_SHARE = 0.25
"""The first look takes this share of the tracks; where the first block of listeners stopped sizes the later ones."""
_ROUNDING = 1.00001
"""Lengths and products are rounded; a listener goes on looking if it is that close."""
_MASKED = float(np.finfo(np.float32).min)  # pylint: disable=no-member
"""What implicit gives to a hidden track."""


@dataclass(frozen=True)
class _RowIndices:
    """What implicit's filter is asked for: `[row].indices`; slicing a SciPy matrix takes a hundred times as long."""

    indptr: NDArray[Any]
    indices: NDArray[Any]
    until: NDArray[Any]
    """Where each row's entries end that are to be looked at."""

    def __getitem__(self, row: int) -> _Indices:
        return _Indices(self.indices[self.indptr[row] : self.until[row]])


@dataclass(frozen=True)
class _Indices:
    indices: NDArray[Any]


class InnerProducts:
    """Tracks with their factors (float32, tracks × dimensions); `allowed` limits which are ever found."""

    def __init__(self, factors: Floats, allowed: NDArray[np.bool_] | None = None) -> None:
        lengths = np.linalg.norm(factors, axis=1)
        order = np.argsort(-lengths, kind="stable")
        self._order = order if allowed is None else order[allowed[order]]
        self._factors = np.ascontiguousarray(factors[self._order])
        self._lengths = np.append(lengths[self._order], np.float32(0))
        self._place = np.full(len(factors), len(self._order), dtype=np.int32)
        self._place[self._order] = np.arange(len(self._order), dtype=np.int32)

    def best(self, states: Floats, k: int, hidden: Any = None) -> Ranked:
        """The `k` best tracks of each state (listeners × dimensions); `hidden` (CSR) is left out, for each its own."""
        if len(self._order) == 0:
            return Ranked.empty(len(states), k)
        parts = [Ranked.empty(0, k)]
        look = int(np.ceil(_FIRST_SHARE * len(self._order)))
        for start in range(0, len(states), _LISTENERS_AT_ONCE):
            mine = states[start : start + _LISTENERS_AT_ONCE]
            left_out = None if hidden is None else self._in_order(hidden[start : start + _LISTENERS_AT_ONCE])
            found, look = self._best_of_block(mine, k, left_out, look)
            parts.append(found)
        return Ranked.stacked(parts)

    def _best_of_block(self, states: Floats, k: int, hidden: Any, look: int) -> tuple[Ranked, int]:
        """The block's lists, and how many tracks nearly all of its listeners needed."""
        rows, lengths = np.arange(len(states)), np.linalg.norm(states, axis=1)
        end = min(max(k, look), len(self._order))
        places, scores = _padded(self._topk(states, k, hidden, rows, 0, end), k)
        while end < len(self._order):
            rows = rows[scores[rows, -1] < lengths[rows] * self._lengths[end] * _ROUNDING]
            if len(rows) == 0:
                break
            begin, end = end, min(2 * end, len(self._order))
            found = self._topk(states[rows], k, hidden, rows, begin, end)
            places[rows], scores[rows] = _merged((places[rows], scores[rows]), found, k)
        return self._ranked(places, scores), self._needed(scores[:, -1], lengths)

    def _topk(
        self, states: Floats, k: int, hidden: Any, rows: NDArray[np.int64], begin: int, end: int
    ) -> tuple[NDArray[np.int32], Floats]:
        """The best of the tracks at places begin … end - 1."""
        from implicit.cpu import topk as library  # here: 1 s to import, and one listener alone does without

        left_out = None if hidden is None else _between(hidden, rows, begin, end)
        with threadpool_limits(limits=1, user_api="blas"):  # implicit's own threads multiply; see als.py
            places, scores = library.topk(  # pylint: disable=c-extension-no-member
                self._factors[begin:end], states, min(k, end - begin), filter_query_items=left_out
            )
        return places + np.int32(begin), scores

    def _in_order(self, hidden: Any) -> Any:
        """CSR by place instead of track, ascending; tracks that are never found are left out."""
        places = self._place[hidden.indices]
        kept = places < len(self._order)
        rows = rows_of(hidden)[kept]
        shape = (hidden.shape[0], len(self._order))
        return csr_matrix((np.ones(len(rows), dtype=np.bool_), (rows, places[kept])), shape=shape).sorted_indices()

    def _ranked(self, places: NDArray[np.int32], scores: Floats) -> Ranked:
        """By score, then by track row; what is hidden or missing becomes padding."""
        tracks = np.where(scores > _MASKED, self._order[places], NO_TRACK).astype(np.int64)
        scores = np.where(tracks == NO_TRACK, -np.inf, scores).astype(np.float32)
        tied = np.flatnonzero(np.any(scores[:, 1:] == scores[:, :-1], axis=1))  # implicit puts the higher place first
        by = np.lexsort((tracks[tied], -scores[tied]))
        tracks[tied], scores[tied] = (np.take_along_axis(part[tied], by, axis=1) for part in (tracks, scores))
        return Ranked(tracks, scores)

    def _needed(self, edge: Floats, lengths: Floats) -> int:
        """So many tracks are enough for 95 % of these listeners."""
        bounds = np.where(edge > _MASKED, np.maximum(edge, 0), 0) / np.maximum(lengths, 1e-30)
        bound = np.quantile(bounds, 0.05, method="lower")
        return int(np.searchsorted(-self._lengths, -bound, side="right")) + 1


def _between(hidden: Any, rows: NDArray[np.int64], begin: int, end: int) -> _RowIndices:
    """Of these rows, the entries at begin … end - 1, counted from begin."""
    first, last = (hidden.indptr[rows] + _fewer(hidden, rows, edge) for edge in (begin, end))
    return _RowIndices(first, hidden.indices - np.int32(begin), last)


def _fewer(hidden: Any, rows: NDArray[np.int64], edge: int) -> NDArray[np.int64]:
    """Of these rows, how many entries lie below a place."""
    if edge == 0:
        return np.zeros(len(rows), dtype=np.int64)
    below = np.concatenate([[0], np.cumsum(hidden.indices < edge)])
    counts: NDArray[np.int64] = below[hidden.indptr[rows + 1]] - below[hidden.indptr[rows]]
    return counts


def _padded(found: tuple[NDArray[np.int32], Floats], k: int) -> tuple[NDArray[np.int32], Floats]:
    """`k` columns, also where there are fewer tracks."""
    missing = ((0, 0), (0, k - found[0].shape[1]))
    return np.pad(found[0], missing), np.pad(found[1], missing, constant_values=_MASKED)


def _merged(
    one: tuple[NDArray[np.int32], Floats], other: tuple[NDArray[np.int32], Floats], k: int
) -> tuple[NDArray[np.int32], Floats]:
    """The `k` best of both, the highest first; of equal scores those of the first."""
    places, scores = (np.concatenate(pair, axis=1) for pair in zip(one, other, strict=True))
    by = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(places, by, axis=1), np.take_along_axis(scores, by, axis=1)
