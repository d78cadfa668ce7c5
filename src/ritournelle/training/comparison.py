"""The comparison: every family on the test window, beside popularity and chance, and what the gate says of the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ritournelle.errors import NothingToLearnError
from ritournelle.evaluation.bootstrap import Interval, mean_interval
from ritournelle.evaluation.evaluate import Evaluation, evaluate
from ritournelle.evaluation.gate import Decision, GateRules, decide
from ritournelle.evaluation.splitting import SplitRules, split
from ritournelle.evaluation.window import Window
from ritournelle.recommenders.sequences import SideInformation
from ritournelle.training.choose import Choice, Plan, choose
from ritournelle.training.past import Past
from ritournelle.training.selection import Candidate, Goal, OnTrial

BASELINES = ("popularity", "chance")


@dataclass(frozen=True)
class Standing:
    """What one candidate reached on the test window, and how far it is from popularity (paired, with its interval)."""

    candidate: Candidate
    metrics: Mapping[str, float]
    against_popularity: Interval

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        interval = self.against_popularity
        return {
            "family": self.candidate.family,
            "options": dict(self.candidate.options),
            "metrics": dict(self.metrics),
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
    past: Past,
    plan: Plan,
    *,
    rules: SplitRules = SplitRules(),
    gate: GateRules = GateRules(),
    journal: Path | None = None,
    on_trial: OnTrial | None = None,
) -> Comparison:
    """Choose on the validation window, then judge the winner, every family's best and the baselines on the test window.

    Raises `NothingToLearnError` when nobody can be asked.
    """
    windows = split(past.listens, rules)
    choosing, judging = (_with_content(one, past.content) for one in (windows.choosing, windows.judging))
    if 0 in (len(choosing.cases), len(judging.cases)):
        raise NothingToLearnError("no listener has listens on both sides of any split; wait for more of them")
    goal = _goal(gate, rules.seed)
    choice = choose(choosing, plan, goal, journal=journal, on_trial=on_trial)
    return _judged(judging, choice, _reached(judging, choice, goal.k, goal.seed), gate, rules)


def _goal(gate: GateRules, seed: int) -> Goal:
    """To choose by what the gate looks at."""
    metric, k = gate.metric.split("@")
    return Goal(metric, int(k), seed)


def _judged(
    window: Window,
    choice: Choice,
    reached: Mapping[str, tuple[Candidate, Evaluation]],
    gate: GateRules,
    rules: SplitRules,
) -> Comparison:
    winner, popular = choice.winner.candidate, reached["popularity"][1]
    standings = sorted(
        (_standing(candidate, one, popular, gate) for candidate, one in reached.values()),
        key=lambda standing: -standing.metrics[gate.metric],
    )
    decision = decide(reached[winner.family][1], popular, rules=gate, seed=rules.seed)
    how = f"{window.kind}: {window.why}"
    return Comparison(rules.task, gate.metric, how, len(window.cases), winner, decision, standings)


def _with_content(window: Window, content: Any) -> Window:
    return replace(window, side=SideInformation(window.side.sequences, content))


def _reached(window: Window, choice: Choice, k: int, seed: int) -> dict[str, tuple[Candidate, Evaluation]]:
    """By family: its best candidate with its evaluation on this window; the baselines are always among them."""
    best: dict[str, Candidate] = {}
    for trial in choice.trials:
        if not trial.problem:
            best.setdefault(trial.candidate.family, trial.candidate)
    for family in BASELINES:
        best.setdefault(family, Candidate(family))
    popularity = np.bincount(window.interactions.indices, minlength=window.interactions.shape[1])
    return {
        family: (candidate, _evaluated(window, candidate, k, seed, popularity)) for family, candidate in best.items()
    }


def _evaluated(window: Window, candidate: Candidate, k: int, seed: int, popularity: Any) -> Evaluation:
    model = candidate.create(seed).fit(window.interactions, side=window.side)
    return evaluate(model, window.cases, ks=(k,), popularity=popularity)


def _standing(candidate: Candidate, reached: Evaluation, popular: Evaluation, gate: GateRules) -> Standing:
    differences = reached.per_case[gate.metric] - popular.per_case[gate.metric]
    return Standing(candidate, reached.summary, mean_interval(differences, confidence=gate.confidence))
