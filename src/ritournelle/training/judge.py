"""The judgement: challenger, champion and popularity answer the same cases of the test window, and the gate decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ritournelle.evaluation.evaluate import Evaluation, evaluate
from ritournelle.evaluation.gate import Decision, decide
from ritournelle.evaluation.slices import listener_slices
from ritournelle.evaluation.window import Window
from ritournelle.training.rules import TrainingRules
from ritournelle.training.candidate import Candidate

POPULARITY = "popularity"


@dataclass(frozen=True)
class Judgement:
    """The gate's word on a challenger, and what it and those beside it reached on the same cases.

    `compared` holds popularity, and the champion's family and options under its version if that is another candidate.
    """

    window: str
    cases: int
    decision: Decision
    reached: Evaluation | None = None
    compared: Mapping[str, Evaluation] | None = None


def judge(
    window: Window, challenger: Candidate, rules: TrainingRules, *, champion: tuple[str, Candidate] | None = None
) -> Judgement:
    """Fit the challenger, the champion's candidate and popularity on the window's past, and let the gate decide.

    The champion's artefact may have learnt from the window's cases, so its family and options are fitted anew: all
    learn from the same past. Where they are the challenger's own, only the data is newer, and the gate asks for less.
    """
    told = f"{window.kind}: {window.why}"
    if len(window.cases) == 0:
        refusal = "no listener has listens before and after the moment that parts the past"
        return Judgement(told, 0, Decision(False, (refusal,)))
    reached = evaluated(window, challenger, rules)
    compared = {POPULARITY: evaluated(window, Candidate(POPULARITY), rules)}
    serving, is_same = None, False
    if champion is not None:
        version, candidate = champion
        is_same = same_model(candidate, challenger, rules.seed)
        serving = compared[version] = reached if is_same else evaluated(window, candidate, rules)
    decision = decide(
        reached,
        compared[POPULARITY],
        serving,
        rules=rules.gate,
        same_family=is_same,
        slices=listener_slices(window.cases),
        seed=rules.seed,
    )
    return Judgement(told, len(window.cases), decision, reached, compared)


def evaluated(window: Window, candidate: Candidate, rules: TrainingRules) -> Evaluation:
    """What a candidate reaches on a window when it learns from the window's past."""
    popularity = np.bincount(window.interactions.indices, minlength=window.interactions.shape[1])
    model = candidate.create(rules.seed).fit(window.interactions, side=window.side)
    return evaluate(model, window.cases, ks=sorted({10, rules.goal.k}), popularity=popularity)


def same_model(one: Candidate, other: Candidate, seed: int) -> bool:
    """Whether two candidates make models of one family with one config."""
    return one.family == other.family and one.create(seed).config == other.create(seed).config
