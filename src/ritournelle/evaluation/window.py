"""A window: what may be learnt from, and the later cases that judge what was learnt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

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

    def asking(self, at_most: int, seed: int) -> Window:
        """The window with no more cases than that, at random."""
        if len(self.cases) <= at_most:
            return self
        chosen = np.random.default_rng(seed).choice(len(self.cases), at_most, replace=False)
        return replace(self, cases=self.cases.take(np.sort(chosen)))
