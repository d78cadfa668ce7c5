"""What competes on each split, and how long each family is tuned; the same families for all."""

from __future__ import annotations

from ritournelle.training.choose import Plan
from ritournelle.training.selection import Candidate
from ritournelle.training.tuning import Budget

_TASTE = tuple(Candidate(family) for family in ("popularity", "item_knn", "ease", "als", "ials"))
_ORDER = tuple(Candidate(family) for family in ("popularity", "item_knn", "transitions", "session_knn"))

PLANS = {
    "hetrec": Plan(_TASTE, {"item_knn": Budget(20), "ease": Budget(6), "als": Budget(8), "ials": Budget(16)}),
    "nowplaying": Plan(_ORDER, {"item_knn": Budget(6), "transitions": Budget(16), "session_knn": Budget(12)}),
    "split": Plan(_TASTE, {"item_knn": Budget(16), "ease": Budget(3), "als": Budget(4), "ials": Budget(8)}),
}
