"""Evaluate: one fitted recommender on cases, block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ritournelle.evaluation.cases import Cases
from ritournelle.evaluation.lists import describe_lists
from ritournelle.evaluation.metrics import PerCase, per_case
from ritournelle.evaluation.slices import slice_means
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.ranked import Ranked

_CASES_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model reached: `per_case` maps `metric@k` to one value per case, `lists` describes all lists together.

    `slices` maps each slice of listeners or tracks that has cases to its means (see `evaluation.slices`).
    """

    per_case: Mapping[str, PerCase]
    lists: Mapping[str, float] = field(default_factory=dict)
    task: str = "discovery"
    slices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """How many questions were asked."""
        return len(next(iter(self.per_case.values()), ()))

    @cached_property
    def summary(self) -> dict[str, float]:
        """The means over all cases, and what describes the lists; a mean over no case is 0."""
        means = {name: float(values.mean()) if len(values) else 0.0 for name, values in self.per_case.items()}
        return means | dict(self.lists)

    def mean_of(self, metric: str, chosen: NDArray[np.bool_]) -> float | None:
        """The mean over some of the cases; None over none."""
        values = self.per_case[metric][chosen]
        return float(values.mean()) if len(values) else None


def evaluate(
    model: Recommender, cases: Cases, *, ks: Sequence[int] = (10, 20), popularity: NDArray[Any] | None = None
) -> Evaluation:
    """Ask every case for its best `max(ks)` tracks of the whole catalogue and compare with the answers.

    `popularity` (listeners per track in the training data) adds novelty, average popularity and the diversity of lists
    to `lists`, and the slices; without it those are left out. Memory is bounded by blocks of cases. The model must know
    the tracks of the cases (`ValueError` otherwise).
    """
    ranked = ranked_lists(model, cases, max(ks))
    results = per_case(ranked, cases.relevant, ks) if len(cases) else {}
    slices = {} if popularity is None else slice_means(ranked, cases, results, popularity)
    return Evaluation(results, describe_lists(ranked, cases.n_tracks, popularity), cases.task, slices)


def ranked_lists(model: Recommender, cases: Cases, k: int) -> Ranked:
    """The lists of all cases, `k` long."""
    parts = [Ranked.empty(0, k)]
    for start in range(0, len(cases), _CASES_AT_ONCE):
        block = cases.take(np.arange(start, min(start + _CASES_AT_ONCE, len(cases))))
        states = model.fold_in(csr_matrix(block.heard), recent=block.recent)
        parts.append(model.recommend(states, k, exclude=block.exclude))
    return Ranked.stacked(parts)
