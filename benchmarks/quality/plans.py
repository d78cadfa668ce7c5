"""What competes on each split, and how long each family is tuned; the same families for all."""

from __future__ import annotations

from ritournelle.training.choose import Plan
from ritournelle.training.candidate import Candidate
from ritournelle.training.tuning import Budget

_TASTE = tuple(Candidate(family) for family in ("popularity", "item_knn", "ease", "als", "ials"))
_ORDER = tuple(Candidate(family) for family in ("popularity", "item_knn", "transitions", "session_knn"))

PLANS = {
    "hetrec": Plan(_TASTE, {"item_knn": Budget(20), "ease": Budget(6), "als": Budget(8), "ials": Budget(16)}),
    "nowplaying": Plan(_ORDER, {"item_knn": Budget(4), "transitions": Budget(8), "session_knn": Budget(12)}),
    "split": Plan(
        _TASTE,
        {
            "item_knn": Budget(16, minutes=5),
            "ease": Budget(12, minutes=6),
            "als": Budget(4, minutes=4),
            "ials": Budget(8, minutes=8),
        },
    ),
}
