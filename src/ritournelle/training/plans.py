"""The plan that settings describe: which families compete, with which options, and how long each is tuned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ritournelle.training.choose import Plan
from ritournelle.training.candidate import Candidate
from ritournelle.training.tuning import Budget

AUTO = "auto"
"""In place of a family's name: all of `FAMILIES` compete."""
FAMILIES = ("popularity", "item_knn", "ease", "als", "transitions", "session_knn", "content")


def plan_of(
    model: str = AUTO,
    *,
    trials: int = 1,
    minutes: float | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Plan:
    """One family alone, or, for `auto`, all of them and a blend of the best three.

    Every family is tried with its options, or, with more `trials`, tuned from there within that budget. `options` of
    a family outside `FAMILIES` add it to the competition. Raises `SettingsError` for an unknown family or option.
    """
    given = options or {}
    names = (*FAMILIES, *(name for name in given if name not in FAMILIES)) if model == AUTO else (model,)
    candidates = tuple(Candidate(name, dict(given.get(name, {}))) for name in names)
    for candidate in candidates:
        candidate.create(0)
    budgets = {name: Budget(trials, minutes) for name in names}
    return Plan(candidates, budgets, blend_of=3 if model == AUTO else 0)
