"""Usefulness: how probable it is that what a listener plays next, and has not heard yet, is in their list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from benchmarks.world.played import Played
from ritournelle.simulator.config import WorldConfig
from ritournelle.training.comparison import compare_families
from ritournelle.training.rules import TrainingRules
from ritournelle.training.candidate import Candidate

K = 20


@dataclass(frozen=True)
class Usefulness:
    """Of one world: the chosen model, the gate's word, and the usefulness of whoever made lists."""

    seed: int
    chosen: str
    promoted: bool
    reasons: tuple[str, ...]
    window: str
    of: Mapping[str, float]

    @property
    def share_of_the_possible(self) -> float:
        """How far the model comes from popularity to the oracle; nan where the two are the same."""
        possible = self.of["oracle"] - self.of["popularity"]
        return (self.of["model"] - self.of["popularity"]) / possible if possible > 1e-9 else float("nan")


def usefulness(config: WorldConfig, days: int, rules: TrainingRules = TrainingRules()) -> Usefulness:
    """Choose as the platform does, learn from everything, and ask the world."""
    played = Played.of(config, days)
    rules = replace(rules, split=replace(rules.split, seed=config.seed))
    compared = compare_families(played.past, rules)
    preferences = _unheard(played)
    of = {
        "oracle": _reached(preferences, np.argsort(-preferences, axis=1, kind="stable")[:, :K]),
        "model": _reached(preferences, _lists(played, compared.chosen, rules)),
        "popularity": _reached(preferences, _lists(played, Candidate("popularity"), rules)),
        "random": _reached(preferences, _lists(played, Candidate("chance"), rules)),
    }
    decision = compared.decision
    return Usefulness(config.seed, str(compared.chosen), decision.promote, decision.reasons, compared.window, of)


def _unheard(played: Played) -> NDArray[np.float64]:
    """The true preferences among the tracks that each listener has not heard; rows add up to 1."""
    preferences = played.preferences()
    preferences[csr_matrix(played.past.listens.counts()).nonzero()] = 0
    total = preferences.sum(axis=1, keepdims=True)
    return np.divide(preferences, total, out=np.zeros_like(preferences), where=total > 0)


def _lists(played: Played, candidate: Candidate, rules: TrainingRules) -> NDArray[np.int64]:
    """The lists of all listeners by a candidate that has learnt from everything."""
    past, split = played.past, rules.split
    weights = past.listens.weights(int(past.listens.listened_at.max()), split.half_life_days)
    model = candidate.create(rules.seed).fit(weights, side=past.side)
    states = model.fold_in(weights, recent=past.side.sequences)
    return model.recommend(states, K, exclude=weights).tracks


def _reached(preferences: NDArray[np.float64], tracks: NDArray[np.int64]) -> float:
    """The mean over listeners of how probable their lists are together."""
    found = np.take_along_axis(preferences, np.maximum(tracks, 0), axis=1)
    return float(np.where(tracks >= 0, found, 0.0).sum(axis=1).mean())
