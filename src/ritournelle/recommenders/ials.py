"""iALS++: factors of tracks with restraint that grows with how often a track or listener occurs.

Rendle, Krichene, Zhang, Koren, "Revisiting the performance of iALS on item recommendation benchmarks", RecSys 2022, and
"iALS++", 2021. Training is the library irspack's. The loss counts listens with c = weighting(weight) and every pair,
heard or not, with α₀; the restraint of a listener with n of m tracks is reg · (α₀ m + n)^ν. The state of a listener:

    x = (α₀ YᵀY + Σ cⱼ yⱼyⱼᵀ + reg (α₀ m + n)^ν I)⁻¹ Σ cⱼ yⱼ      over the heard tracks j
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from ritournelle.errors import ModelError
from ritournelle.recommenders.base import Interactions, Progress, Recommender, RecommenderConfig, Scores, States
from ritournelle.recommenders.ranked import Ranked
from ritournelle.recommenders.search_space import Between, OneOf, SearchSpace
from ritournelle.recommenders.shortlist import Shortlist

Factors = NDArray[np.float64]

_WEIGHTINGS: Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "log1p": np.log1p,
    "linear": np.asarray,
    "binary": np.ones_like,
}


class IalsConfig(RecommenderConfig):
    """Size, weights and restraint of the factors."""

    factors: int = Field(default=64, ge=1, description="Dimensions of the space.")
    epochs: int = Field(default=12, ge=1, description="Rounds of alternating between listeners and tracks.")
    unobserved: float = Field(default=0.05, gt=0, description="α₀: what a pair counts that was not heard.")
    regularization: float = Field(default=0.003, gt=0, description="Restraint per unit of frequency.")
    frequency_exponent: float = Field(default=1.0, ge=0, le=1, description="ν: how restraint grows with frequency.")
    weighting: Literal["log1p", "linear", "binary"] = Field(
        default="log1p",
        description="What a weight of 100 counts against one of 1: log1p 6.7 ×, linear 100 ×, binary 1 ×.",
    )


class IalsRecommender(Recommender):
    """As ALS, with another balance of restraint; listeners are folded in and never stored."""

    name: ClassVar[str] = "ials"
    config_type: ClassVar[type[RecommenderConfig]] = IalsConfig
    reason: ClassVar[str] = "close to your listening as a whole"
    search_space: ClassVar[SearchSpace] = {
        "factors": OneOf((64, 128, 256)),
        "epochs": Between(6, 24),
        "unobserved": Between(0.003, 1.0, log=True),
        "regularization": Between(0.0003, 0.05, log=True),
        "weighting": OneOf(("log1p", "binary")),
    }

    config: IalsConfig
    _factors: Factors
    _gram: Factors
    _shortlist: Shortlist

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        counted = csr_matrix(interactions, dtype=np.float32, copy=True)
        counted.data = self._counts(interactions.data).astype(np.float32)
        self._take(_train(counted, self.config, progress))

    def _take(self, factors: NDArray[np.float32]) -> None:
        if not np.all(np.isfinite(factors)):
            raise ModelError("training gave factors that are not finite; raise the regularization")
        self._factors = factors.astype(np.float64)
        self._gram = self._factors.T @ self._factors
        self._shortlist = Shortlist(self._factors)

    def _counts(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(_WEIGHTINGS[self.config.weighting](weights.astype(np.float64)), dtype=np.float64)

    def _fold_in(self, heard: Interactions) -> States:
        states = np.zeros((heard.shape[0], self._factors.shape[1]))
        for row in np.flatnonzero(np.diff(heard.indptr)):
            listens = slice(heard.indptr[row], heard.indptr[row + 1])
            mine, counts = self._factors[heard.indices[listens]], self._counts(heard.data[listens])
            states[row] = np.linalg.solve(self._normal_matrix(mine, counts), counts @ mine)
        return states

    def _normal_matrix(self, mine: Factors, counts: NDArray[np.float64]) -> Factors:
        config = self.config
        frequency = config.unobserved * len(self._factors) + len(mine)
        restraint = config.regularization * frequency**config.frequency_exponent
        matrix: Factors = config.unobserved * self._gram + (mine.T * counts) @ mine
        matrix[np.diag_indices_from(matrix)] += restraint
        return matrix

    def _scores(self, states: States) -> Scores:
        scores: Scores = states @ self._factors.T
        return scores

    def _recommend_dense(
        self, states: States, k: int, exclude: Interactions | None, allowed: NDArray[np.bool_] | None
    ) -> Ranked:
        """One listener alone, who waits, needs the exact scores of a few tracks only: half the time."""
        if states.shape[0] != 1 or not np.all(np.isfinite(states)):
            return super()._recommend_dense(states, k, exclude, allowed)
        hidden = np.zeros(0, dtype=np.int64) if exclude is None else exclude.indices
        return self._shortlist.best(states[0], k, hidden, allowed)

    def _contributions(self, heard: Interactions, tracks: NDArray[np.int64], states: States | None) -> Scores:
        del states  # follow from what was heard
        shares = np.zeros((heard.nnz, tracks.shape[1]))
        for row in np.flatnonzero(np.diff(heard.indptr)):
            listens = slice(heard.indptr[row], heard.indptr[row + 1])
            mine, counts = self._factors[heard.indices[listens]], self._counts(heard.data[listens])
            pulls = np.linalg.solve(self._normal_matrix(mine, counts), self._factors[tracks[row]].T)
            shares[listens] = (mine.T * counts).T @ pulls
        return shares

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        """Cosine of the factors; 0 where a track has none."""
        lengths = np.linalg.norm(self._factors, axis=1, keepdims=True)
        directions = np.divide(self._factors, lengths, out=np.zeros_like(self._factors), where=lengths > 0)
        similarities: Scores = directions[rows] @ directions.T
        return similarities

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        return {"factors": self._factors.astype(np.float32)}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._take(arrays["factors"])


def _train(counted: Any, config: IalsConfig, progress: Progress) -> NDArray[np.float32]:
    """The track factors, tracks × dimensions, by the library; the only place that imports it (1.8 s)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # irspack 0.5.2 writes configs as pydantic 1 did
        from irspack.recommenders._ials_core import LossType, SolverType
        from irspack.recommenders.ials import IALSTrainer

    trainer = IALSTrainer(
        counted,
        n_components=config.factors,
        alpha0=config.unobserved,
        reg=config.regularization,
        nu=config.frequency_exponent,
        init_std=0.1,
        solver_type=SolverType.CG,
        max_cg_steps=3,
        ialspp_subspace_dimension=64,
        loss_type=LossType.IALSPP,
        random_seed=config.seed,
        n_threads=1,  # two add up in another order each time: of nine fits, two had other last digits
        prediction_time_max_cg_steps=5,
        prediction_time_ialspp_iteration=5,
    )
    for epoch in range(config.epochs):
        trainer.run_epoch()
        progress(epoch + 1, config.epochs)
    factors: NDArray[np.float32] = trainer.core_trainer.item
    return factors
