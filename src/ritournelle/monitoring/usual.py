"""What is usual: the middle of past figures and how far they stray from it, whatever a few odd days did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

_TO_DEVIATION = 1.4826
"""A median of distances, times this, estimates the standard deviation of a normal distribution."""


@dataclass(frozen=True)
class Usual:
    """Median and spread of `count` figures; the spread is 0 where they hardly differ."""

    middle: float
    spread: float
    count: int

    @classmethod
    def of(cls, figures: Sequence[float]) -> Usual:
        """Of past figures; of none, all is 0."""
        if not figures:
            return cls(0.0, 0.0, 0)
        middle = float(median(figures))
        return cls(middle, _TO_DEVIATION * float(median(abs(figure - middle) for figure in figures)), len(figures))
