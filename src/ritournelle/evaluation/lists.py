"""What lists are like as a whole, whether or not they hit: coverage, concentration, novelty, sameness."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ritournelle.recommenders.ranked import NO_TRACK, Ranked


def describe_lists(ranked: Ranked, n_tracks: int, popularity: NDArray[Any] | None = None) -> dict[str, float]:
    """Of lists over a catalogue of `n_tracks`; `popularity` is the listeners of each track in the training data.

    - `coverage`: share of the catalogue that is in any list;
    - `exposure_gini`: 0 when all tracks are shown alike often, towards 1 when few tracks get all places;
    - `identical_lists`: share of the lists that hold the same tracks as the most common list;
    - `empty_lists`: share of the lists without a track;
    - `novelty`: mean −log2 of the share of all listeners' listens that a shown track has (self-information, in bits);
    - `average_popularity`: mean listeners of the shown tracks.
    """
    shown = ranked.tracks[ranked.tracks != NO_TRACK]
    exposures = np.bincount(shown, minlength=n_tracks)
    described = {
        "coverage": float(np.count_nonzero(exposures) / max(n_tracks, 1)),
        "exposure_gini": gini(exposures),
        "identical_lists": _identical(ranked),
        "empty_lists": float(np.mean(ranked.lengths == 0)) if len(ranked.tracks) else 0.0,
    }
    if popularity is not None and len(shown):
        share = (np.asarray(popularity, dtype=np.float64) + 1) / (np.sum(popularity) + n_tracks)
        described["novelty"] = float(np.mean(-np.log2(share[shown])))
        described["average_popularity"] = float(np.mean(np.asarray(popularity)[shown]))
    return described


def gini(counts: NDArray[Any]) -> float:
    """Gini coefficient of counts that are not negative: 0 for equal ones, (n − 1) / n when one has them all."""
    ordered = np.sort(np.asarray(counts, dtype=np.float64))
    total = ordered.sum()
    if not total:
        return 0.0
    places = np.arange(1, len(ordered) + 1)
    return float((2 * places - len(ordered) - 1) @ ordered / (len(ordered) * total))


def _identical(ranked: Ranked) -> float:
    """Share of the lists that hold exactly the tracks of the most common list; 0 for fewer than two lists."""
    if len(ranked.tracks) < 2:
        return 0.0
    _, counts = np.unique(np.sort(ranked.tracks, axis=1), axis=0, return_counts=True)
    return float(counts.max() / len(ranked.tracks)) if counts.max() > 1 else 0.0


def intra_list_diversity(ranked: Ranked, features: Any, *, at_most: int = 2_000) -> float:
    """1 − the mean cosine between two tracks of one list; `features` is CSR or dense, tracks × features.

    The mean over at most `at_most` lists, evenly taken. Tracks without a feature are unlike all others.
    """
    lengths = np.sqrt(np.asarray(features.multiply(features).sum(axis=1)).ravel())
    rows = np.unique(np.linspace(0, len(ranked.tracks) - 1, min(at_most, len(ranked.tracks))).astype(np.int64))
    values = []
    for row in rows.tolist():
        tracks, _ = ranked.row(row)
        if len(tracks) > 1:
            mine = features[tracks].multiply(1 / np.maximum(lengths[tracks], 1e-12)[:, None]).tocsr()
            total = np.asarray(mine.sum(axis=0)).ravel()
            own = float(np.sum(lengths[tracks] > 0))
            values.append(1 - (float(total @ total) - own) / (len(tracks) * (len(tracks) - 1)))
    return float(np.mean(values)) if values else 0.0
