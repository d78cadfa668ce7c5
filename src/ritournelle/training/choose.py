"""The choice: several families, each tuned within its budget, and a blend of the best; validation decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ritournelle.training.blending import blended
from ritournelle.evaluation.window import Window
from ritournelle.training.candidate import Candidate
from ritournelle.training.fitted import FittedModels
from ritournelle.training.selection import Goal, OnTrial, Trial
from ritournelle.training.tuning import Budget, tune


_ONCE = Budget(trials=1)


@dataclass(frozen=True)
class Plan:
    """Which candidates compete, how long each is tuned, and of how many of the best a blend is tried (0: none)."""

    candidates: Sequence[Candidate]
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    """By family; a family without one is tried as it is."""
    blend_of: int = 3


@dataclass(frozen=True)
class Choice:
    """The winner, and every family's best trial, the best first."""

    winner: Trial
    trials: Sequence[Trial]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"chosen": str(self.winner.candidate), "trials": [trial.to_dict() for trial in self.trials]}


def choose(
    window: Window, plan: Plan, goal: Goal, *, journal: Path | None = None, on_trial: OnTrial | None = None
) -> Choice:
    """The candidate that did best on the window; of equals the one that was named first, singles before the blend.

    Deterministic for the same arguments, unless a budget in minutes cut a search short. `journal` makes searches
    resumable (see `tune`).
    """
    models = FittedModels(window, goal.seed)
    trials = [
        tune(
            window,
            one.family,
            goal,
            plan.budgets.get(one.family, _ONCE),
            journal=journal,
            fixed=one,
            models=models,
            on_trial=on_trial,
        )
        for one in plan.candidates
    ]
    trials.sort(key=lambda trial: -trial.score)
    parts = [trial for trial in trials if not trial.problem][: plan.blend_of]
    if len(parts) > 1:
        trials += blended(models, parts, goal, on_trial=on_trial)
        trials.sort(key=lambda trial: -trial.score)
    return Choice(trials[0], trials)
