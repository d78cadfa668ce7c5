"""Ids: large random integers, never the same for two things of one epoch."""

from __future__ import annotations

import numpy as np

from ritournelle.simulator.arrays import Ints

_SMALLEST, _LARGEST = 100_000_000, 2_000_000_000


class Mint:
    """Gives out ids of users and tracks that were never given in this epoch."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._given: set[int] = set()

    def reserve(self, ids: Ints) -> None:
        """Never give these out."""
        self._given.update(ids.tolist())

    def fresh(self, count: int) -> Ints:
        """`count` new ids."""
        ids: list[int] = []
        while len(ids) < count:
            for candidate in self._rng.integers(_SMALLEST, _LARGEST, size=count - len(ids)).tolist():
                if candidate not in self._given:
                    self._given.add(candidate)
                    ids.append(candidate)
        return np.array(ids, dtype=np.int64)

    def recycled(self, count: int, former: Ints, share: float) -> Ints:
        """`count` ids of which `share` belonged to somebody else in the former epoch (Q5)."""
        ids = self.fresh(count)
        reused = min(round(count * share), len(former))
        old = self._rng.choice(former, size=reused, replace=False)
        ids[self._rng.choice(count, size=reused, replace=False)] = old
        self.reserve(old)
        return ids
