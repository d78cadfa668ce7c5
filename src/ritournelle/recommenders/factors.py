"""Families whose tracks are points in one space, and whose listeners are folded in from what they heard.

With strengths s of the heard tracks j, and A the normal matrix of the family:

    state of a listener    x = A⁻¹ Σⱼ sⱼ yⱼ
    score of track i       yᵢᵀx = Σⱼ sⱼ · yᵢᵀ A⁻¹ yⱼ

A listener alone, who waits, is answered by few tracks: their exact scores are told from a `Shortlist`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ritournelle.errors import ModelError
from ritournelle.recommenders.base import Interactions, Recommender, Scores, States
from ritournelle.recommenders.ranked import Ranked
from ritournelle.recommenders.shortlist import Shortlist

Factors = NDArray[np.float64]

WEIGHTINGS: Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "log1p": np.log1p,
    "linear": np.asarray,
    "binary": np.ones_like,
}
"""What a weight of 100 counts against one of 1: log1p 6.7 ×, linear 100 ×, binary the same."""


class FactorRecommender(Recommender):
    """What the families of factors share; they learn the factors, and say what strengths and normal matrix are."""

    _factors: Factors
    _gram: Factors
    _shortlist: Shortlist

    @abstractmethod
    def _strengths(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        """What heard tracks count by their weights."""

    @abstractmethod
    def _normal_matrix(self, mine: Factors, strengths: NDArray[np.float64]) -> Factors:
        """A of one listener, dimensions × dimensions, from the factors (n × dimensions) of the n tracks they heard."""

    def _heaviest(self, heard: Interactions, row: int) -> NDArray[np.int64]:
        """Places in `heard` of the tracks of one listener that are looked at, ascending."""
        return np.arange(int(heard.indptr[row]), int(heard.indptr[row + 1]))

    def _take_factors(self, factors: NDArray[np.float32], advice: str) -> None:
        """These are the factors from now on, tracks × dimensions; `ModelError` with the advice if any is not finite."""
        if not np.all(np.isfinite(factors)):
            raise ModelError(f"training gave factors that are not finite; {advice}")
        self._factors = factors.astype(np.float64)
        self._gram = self._factors.T @ self._factors
        self._shortlist = Shortlist(self._factors)

    def _of_listeners(self, heard: Interactions) -> Iterator[tuple[int, NDArray[np.int64], Factors, Factors]]:
        """Row, places in `heard`, factors and strengths of each who heard anything."""
        for row in np.flatnonzero(np.diff(heard.indptr)).tolist():
            kept = self._heaviest(heard, row)
            # Taken in float32, which they were learned in, half the memory is read: 0.03 ms less for 500 of 50,000.
            mine = self._shortlist.narrow[heard.indices[kept]].astype(np.float64)
            yield row, kept, mine, self._strengths(heard.data[kept])

    def _fold_in(self, heard: Interactions) -> States:
        states = np.zeros((heard.shape[0], self._factors.shape[1]))
        for row, _, mine, strengths in self._of_listeners(heard):
            states[row] = np.linalg.solve(self._normal_matrix(mine, strengths), strengths @ mine)
        return states

    def _scores(self, states: States) -> Scores:
        scores: Scores = states @ self._factors.T
        return scores

    def _recommend_dense(
        self, states: States, k: int, exclude: Interactions | None, allowed: NDArray[np.bool_] | None
    ) -> Ranked:
        if states.shape[0] != 1 or not np.all(np.isfinite(states)):
            return super()._recommend_dense(states, k, exclude, allowed)
        hidden = np.zeros(0, dtype=np.int64) if exclude is None else exclude.indices
        return self._shortlist.best(states[0], k, hidden, allowed)

    def _contributions(self, heard: Interactions, tracks: NDArray[np.int64], states: States | None) -> Scores:
        del states  # follow from what was heard
        shares = np.zeros((heard.nnz, tracks.shape[1]))
        for row, kept, mine, strengths in self._of_listeners(heard):
            # The matrix is symmetric: solved for the few tracks of a list, and not for hundreds that were heard.
            pulls = np.linalg.solve(self._normal_matrix(mine, strengths), self._factors[tracks[row]].T)
            shares[kept] = (mine @ pulls) * strengths[:, None]
        return shares

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        """Cosine of the factors; 0 where a track has none."""
        lengths = np.linalg.norm(self._factors, axis=1, keepdims=True)
        directions = np.divide(self._factors, lengths, out=np.zeros_like(self._factors), where=lengths > 0)
        similarities: Scores = directions[rows] @ directions.T
        return similarities


def weighted_gram(mine: Factors, weights: NDArray[np.float64]) -> Factors:
    """Σⱼ wⱼ yⱼyⱼᵀ, for weights ≥ 0: of a matrix and its own transpose BLAS works out one half."""
    scaled = mine * np.sqrt(weights)[:, None]
    matrix: Factors = scaled.T @ scaled
    return matrix
