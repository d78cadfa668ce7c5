"""Chance: tracks in an order that has nothing to do with anybody; the floor of every comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ritournelle.recommenders.base import Interactions, Progress, Recommender, Scores, States

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: neighbouring numbers land far apart (Knuth, TAOCP 3, 6.4)


class ChanceRecommender(Recommender):
    """A random order of tracks for each listener, from the seed and what they heard: repeatable, batch or not."""

    name: ClassVar[str] = "chance"
    reason: ClassVar[str] = "picked at random"

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        progress(1, 1)

    def _fold_in(self, heard: Interactions) -> States:
        marks = (heard.indices.astype(np.uint64) + np.uint64(self.config.seed + 1)) * _ODD
        sums = np.concatenate([[np.uint64(0)], np.cumsum(_mixed(marks), dtype=np.uint64)])
        return sums[heard.indptr[1:]] - sums[heard.indptr[:-1]]

    def _scores(self, states: States) -> Scores:
        tracks = np.arange(self.n_tracks, dtype=np.uint64)
        return _mixed((states[:, None] ^ (tracks[None, :] * _ODD)) + np.uint64(self.config.seed)) / 2.0**64

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        return self._scores(rows.astype(np.uint64) * _ODD)

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        return {}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        del arrays


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea, Flood, 2014): every bit of the input moves every bit of the output."""
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return result
