"""Ranked: the best tracks of several rows of scores, as two rectangular arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_TRACK = -1
"""Padding where a row has fewer tracks than columns; its score is -inf, so that nobody takes it for a score."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """`tracks` (int64 row numbers) and `scores` (float32), both rows × k, best first, ends padded with -1 and -inf."""

    tracks: NDArray[np.int64]
    scores: NDArray[np.float32]

    @classmethod
    def empty(cls, rows: int, k: int) -> Ranked:
        """Nothing but padding."""
        return cls(np.full((rows, k), NO_TRACK, dtype=np.int64), np.full((rows, k), -np.inf, dtype=np.float32))

    @classmethod
    def stacked(cls, parts: Sequence[Ranked]) -> Ranked:
        """One below the other; all of one width."""
        return cls(np.concatenate([part.tracks for part in parts]), np.concatenate([part.scores for part in parts]))

    @classmethod
    def best_of(cls, scores: NDArray[np.float64], k: int) -> Ranked:
        """The `k` highest of each row; columns at -inf are never taken; ties go to the lower column.

        Scores are compared as float32. They come from products whose last bits depend on how many rows are multiplied
        at once; rounding keeps lists equal for one listener and for a block of them.
        """
        if k < 1:
            raise ValueError(f"a list must have room for at least one track, not {k}")
        rounded = scores.astype(np.float32)
        best = cls.empty(len(rounded), k)
        kept = min(k, rounded.shape[1])
        if rounded.size == 0:
            return best
        columns = _highest(rounded, kept)
        values = np.take_along_axis(rounded, columns, axis=1)
        best.tracks[:, :kept] = np.where(np.isneginf(values), NO_TRACK, columns)
        best.scores[:, :kept] = values
        return best

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many tracks each row really holds."""
        return np.asarray(np.count_nonzero(self.tracks != NO_TRACK, axis=1), dtype=np.int64)

    def row(self, row: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Tracks and scores of one row, without padding."""
        length = int(self.lengths[row])
        return self.tracks[row, :length], self.scores[row, :length]


def _highest(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Columns of the `k` highest scores of each row, best first, ties by column."""
    if k == scores.shape[1]:
        return np.argsort(-scores, axis=1, kind="stable").astype(np.int64)
    if len(scores) == 1:
        (left,) = np.nonzero(scores[0] > -np.inf)
        if k < len(left) < scores.shape[1] // 2:  # equal scores are what partitioning is slowest with: 4 ms of 43,000
            return left[_highest(scores[:, left], k)]
    columns = np.argpartition(-scores, k - 1, axis=1)[:, :k].astype(np.int64)
    columns.sort(axis=1)
    picked = np.take_along_axis(scores, columns, axis=1)
    columns = np.take_along_axis(columns, np.argsort(-picked, axis=1, kind="stable"), axis=1)
    _settle_ties_at_the_edge(scores, columns, picked.min(axis=1))
    return columns


def _settle_ties_at_the_edge(
    scores: NDArray[np.float32], columns: NDArray[np.int64], edge: NDArray[np.float32]
) -> None:
    """Where more tracks share the last score than fit, partitioning picks any of them: take the lower columns.

    Sparse families leave most tracks at 0, so that this is common: sorting those rows in full takes 2.6 times as long
    (60,000 tracks).
    """
    k = columns.shape[1]
    for row in np.flatnonzero(np.count_nonzero(scores >= edge[:, None], axis=1) > k):
        above = columns[row][scores[row, columns[row]] > edge[row]]
        tied = np.flatnonzero(scores[row] == edge[row])[: k - len(above)]
        columns[row] = np.concatenate([above, tied])
