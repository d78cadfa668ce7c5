"""The default plan: which families compete when nobody says otherwise."""

from __future__ import annotations

from ritournelle.training.choose import Plan
from ritournelle.training.selection import Candidate
from ritournelle.training.tuning import Budget

FAMILIES = ("popularity", "item_knn", "ease", "als", "transitions", "session_knn", "content")


def default_plan(trials: int = 1) -> Plan:
    """Every family with its defaults, or, with more `trials`, tuned so often each; and a blend of the best three."""
    budgets = {family: Budget(trials) for family in FAMILIES}
    return Plan(tuple(Candidate(family) for family in FAMILIES), budgets, blend_of=3)
