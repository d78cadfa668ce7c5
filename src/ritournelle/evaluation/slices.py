"""Slices: who is asked, and which tracks are the answers; a mean over all hides those for whom a model fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ritournelle.evaluation.cases import Cases
from ritournelle.evaluation.metrics import PerCase, hits
from ritournelle.recommenders.ranked import Ranked

NEW_LISTENER_TRACKS = 3
"""A listener of fewer known tracks is new."""
HEAD_SHARE = 0.5
"""The head are the most popular tracks that together have this share of all listeners."""

Flags = NDArray[np.bool_]


def listener_slices(cases: Cases) -> Mapping[str, Flags]:
    """`new`, `light` and `heavy` listeners, by how many tracks are known of them; the others' median parts them."""
    known = np.diff(cases.heard.indptr)
    new = known < NEW_LISTENER_TRACKS
    middle = float(np.median(known[~new])) if np.any(~new) else 0.0
    return {
        "new listeners": new,
        "light listeners": ~new & (known <= middle),
        "heavy listeners": ~new & (known > middle),
    }


def track_slices(popularity: NDArray[Any]) -> Mapping[str, Flags]:
    """`new` (nobody heard them in the training data), `head` and `tail` tracks, by listeners per track."""
    popularity = np.asarray(popularity, dtype=np.float64)
    order = np.argsort(-popularity, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(popularity[order])[:-1]])
    head = np.zeros(len(popularity), dtype=np.bool_)
    head[order] = before < HEAD_SHARE * popularity.sum()
    head &= popularity > 0
    return {"new tracks": popularity == 0, "tail tracks": (popularity > 0) & ~head, "head tracks": head}


def recall_of_tracks(ranked: Ranked, cases: Cases, tracks: Flags) -> NDArray[np.float64]:
    """Recall per case over the answers within `tracks`; nan for a case without such an answer."""
    answers = csr_matrix(cases.relevant.multiply(tracks[None, :]))
    answers.eliminate_zeros()
    wanted = np.diff(answers.indptr)
    found = hits(ranked, answers).sum(axis=1)
    recall: NDArray[np.float64] = np.divide(found, wanted, out=np.full(len(wanted), np.nan), where=wanted > 0)
    return recall


def slice_means(
    ranked: Ranked, cases: Cases, reached: Mapping[str, PerCase], popularity: NDArray[Any]
) -> dict[str, dict[str, float]]:
    """By slice: the mean of every metric over its listeners, or the mean recall of its tracks; only slices with cases.

    `cases` counts the listeners who were asked, or those with an answer among the tracks.
    """
    means = {
        name: {"cases": float(chosen.sum())}
        | {metric: float(values[chosen].mean()) for metric, values in reached.items()}
        for name, chosen in listener_slices(cases).items()
        if np.any(chosen)
    }
    for name, tracks in track_slices(popularity).items():
        recall = recall_of_tracks(ranked, cases, tracks)
        answered = recall[~np.isnan(recall)]
        if len(answered):
            k = ranked.tracks.shape[1]
            means[name] = {"cases": float(len(answered)), f"recall@{k}": float(answered.mean())}
    return means
