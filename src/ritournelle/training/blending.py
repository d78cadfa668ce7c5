"""Blending: which weights the best families get in a blend, found on the validation cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product, takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ritournelle.evaluation.cases import Cases
from ritournelle.evaluation.metrics import per_case
from ritournelle.evaluation.places import places_of
from ritournelle.recommenders.base import Recommender, Scores
from ritournelle.recommenders.blend import normalised
from ritournelle.recommenders.ranked import Ranked
from ritournelle.recommenders.sparse_scores import NORMALISATIONS, Normalisation, SparseScores
from ritournelle.training.fitted import FittedModels
from ritournelle.training.candidate import Candidate
from ritournelle.training.selection import Goal, OnTrial, Trial, attempt

Option = tuple[Normalisation, tuple[float, ...]]
"""How scores are normalised, and what each part counts."""
WEIGHTS = (0.0, 0.2, 0.5, 1.0, 2.0)
"""What each part but the best one may count beside the best one's 1, before finer steps."""
_ROUNDS = ((1_500, (0.6, 1.6)), (6_000, (0.8, 1.25)), (6_000, ()))
"""Cases looked at in each round, and the factors tried on the best weights after it: 1,500 cases tell good weights from
bad ones, but not the best (Nowplaying: the NDCG@20 of the ones they chose was .1349 on other cases, that of the best
.1370)."""
_KEPT = 4
"""Options that go on to the next round beside those around the best."""
_SCORES_AT_ONCE = 8_000_000
_FEW_ANSWERS = 3
"""Answers of a case on average up to which each one's place is counted, instead of all lists being made."""


def blended(
    models: FittedModels, parts: Sequence[Trial], goal: Goal, *, on_trial: OnTrial | None = None
) -> list[Trial]:
    """The best blend of these trials' candidates, judged on the whole window; nothing if one part alone is best.

    The first part counts 1, each other one of `WEIGHTS`, then finer ones around the best. Scores are computed once per
    part and block of cases.
    """
    options: list[Option] = [
        (how, (1.0, *rest)) for how, rest in product(NORMALISATIONS, product(WEIGHTS, repeat=len(parts) - 1))
    ]
    fitted = [models.of(part.candidate) for part in parts]
    for number, (at_most, factors) in enumerate(_ROUNDS):
        cases = _some(models.window.cases, at_most, goal.seed + number)
        reached = sum(_sums(fitted, block, options, goal) for block in _blocks(cases))
        options = [options[place] for place in np.argsort(-np.asarray(reached), kind="stable")[:_KEPT]]
        options += [finer for finer in _finer(*options[0], factors) if finer not in options]
    how, weights = options[0]
    if np.count_nonzero(weights) < 2:
        return []
    trial = attempt(models.window, _candidate(parts, weights, how), goal, models=models)
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
    states = [model.fold_in(csr_matrix(cases.heard), recent=cases.recent) for model in models]
    asked = [] if any(model.is_dense for model in models) else zip(models, states, strict=True)
    thin = [one for one in (model.sparse_scores(state) for model, state in asked) if one is not None]
    if len(thin) == len(models):
        return _sparse_sums(thin, cases, options, goal)
    raw = [model.scores(state) for model, state in zip(models, states, strict=True)]
    scaled = {how: _comparable(raw, how, cases) for how in NORMALISATIONS}
    lists = (_answered(total, cases, goal.k) for total in _totals(scaled, options))
    return np.array([_sum(ranked, cases, goal) for ranked in lists])


def _answered(scores: Any, cases: Cases, k: int) -> Ranked:
    """The lists as far as metrics look at them. Where answers are few, only theirs are looked for: a fifth of the time
    (909 cases with one answer each, 1,000 tracks: 3 of 13 ms)."""
    if cases.relevant.nnz > _FEW_ANSWERS * len(cases):
        return Ranked.best_of(scores, k)
    return places_of(cases.relevant, scores, k)


def _sparse_sums(
    parts: Sequence[SparseScores], cases: Cases, options: Sequence[Option], goal: Goal
) -> NDArray[np.float64]:
    """Lists that entries above 0 do not fill stay empty here: their answers are not among the entries anyway."""
    scaled = {how: [part.normalised(how) for part in parts] for how in NORMALISATIONS}
    lists = (SparseScores.total(scaled[how], weights).best_entries(goal.k, cases.exclude) for how, weights in options)
    return np.array([_sum(ranked, cases, goal) for ranked in lists])


def _sum(ranked: Ranked, cases: Cases, goal: Goal) -> float:
    return float(per_case(ranked, cases.relevant, (goal.k,))[goal.name].sum())


def _comparable(raw: Sequence[Scores], how: Normalisation, cases: Cases) -> list[NDArray[np.float32]]:
    """The parts' scores on one scale; what is excluded is at -inf in the first, which counts in every blend."""
    parts = [normalised(scores.copy(), how).astype(np.float32) for scores in raw]
    if cases.exclude is not None:
        hidden = csr_matrix(cases.exclude)
        parts[0][np.repeat(np.arange(len(cases)), np.diff(hidden.indptr)), hidden.indices] = -np.inf
    return parts


def _totals(
    scaled: Mapping[Normalisation, Sequence[NDArray[np.float32]]], options: Sequence[Option]
) -> Iterator[NDArray[np.float32]]:
    """The sum of the weighed parts for each option: 32 bits tell blends apart as well as 64, in half the time.

    What an option shares with the one before it is not added up again: half of the sums where all weights are tried.
    """
    before: Option | None = None
    sums: list[NDArray[np.float32]] = []
    for how, weights in options:
        del sums[_shared(before, (how, weights)) :]
        for weight, part in zip(weights[len(sums) :], scaled[how][len(sums) :], strict=True):
            weighed = part if weight == 1 else np.float32(weight) * part
            sums.append(weighed if not sums else sums[-1] + weighed if weight else sums[-1])
        before = how, weights
        yield sums[-1]


def _shared(before: Option | None, option: Option) -> int:
    """How many first parts two options weigh alike."""
    if before is None or before[0] != option[0]:
        return 0
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before[1], option[1], strict=True)))


def _finer(how: Normalisation, weights: tuple[float, ...], factors: Sequence[float]) -> Iterator[Option]:
    """The same weights with one of them less or more."""
    for place, weight in enumerate(weights[1:], start=1):
        for factor in factors:
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
