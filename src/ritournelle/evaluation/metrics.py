"""Metrics of ranked lists against the answers, one value per case, at several lengths from one ranking.

recall@k = hits / answers; precision@k = hits / k; hit@k = 1 if any answer is among the first k; mrr@k = 1 / rank of the
first hit, 0 without one; ndcg@k with binary gains 1 / log2(rank + 1) over the best possible with min(k, answers) hits
(Järvelin & Kekäläinen, 2002). The whole catalogue is ranked: no sampled negatives (Krichene & Rendle, KDD 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ritournelle.recommenders.ranked import NO_TRACK, Ranked

PerCase = NDArray[np.float64]
METRICS = ("recall", "precision", "ndcg", "mrr", "hit")


def hits(ranked: Ranked, relevant: Any) -> NDArray[np.bool_]:
    """Cases × k: whether the track at each rank is an answer; `relevant` is CSR, cases × tracks."""
    width = relevant.shape[1]
    answers = np.repeat(np.arange(relevant.shape[0]), np.diff(relevant.indptr)) * width + relevant.indices
    asked = np.arange(len(ranked.tracks))[:, None] * width + ranked.tracks
    found: NDArray[np.bool_] = np.isin(asked, answers) & (ranked.tracks != NO_TRACK)
    return found


def per_case(ranked: Ranked, relevant: Any, ks: Sequence[int]) -> dict[str, PerCase]:
    """`metric@k` → one value per case, each from 0 to 1. `ranked` must be as long as the largest k."""
    if max(ks) > ranked.tracks.shape[1]:
        raise ValueError(f"lists of {ranked.tracks.shape[1]} tracks cannot be judged at {max(ks)}")
    found = hits(ranked, relevant)
    answers = np.diff(relevant.indptr).astype(np.float64)
    results: dict[str, PerCase] = {}
    for k in ks:
        values = _at(found[:, :k], answers, k)
        results |= {f"{name}@{k}": values[name] for name in METRICS}
    return results


def _at(found: NDArray[np.bool_], answers: PerCase, k: int) -> dict[str, PerCase]:
    gains = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(gains)])[np.minimum(answers, k).astype(np.int64)]
    count = found.sum(axis=1)
    any_hit = found.any(axis=1)
    return {
        "recall": count / answers,
        "precision": count / k,
        "ndcg": (found @ gains) / ideal,
        "mrr": np.where(any_hit, 1.0 / (1 + found.argmax(axis=1)), 0.0),
        "hit": any_hit.astype(np.float64),
    }
