"""The comparison: every family on the test window, beside popularity and chance, and what the gate says of the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ritournelle.errors import NothingToLearnError
from ritournelle.evaluation.bootstrap import Interval, mean_interval
from ritournelle.evaluation.evaluate import Evaluation
from ritournelle.evaluation.gate import Decision, decide
from ritournelle.evaluation.window import Window
from ritournelle.training.choose import Choice, choose
from ritournelle.training.judge import POPULARITY, evaluated
from ritournelle.training.past import Past
from ritournelle.training.rules import TrainingRules
from ritournelle.training.candidate import Candidate
from ritournelle.training.selection import OnTrial

BASELINES = (POPULARITY, "chance")


@dataclass(frozen=True)
class Standing:
    """What one candidate reached on the test window, and how far it is from popularity (paired, with its interval)."""

    candidate: Candidate
    metrics: Mapping[str, float]
    against_popularity: Interval
    slices: Mapping[str, Mapping[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        interval = self.against_popularity
        return {
            "family": self.candidate.family,
            "options": dict(self.candidate.options),
            "metrics": dict(self.metrics),
            "slices": {name: dict(means) for name, means in self.slices.items()},
            "against_popularity": {"mean": interval.mean, "low": interval.low, "high": interval.high},
        }


@dataclass(frozen=True)
class Comparison:
    """The task, how the test window was cut, all standings (the best first), the chosen family, and the gate's word."""

    task: str
    metric: str
    window: str
    cases: int
    chosen: Candidate
    decision: Decision
    standings: Sequence[Standing]

    def to_dict(self) -> dict[str, Any]:
        """As `evaluate --json` prints it."""
        return {
            "task": self.task,
            "metric": self.metric,
            "window": self.window,
            "cases": self.cases,
            "chosen": str(self.chosen),
            "promote": self.decision.promote,
            "reasons": list(self.decision.reasons),
            "standings": [standing.to_dict() for standing in self.standings],
        }


def compare_families(
    past: Past, rules: TrainingRules, *, journal: Path | None = None, on_trial: OnTrial | None = None
) -> Comparison:
    """Choose on the validation window, then judge the winner, every family's best and the baselines on the test window.

    Raises `NothingToLearnError` when nobody can be asked.
    """
    windows = past.split(rules.split)
    if 0 in (len(windows.choosing.cases), len(windows.judging.cases)):
        raise NothingToLearnError("no listener has listens on both sides of any split; wait for more of them")
    choice = choose(windows.choosing, rules.plan, rules.goal, journal=journal, on_trial=on_trial)
    return _judged(windows.judging, choice, _reached(windows.judging, choice, rules), rules)


def _judged(
    window: Window, choice: Choice, reached: Mapping[str, tuple[Candidate, Evaluation]], rules: TrainingRules
) -> Comparison:
    winner, popular, metric = choice.winner.candidate, reached[POPULARITY][1], rules.gate.metric
    standings = sorted(
        (_standing(candidate, one, popular, rules) for candidate, one in reached.values()),
        key=lambda standing: -standing.metrics[metric],
    )
    decision = decide(reached[winner.family][1], popular, rules=rules.gate, seed=rules.seed)
    how = f"{window.kind}: {window.why}"
    return Comparison(rules.split.task, metric, how, len(window.cases), winner, decision, standings)


def _reached(window: Window, choice: Choice, rules: TrainingRules) -> dict[str, tuple[Candidate, Evaluation]]:
    """By family: its best candidate with its evaluation on this window; the baselines are always among them."""
    best: dict[str, Candidate] = {}
    for trial in choice.trials:
        if not trial.problem:
            best.setdefault(trial.candidate.family, trial.candidate)
    for family in BASELINES:
        best.setdefault(family, Candidate(family))
    return {family: (candidate, evaluated(window, candidate, rules)) for family, candidate in best.items()}


def _standing(candidate: Candidate, reached: Evaluation, popular: Evaluation, rules: TrainingRules) -> Standing:
    differences = reached.per_case[rules.gate.metric] - popular.per_case[rules.gate.metric]
    interval = mean_interval(differences, confidence=rules.gate.confidence)
    return Standing(candidate, reached.summary, interval, reached.slices)
