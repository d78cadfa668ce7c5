"""iALS++: factors of tracks with restraint that grows with how often a track or listener occurs.

Rendle, Krichene, Zhang, Koren, "Revisiting the performance of iALS on item recommendation benchmarks", RecSys 2022, and
"iALS++", 2021. Training is the library irspack's. The loss counts listens with c = weighting(weight) and every pair,
heard or not, with α₀; the restraint of a listener with n of m tracks is reg · (α₀ m + n)^ν. The state of a listener:

    x = (α₀ YᵀY + Σ cⱼ yⱼyⱼᵀ + reg (α₀ m + n)^ν I)⁻¹ Σ cⱼ yⱼ      over the heard tracks j
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from ritournelle.recommenders.base import Interactions, Progress
from ritournelle.recommenders.config import RecommenderConfig
from ritournelle.recommenders.factors import WEIGHTINGS, FactorRecommender, Factors, weighted_gram
from ritournelle.recommenders.search_space import Between, OneOf, SearchSpace

_ADVICE = "raise the regularization"


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


class IalsRecommender(FactorRecommender):
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

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        counted = csr_matrix(interactions, dtype=np.float32, copy=True)
        counted.data = self._strengths(interactions.data).astype(np.float32)
        self._take_factors(_train(counted, self.config, progress), _ADVICE)

    def _strengths(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(WEIGHTINGS[self.config.weighting](weights.astype(np.float64)), dtype=np.float64)

    def _normal_matrix(self, mine: Factors, strengths: NDArray[np.float64]) -> Factors:
        config = self.config
        frequency = config.unobserved * len(self._factors) + len(mine)
        restraint = config.regularization * frequency**config.frequency_exponent
        matrix = weighted_gram(mine, strengths)
        matrix += config.unobserved * self._gram
        matrix[np.diag_indices_from(matrix)] += restraint
        return matrix

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        return {"factors": self._factors.astype(np.float32)}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._take_factors(arrays["factors"], _ADVICE)


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
