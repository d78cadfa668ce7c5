"""Which family, with which options: every candidate is fitted on one part of the past and judged on the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ritournelle.errors import ModelError
from ritournelle.evaluation.evaluate import evaluate
from ritournelle.evaluation.window import Window
from ritournelle.training.candidate import Candidate
from ritournelle.training.fitted import FittedModels


@dataclass(frozen=True)
class Goal:
    """What is compared, at which length of the list, with which seed."""

    metric: str = "ndcg"
    k: int = 20
    seed: int = 0

    @property
    def name(self) -> str:
        """Such as `ndcg@20`."""
        return f"{self.metric}@{self.k}"


@dataclass(frozen=True)
class Trial:
    """A candidate with what it reached; `problem` says why it reached nothing."""

    candidate: Candidate
    score: float
    metrics: Mapping[str, float]
    seconds: float
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "family": self.candidate.family,
            "options": dict(self.candidate.options),
            "score": self.score if self.score > float("-inf") else None,
            "metrics": dict(self.metrics),
            "seconds": round(self.seconds, 2),
            "problem": self.problem,
        }


OnTrial = Callable[[Trial], None]


def attempt(window: Window, candidate: Candidate, goal: Goal, *, models: FittedModels | None = None) -> Trial:
    """Fit and judge one candidate; one that cannot be fitted here (`ModelError`) is the worst, with its reason.

    `models` holds what was fitted on this window already, and keeps what is fitted now.
    """
    started = time.perf_counter()
    try:
        model = (FittedModels(window, goal.seed) if models is None else models).of(candidate)
        metrics = evaluate(model, window.cases, ks=(goal.k,)).summary
    except ModelError as error:
        return Trial(candidate, float("-inf"), {}, time.perf_counter() - started, str(error))
    return Trial(candidate, metrics[goal.name], metrics, time.perf_counter() - started)


def compare(
    window: Window, candidates: Iterable[Candidate], goal: Goal, *, on_trial: OnTrial | None = None
) -> list[Trial]:
    """Every candidate's trial, the best first; of equals the one that was named first."""
    trials = []
    for candidate in candidates:
        trials.append(attempt(window, candidate, goal))
        if on_trial is not None:
            on_trial(trials[-1])
    return sorted(trials, key=lambda trial: -trial.score)
