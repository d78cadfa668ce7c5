"""Paired bootstrap: how sure the difference of two models is, with listeners as the unit.

Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, percentile interval; paired because both models answered
the same listeners (Sakai, "Statistical significance, power, and sample sizes", SIGIR 2016).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DRAWS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Interval:
    """A mean with the interval that holds it with this confidence."""

    mean: float
    low: float
    high: float
    confidence: float = 0.95

    def __str__(self) -> str:
        return f"{self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"


def mean_interval(
    values: NDArray[np.float64], *, confidence: float = 0.95, resamples: int = 1_000, seed: int = 0
) -> Interval:
    """The interval of the mean of `values` (one per listener). Of no values: nan is never given, but [−inf, inf].

    For the difference of two models, give the differences listener by listener.
    """
    if len(values) == 0:
        return Interval(0.0, float("-inf"), float("inf"), confidence)
    random = np.random.default_rng(seed)
    at_once = max(1, _DRAWS_AT_ONCE // len(values))
    means = np.concatenate(
        [
            values[random.integers(len(values), size=(min(at_once, resamples - start), len(values)))].mean(axis=1)
            for start in range(0, resamples, at_once)
        ]
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(values.mean()), float(low), float(high), confidence)
