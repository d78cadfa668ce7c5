"""Popularity: the same order of tracks for everybody, by listeners or by weight; also the fallback of other models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ritournelle.recommenders.base import Interactions, Progress, Recommender, Scores, States
from ritournelle.recommenders.config import RecommenderConfig


class PopularityConfig(RecommenderConfig):
    """How popularity is counted."""

    count: Literal["listeners", "weight"] = Field(
        default="listeners", description="`listeners`: how many heard a track; `weight`: the sum of their weights."
    )


class PopularityRecommender(Recommender):
    """Ranks tracks by how many listened to them, or how much; states are empty, since nobody is anybody in particular.

    Similar tracks are the popular ones too. Nothing heard carries a score, so `explain` names nothing.
    """

    name: ClassVar[str] = "popularity"
    config_type: ClassVar[type[RecommenderConfig]] = PopularityConfig
    reason: ClassVar[str] = "popular with all listeners"

    config: PopularityConfig
    _popularity: NDArray[np.float64]

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        counted = interactions.data if self.config.count == "weight" else np.ones(interactions.nnz)
        self._popularity = np.bincount(interactions.indices, counted, interactions.shape[1]).astype(np.float64)
        progress(1, 1)

    def _fold_in(self, heard: Interactions) -> States:
        return np.zeros((heard.shape[0], 0))

    def _scores(self, states: States) -> Scores:
        return np.tile(self._popularity, (states.shape[0], 1))

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        return np.tile(self._popularity, (len(rows), 1))

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        return {"popularity": self._popularity}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._popularity = arrays["popularity"]
