"""The gate: whether a challenger may serve. A pure function of evaluations; its reasons are sentences.

A challenger must beat popularity, and must not lose against the champion; both with a confidence bound on the paired
difference per listener. Every look at the same cases is one test: nothing is corrected for many challengers that are
looked at on one window. Choosing happens on another window, and one challenger comes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ritournelle.evaluation.bootstrap import Interval, mean_interval
from ritournelle.evaluation.evaluate import Evaluation


@dataclass(frozen=True)
class GateRules:
    """What a challenger must reach; shares are of the other side's value."""

    metric: str = "ndcg@20"
    confidence: float = 0.95
    margin: float = 0.02
    """What a challenger of the champion's own family may be worse, as a share, and still follow it on fresher data."""
    slice_margin: float = 0.2
    """A slice of listeners may lose this share against the champion, not more with confidence."""
    least_cases: int = 50
    least_coverage: float = 1.2
    """Coverage must be at least so many times that of popularity's lists."""
    most_identical: float = 0.5
    """At most this share of lists may be the same list."""


@dataclass(frozen=True)
class Decision:
    """Whether to promote, with every reason, the deciding first."""

    promote: bool
    reasons: tuple[str, ...]
    comparisons: Mapping[str, Interval] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{'promote' if self.promote else 'refuse'}: {'; '.join(self.reasons)}"


def decide(
    challenger: Evaluation,
    popularity: Evaluation,
    champion: Evaluation | None = None,
    *,
    rules: GateRules = GateRules(),
    same_family: bool = False,
    slices: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
) -> Decision:
    """Judge a challenger; `champion` is None before there is one. All evaluations answered the same cases.

    `same_family`: the challenger is the champion's family and options on newer data, and may follow it if it is not
    worse than `margin`; any other one must be better. `slices` are flags per case. Raises `ValueError` for evaluations
    of different cases.
    """
    for other in (popularity, champion):
        if other is not None and other.cases != challenger.cases:
            raise ValueError(f"{challenger.cases} cases cannot be compared with {other.cases}")
    refusals = _degenerate(challenger, popularity, rules)
    if challenger.cases < rules.least_cases:
        refusals.append(f"only {challenger.cases} listeners could be asked; {rules.least_cases} are needed to decide")
    if refusals:
        return Decision(False, tuple(refusals))
    comparisons = {"popularity": _difference(challenger, popularity, rules, seed)}
    refusals += _against_popularity(comparisons["popularity"], popularity, rules)
    accepted = [f"better than popularity by {comparisons['popularity']} {rules.metric}"]
    if champion is not None:
        comparisons["champion"] = _difference(challenger, champion, rules, seed)
        refusals += _against_champion(comparisons["champion"], champion, rules, same_family)
        refusals += _collapsed(challenger, champion, rules, slices or {}, seed)
        accepted.append(f"against the champion {comparisons['champion']} {rules.metric}")
    return Decision(not refusals, tuple(refusals or accepted), comparisons)


def _difference(one: Evaluation, other: Evaluation, rules: GateRules, seed: int) -> Interval:
    differences = one.per_case[rules.metric] - other.per_case[rules.metric]
    return mean_interval(differences, confidence=rules.confidence, seed=seed)


def _against_popularity(difference: Interval, popularity: Evaluation, rules: GateRules) -> list[str]:
    if difference.low > 0:
        return []
    reached = popularity.summary[rules.metric]
    return [
        f"not better than popularity with {rules.confidence:.0%} confidence: {rules.metric} differs by {difference} "
        f"from {reached:.4f}"
    ]


def _against_champion(difference: Interval, champion: Evaluation, rules: GateRules, same_family: bool) -> list[str]:
    reached = champion.summary[rules.metric]
    allowed = -rules.margin * reached if same_family else 0.0
    if difference.low > allowed or (same_family and difference.mean >= 0):
        return []
    wanted = f"at most {rules.margin:.0%} worse than" if same_family else "better than"
    return [
        f"not {wanted} the champion with {rules.confidence:.0%} confidence: {rules.metric} differs by {difference} "
        f"from {reached:.4f}"
    ]


def _collapsed(
    challenger: Evaluation, champion: Evaluation, rules: GateRules, slices: Mapping[str, np.ndarray], seed: int
) -> list[str]:
    refusals = []
    for name, chosen in slices.items():
        before = champion.mean_of(rules.metric, chosen)
        if not before or np.count_nonzero(chosen) < rules.least_cases:
            continue
        differences = (challenger.per_case[rules.metric] - champion.per_case[rules.metric])[chosen]
        lost = mean_interval(differences, confidence=rules.confidence, seed=seed)
        if lost.high < -rules.slice_margin * before:
            refusals.append(f"{name} would lose: {rules.metric} differs by {lost} from {before:.4f}")
    return refusals


def _degenerate(challenger: Evaluation, popularity: Evaluation, rules: GateRules) -> list[str]:
    broken = [name for name, values in challenger.per_case.items() if not np.all(np.isfinite(values))]
    refusals = [f"{name} is not a number for some listeners" for name in broken]
    lists, floor = challenger.lists, rules.least_coverage * popularity.lists.get("coverage", 0.0)
    if lists.get("empty_lists", 0.0) > 0:
        refusals.append(f"{lists['empty_lists']:.1%} of the lists are empty")
    if lists.get("identical_lists", 0.0) > rules.most_identical:
        refusals.append(f"{lists['identical_lists']:.0%} of the lists are one and the same")
    if lists.get("coverage", 1.0) < min(floor, 1.0):
        refusals.append(
            f"its lists show {lists['coverage']:.1%} of the catalogue, those of popularity "
            f"{popularity.lists['coverage']:.1%}; {rules.least_coverage:g} times as much is asked for"
        )
    return refusals
