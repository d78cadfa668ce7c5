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
    theirs = rounded[cases]
    before = np.arange(rounded.shape[1]) < tracks[:, None]
    place = np.count_nonzero((theirs > own[:, None]) | (before & (theirs == own[:, None])), axis=1)
    listed = (place < k) & (own > -np.inf)
    found = Ranked.empty(relevant.shape[0], k)
    found.tracks[cases[listed], place[listed]] = tracks[listed]
    found.scores[cases[listed], place[listed]] = own[listed]
    return found
