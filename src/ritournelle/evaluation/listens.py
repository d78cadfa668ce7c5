"""Listens in the order of time, as row numbers: what evaluation cuts in two and what sequences are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ritournelle.recommenders.sequences import Sequences

MICROSECONDS_PER_DAY = 86_400_000_000
_SESSION_GAP = 30 * 60 * 1_000_000
"""Thirty minutes without a listen end a session: what web analytics and session recommenders use."""


@dataclass(frozen=True, eq=False)
class Listens:
    """Parallel arrays, ordered by listener, then time; `shape` is listeners × tracks.

    `listened_at` counts µs since 1970, UTC. Raises `ValueError` for another order.
    """

    listeners: NDArray[np.int64]
    tracks: NDArray[np.int64]
    listened_at: NDArray[np.int64]
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        later = (self.listeners[1:] > self.listeners[:-1]) | (
            (self.listeners[1:] == self.listeners[:-1]) & (self.listened_at[1:] >= self.listened_at[:-1])
        )
        if not np.all(later):
            raise ValueError("listens must be ordered by listener, then by time")

    def __len__(self) -> int:
        return len(self.listeners)

    def where(self, wanted: NDArray[np.bool_]) -> Listens:
        """Only these."""
        return Listens(self.listeners[wanted], self.tracks[wanted], self.listened_at[wanted], self.shape)

    def weights(self, until: int, half_life_days: float) -> Any:
        """CSR, listeners × tracks: each listen counts 1 at `until` (µs) and half as much every half-life before."""
        age = (until - self.listened_at) / MICROSECONDS_PER_DAY
        decayed = np.exp2(-np.maximum(age, 0.0) / half_life_days)
        # A weight below float32 would look like no listen at all.
        weights = np.maximum(decayed, 1e-30).astype(np.float32)
        return csr_matrix((weights, (self.listeners, self.tracks)), shape=self.shape)

    def counts(self) -> Any:
        """CSR, listeners × tracks: how often."""
        ones = np.ones(len(self), dtype=np.float32)
        return csr_matrix((ones, (self.listeners, self.tracks)), shape=self.shape)

    def sequences(self) -> Sequences:
        """The same listens, cut into sessions."""
        if len(self) == 0:
            return Sequences.of([])
        first = np.append(
            True,
            (self.listeners[1:] != self.listeners[:-1]) | (self.listened_at[1:] - self.listened_at[:-1] > _SESSION_GAP),
        )
        starts = np.flatnonzero(first)
        return Sequences(self.tracks, np.append(starts, len(self)), self.listeners[starts], self.listened_at[starts])
