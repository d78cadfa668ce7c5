"""Which tracks can be among one listener's best: told in float32, which reads half the memory, and never wrong.

A product of two vectors in float32 is off by at most about d · ε · |x| · |y| (Higham, "Accuracy and Stability of
Numerical Algorithms", 2002, chapter 3). What may be as good as the k-th best within twice that is on the list; its
exact scores decide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ritournelle.recommenders.ranked import NO_TRACK, Ranked

_GROUP = 64
"""Scores of which only the highest is looked at when the list is begun: of 16 to 512, the fastest for 50,000."""
_EPSILON = float(np.finfo(np.float32).eps)  # pylint: disable=no-member  # it is there


class Shortlist:
    """Of tracks with these factors (tracks × dimensions)."""

    def __init__(self, factors: NDArray[np.float64]) -> None:
        self._factors = factors
        self.narrow = factors.astype(np.float32)
        """The factors in float32."""
        dimensions = factors.shape[1]
        longest = float(np.linalg.norm(factors, axis=1).max(initial=0.0))
        # One rounding for each of x, y, their products and sums; and once more, since the list is compared in float32.
        self._error = (dimensions + 4) * _EPSILON * longest

    def best(
        self, state: NDArray[np.float64], k: int, hidden: NDArray[np.int64], allowed: NDArray[np.bool_] | None
    ) -> Ranked:
        """The `k` best of one listener (one row), without the `hidden` rows, as all scores would give them."""
        rows = self.rows(state, k, hidden, allowed)
        best = Ranked.best_of((state @ self._factors[rows].T)[None, :], k)
        found = best.tracks != NO_TRACK
        best.tracks[found] = rows[best.tracks[found]]
        return best

    def rows(
        self, state: NDArray[np.float64], k: int, hidden: NDArray[np.int64], allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Rows, ascending, among which the `k` best of this listener are: all tracks that may be recommended, if there
        are no more than `k`.
        """
        scores = self.narrow @ state.astype(np.float32)
        scores[hidden] = -np.inf
        if allowed is not None:
            scores[np.flatnonzero(~allowed)] = -np.inf  # a third of the time that a mask takes
        floor = _floor(scores, k)
        if not np.isfinite(floor):
            return np.flatnonzero(scores != -np.inf)
        margin = 2 * self._error * float(np.linalg.norm(state))
        likely: NDArray[np.int64] = np.flatnonzero(scores >= floor - margin)
        return likely


def _floor(scores: NDArray[np.float32], k: int) -> float:
    """What at least `k` scores reach, near the k-th best of them; -∞ where fewer are there.

    Each of `k` groups holds one that is as good as the k-th best of what the groups hold at best: 0.03 ms of 50,000
    scores, where to partition them all takes 0.1, and 1.2 where 43,000 are equal.
    """
    groups = len(scores) // _GROUP
    if k >= groups:
        return _kth(scores, k)
    tops = scores[: groups * _GROUP].reshape(_GROUP, groups).max(axis=0)  # elementwise over long rows: SIMD
    floor = _kth(tops, k)
    return floor if np.isfinite(floor) else _kth(scores, k)


def _kth(scores: NDArray[np.float32], k: int) -> float:
    """The k-th best; -∞ where there are no more than `k`."""
    return float(np.partition(scores, len(scores) - k)[len(scores) - k]) if k < len(scores) else -np.inf
