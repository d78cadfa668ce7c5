"""Models that no one should use, for rehearsals: one fails, one recommends the same to all, one has no scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ritournelle.errors import ModelError
from ritournelle.recommenders.base import Interactions, Progress, Recommender, Scores, States


class _Simple(Recommender):
    """Keeps nothing of anybody: a state is a row of zeros."""

    @classmethod
    def address(cls) -> str:
        """By import path, as a client's own: it is no family of the platform."""
        return f"{cls.__module__}:{cls.__qualname__}"

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        progress(1, 1)

    def _fold_in(self, heard: Interactions) -> States:
        return np.zeros((heard.shape[0], 1))

    def _scores(self, states: States) -> Scores:
        return np.tile(np.arange(self.n_tracks, dtype=np.float64), (len(states), 1))

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        return self._scores(rows)

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        return {}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        del arrays


class SameForAll(_Simple):
    """The last tracks of the catalogue, for everybody."""

    name: ClassVar[str] = "same_for_all"
    reason: ClassVar[str] = "picked for everybody"


class NoScores(_Simple):
    """NaN for everything."""

    name: ClassVar[str] = "no_scores"
    reason: ClassVar[str] = "picked for no reason"

    def _scores(self, states: States) -> Scores:
        return np.full((len(states), self.n_tracks), np.nan)


class CannotLearn(_Simple):
    """Breaks whenever it is trained."""

    name: ClassVar[str] = "cannot_learn"
    reason: ClassVar[str] = "picked by nobody"

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        raise ModelError("this model breaks whenever it is trained, for the sake of rehearsals")


class Unpopular(_Simple):
    """What fewest people hear, first: worse than popularity on any data."""

    name: ClassVar[str] = "unpopular"
    reason: ClassVar[str] = "heard by hardly anybody"

    _plays: NDArray[np.float64]

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        self._plays = np.asarray(interactions.sum(axis=0), dtype=np.float64).ravel()
        progress(1, 1)

    def _scores(self, states: States) -> Scores:
        return np.tile(-self._plays, (len(states), 1))

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        return {"plays": self._plays}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._plays = arrays["plays"]
