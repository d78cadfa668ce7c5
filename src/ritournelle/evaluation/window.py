"""A window: what may be learnt from, and the later cases that judge what was learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ritournelle.evaluation.cases import Cases
from ritournelle.recommenders.sequences import NO_SIDE_INFORMATION, SideInformation


@dataclass(frozen=True, eq=False)
class Window:
    """`interactions` is CSR, listeners × tracks; the cases rank the same tracks; `why` says how it was cut."""

    interactions: Any
    cases: Cases
    side: SideInformation = NO_SIDE_INFORMATION
    kind: str = "given"
    why: str = ""
