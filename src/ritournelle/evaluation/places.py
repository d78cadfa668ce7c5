"""Places: where answers would stand in the ranking of all tracks, without ranking all tracks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ritournelle.recommenders.entries import rows_of
from ritournelle.recommenders.ranked import Ranked


def places_of(relevant: Any, scores: NDArray[Any], k: int) -> Ranked:
    """Lists of `k` in which the answers stand where `Ranked.best_of(scores, k)` has them, and nothing else does.

    `relevant` is CSR, cases × tracks; `scores` cases × tracks, -inf for tracks that are never listed. Takes one pass
    over a case's scores for each of its answers.
    """
    rounded = scores.astype(np.float32, copy=False)
    cases, tracks = rows_of(relevant), relevant.indices
    own = rounded[cases, tracks]
    one_each = len(cases) == len(rounded) and bool(np.all(np.diff(relevant.indptr) == 1))
    place = _counts((rounded if one_each else rounded[cases]) > own[:, None])
    # Most answers are too far down already: ties are looked for where they may decide.
    near = np.flatnonzero(place < k)
    before = np.arange(rounded.shape[1]) < tracks[near, None]
    place[near] += _counts(before & (rounded[cases[near]] == own[near, None]))
    listed = (place < k) & (own > -np.inf)
    found = Ranked.empty(relevant.shape[0], k)
    found.tracks[cases[listed], place[listed]] = tracks[listed]
    found.scores[cases[listed], place[listed]] = own[listed]
    return found


def _counts(marks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many are true in each row; as bits, a third of the time that `count_nonzero` takes along an axis."""
    return np.asarray(np.bitwise_count(np.packbits(marks, axis=1)).sum(axis=1), dtype=np.int64)
