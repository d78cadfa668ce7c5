"""Fold-in: what listeners lose who were kept out of training and are folded in, on HetRec's split.

Each fifth of the listeners is kept out once: trained on the others, the model answers them from their train
part. Compared
is the same family trained on everybody, for the same cases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.quality.experiment import discovery
from benchmarks.quality.hetrec import parts
from ritournelle.evaluation.cases import Cases
from ritournelle.evaluation.evaluate import evaluate
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.factory import create_recommender

FAMILIES = ("als", "ials", "item_knn")
FOLDS = 5
MOST_LOST = 0.08
METRIC = "recall@10"


def fold_in(data: Path, seed: int, *, say: Callable[[str], None]) -> dict[str, Any]:
    """By family: Recall@10 of those who were trained on, of the same ones folded in, and the share that was lost."""
    train, validation, test = parts(data, seed)
    cases = discovery(train, test)
    hidden = csr_matrix((train + validation)[np.flatnonzero(np.diff(test.indptr))])
    asked = Cases(cases.heard, cases.relevant, None, hidden, cases.task)
    found = {}
    for family in FAMILIES:
        found[family] = _compared(family, train, np.flatnonzero(np.diff(test.indptr)), asked, seed)
        say(f"fold_in, {family}: {found[family]}")
    return found


def fold_in_table(found: dict[str, Any]) -> list[str]:
    """Lines for a person."""
    lines = [f"fold_in: {METRIC} on HetRec; a fifth of the listeners kept out of training at a time, at most 8 % lost"]
    lines.append("  " + f"{'':24}{'trained on':>12}{'folded in':>12}{'lost':>12}")
    for family, row in found.items():
        lines.append(
            f"  {family:24}{row['trained']:12.4f}{row['folded_in']:12.4f}{row['lost']:11.1%} "
            f"{'' if row['holds'] else 'NO'}"
        )
    return lines


def _compared(family: str, train: Any, users: Any, cases: Cases, seed: int) -> dict[str, Any]:
    trained = float(np.mean(_recalls(create_recommender(family, seed=seed).fit(train), cases)))
    fold_of = np.random.default_rng(seed).permutation(train.shape[0]) % FOLDS
    strangers: list[float] = []
    for fold in range(FOLDS):
        model = create_recommender(family, seed=seed).fit(train[fold_of != fold])
        strangers += _recalls(model, cases.take(np.flatnonzero(fold_of[users] == fold)))
    folded = float(np.mean(strangers))
    lost = 1 - folded / trained
    return {
        "trained": round(trained, 5),
        "folded_in": round(folded, 5),
        "lost": round(lost, 5),
        "holds": lost <= MOST_LOST,
    }


def _recalls(model: Recommender, cases: Cases) -> Sequence[float]:
    recalls: list[float] = evaluate(model, cases, ks=(10,)).per_case[METRIC].tolist()
    return recalls
