"""Blending: which weights the best families get in a blend, found on the validation cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ritournelle.evaluation.cases import Cases
from ritournelle.evaluation.metrics import per_case
from ritournelle.recommenders.base import Recommender, Scores
from ritournelle.recommenders.blend import Normalisation, normalised
from ritournelle.recommenders.ranked import Ranked
from ritournelle.evaluation.window import Window
from ritournelle.training.selection import Candidate, Goal, OnTrial, Trial, attempt

Option = tuple[Normalisation, tuple[float, ...]]
"""How scores are normalised, and what each part counts."""
WEIGHTS = (0.0, 0.15, 0.3, 0.6, 1.0)
"""What each part but the best one may count."""
NORMALISATIONS: tuple[Normalisation, ...] = ("z_score", "max")
_ROUNDS = ((1_500, 6), (6_000, 1))
"""Cases looked at in each round, and how many options go on: 1,500 cases tell good weights from bad ones, but not the
best (Nowplaying: the NDCG@20 of the ones they chose was .1349 on other cases, that of the best .1370)."""
_SCORES_AT_ONCE = 8_000_000


def blended(window: Window, parts: Sequence[Trial], goal: Goal, *, on_trial: OnTrial | None = None) -> list[Trial]:
    """The best blend of these trials' candidates, judged on the whole window; nothing if one part alone is best.

    The first part counts 1, each other one of `WEIGHTS`, then finer ones around the best. Scores are computed once per
    part and block of cases.
    """
    models = [part.candidate.create(goal.seed).fit(window.interactions, side=window.side) for part in parts]
    options = [(how, (1.0, *rest)) for how, rest in product(NORMALISATIONS, product(WEIGHTS, repeat=len(parts) - 1))]
    for number, (at_most, kept) in enumerate(_ROUNDS):
        cases = _some(window.cases, at_most, goal.seed + number)
        reached = sum(_sums(models, block, options, goal) for block in _blocks(cases))
        options = [options[place] for place in np.argsort(-np.asarray(reached), kind="stable")[:kept]]
        if kept > 1:
            options += [finer for finer in _finer(*options[0]) if finer not in options]
    how, weights = options[0]
    if np.count_nonzero(weights) < 2:
        return []
    trial = attempt(window, _candidate(parts, weights, how), goal)
    if on_trial is not None:
        on_trial(trial)
    return [trial]


def _candidate(parts: Sequence[Trial], weights: Sequence[float], how: Normalisation) -> Candidate:
    described = [
        {"family": part.candidate.family, "options": dict(part.candidate.options), "weight": weight}
        for part, weight in zip(parts, weights, strict=True)
        if weight
    ]
    return Candidate("blend", {"parts": described, "normalisation": how})


def _sums(models: Sequence[Recommender], cases: Cases, options: Sequence[Option], goal: Goal) -> NDArray[np.float64]:
    """The metric's sum over these cases, for each option."""
    heard = csr_matrix(cases.heard)
    raw = [model.scores(model.fold_in(heard, recent=cases.recent)) for model in models]
    scaled = {how: [normalised(scores.copy(), how) for scores in raw] for how in NORMALISATIONS}
    return np.array([_sum(scaled[how], weights, cases, goal) for how, weights in options])


def _sum(scores: Sequence[Scores], weights: Sequence[float], cases: Cases, goal: Goal) -> float:
    total: Any = sum(weight * one for weight, one in zip(weights, scores, strict=True) if weight)
    if cases.exclude is not None:
        hidden = csr_matrix(cases.exclude)
        total = np.array(total)
        total[np.repeat(np.arange(len(cases)), np.diff(hidden.indptr)), hidden.indices] = -np.inf
    ranked = Ranked.best_of(total, goal.k)
    return float(per_case(ranked, cases.relevant, (goal.k,))[goal.name].sum())


def _finer(how: Normalisation, weights: tuple[float, ...]) -> Iterator[Option]:
    """The same weights with one of them a third less or more."""
    for place, weight in enumerate(weights[1:], start=1):
        for factor in (0.67, 1.5):
            if weight:
                yield how, (*weights[:place], round(weight * factor, 3), *weights[place + 1 :])


def _some(cases: Cases, at_most: int, seed: int) -> Cases:
    if len(cases) <= at_most:
        return cases
    return cases.take(np.sort(np.random.default_rng(seed).choice(len(cases), at_most, replace=False)))


def _blocks(cases: Cases) -> Iterator[Cases]:
    size = max(1, _SCORES_AT_ONCE // max(cases.n_tracks, 1))
    for start in range(0, len(cases), size):
        yield cases.take(np.arange(start, min(start + size, len(cases))))
