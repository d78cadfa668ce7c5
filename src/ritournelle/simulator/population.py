"""Users or tracks by slot: a row number that is given once and never reused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ritournelle.simulator.arrays import Ints, Vectors


class Population:
    """Ids, tastes and dates of creation, one per slot, of the living and of those who left."""

    def __init__(self, dimensions: int) -> None:
        self.ids: Ints = np.empty(0, dtype=np.int64)
        self.tastes: Vectors = np.empty((0, dimensions), dtype=np.float32)
        self.created: Ints = np.empty(0, dtype=np.int64)
        self._alive = np.empty(0, dtype=np.bool_)
        self._slot_of: dict[int, int] = {}

    def add(self, ids: Ints, tastes: Vectors, created: Ints) -> Ints:
        """Append n members: ids (n,), unit vectors (n, dimensions), moments of creation (n,); return their slots."""
        slots = np.arange(len(self.ids), len(self.ids) + len(ids), dtype=np.int64)
        self.ids = np.concatenate([self.ids, ids])
        self.tastes = np.concatenate([self.tastes, tastes])
        self.created = np.concatenate([self.created, created])
        self._alive = np.concatenate([self._alive, np.ones(len(ids), dtype=np.bool_)])
        self._slot_of.update(zip(ids.tolist(), slots.tolist(), strict=True))
        return slots

    def remove(self, slots: Ints) -> None:
        """These members left; their tastes are still known."""
        self._alive[slots] = False

    def living(self) -> Ints:
        """Slots of the members that are still there."""
        return np.flatnonzero(self._alive).astype(np.int64)

    def slots(self, ids: Sequence[int] | Ints) -> Ints:
        """Slots of ids, living or not; raise `KeyError` for an id that never was."""
        return np.array([self._slot_of[int(one)] for one in ids], dtype=np.int64)
