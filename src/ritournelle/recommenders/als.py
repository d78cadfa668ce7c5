"""ALS: tracks and listeners as points in one space, by alternating least squares on confidence weights.

Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008: preference 1 where there was a
listen and 0 elsewhere, confidence c = 1 + alpha · f(weight). Training is the library implicit's (conjugate gradient of
Takács, Pilászy, Tikk 2011). Everything after it needs the track factors Y only, and NumPy:

    state of a listener    x = (YᵀC Y + λI)⁻¹ YᵀC p
    score of track i       yᵢᵀx = Σⱼ cⱼ · yᵢᵀ (YᵀCY + λI)⁻¹ yⱼ    over the heard tracks j
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from ritournelle.errors import ModelError
from ritournelle.recommenders.base import MANY, Interactions, Progress, States
from ritournelle.recommenders.config import RecommenderConfig
from ritournelle.recommenders.factors import WEIGHTINGS, FactorRecommender, Factors, weighted_gram
from ritournelle.recommenders.inner_products import InnerProducts
from ritournelle.recommenders.ranked import Ranked
from ritournelle.recommenders.search_space import Between, OneOf, SearchSpace

_POWER_STEPS = 30
_NEAR_ENOUGH = 1e-4
"""Power iteration for the strongest pattern ends after so many steps, or when one adds no more than this share: 1 % is
near enough for a regularisation."""


_GRADIENT_STEPS = 12
"""Conjugate gradients to float32's last digits: of 100,000 listeners (100 tracks each, 64 dimensions) none was further
than 2e-6 from the exact solution after 8 steps, in a third of its time; the steps end by themselves where they can."""


class AlsConfig(RecommenderConfig):
    """Size, confidence and restraint of the factors."""

    factors: int = Field(default=64, ge=1, description="Dimensions of the space.")
    iterations: int = Field(default=15, ge=1, description="Rounds of alternating between listeners and tracks.")
    warm_iterations: int = Field(
        default=2, ge=1, description="Rounds when training starts from the factors of a former model."
    )
    fold_in_tracks: int = Field(
        default=500, ge=1, description="Heaviest tracks of a listener that are looked at when they are folded in."
    )
    alpha: float = Field(default=2.0, gt=0, description="How much a listen outweighs the absence of one.")
    weighting: Literal["log1p", "linear", "binary"] = Field(
        default="log1p",
        description="What a weight of 100 counts against one of 1: log1p 6.7 ×, linear 100 ×, binary the same.",
    )
    regularization: float | None = Field(
        default=None, gt=0, description="Restraint λ of the factors; unset: `relative_regularization` decides."
    )
    relative_regularization: float = Field(
        default=0.06,
        gt=0,
        lt=1,
        description="λ as a share of the strongest pattern in the data; weaker patterns are noise.",
    )


class AlsRecommender(FactorRecommender):
    """Personal lists from factors of tracks; listeners are folded in, so those never trained on are served alike.

    λ follows the data unless it is set: a pattern whose singular value in the confidence matrix is below λ vanishes
    from the factors. (λ = 30 is right for 92,834 pairs of Last.fm and erases 1,000 listeners × 5 tracks altogether.)
    """

    name: ClassVar[str] = "als"
    config_type: ClassVar[type[RecommenderConfig]] = AlsConfig
    reason: ClassVar[str] = "close to your listening as a whole"
    search_space: ClassVar[SearchSpace] = {
        "factors": OneOf((64, 128, 192)),
        "alpha": Between(0.5, 20.0, log=True),
        "relative_regularization": Between(0.01, 0.3, log=True),
        "weighting": OneOf(("log1p", "binary")),
    }

    config: AlsConfig
    _regularization: float

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        strengths = self._strengths(interactions.data).astype(np.float32)
        confidence = csr_matrix((strengths, interactions.indices, interactions.indptr), shape=interactions.shape)
        strongest = _strongest_pattern(confidence)
        restraint = self.config.regularization or self.config.relative_regularization * strongest
        if restraint >= strongest:
            raise ModelError(
                f"regularization {restraint:g} erases every pattern: the strongest in this data is {strongest:.3g}; "
                "set a lower one, or leave it unset"
            )
        start = self._former_factors(interactions.shape[1])
        self._take(_train(confidence, self.config, restraint, progress, start), restraint)

    def _former_factors(self, n_tracks: int) -> NDArray[np.float32] | None:
        """The track factors to start from; tracks that the former model did not know start at 0."""
        former = self._warm.model if self._warm is not None else None
        if self._warm is None or not isinstance(former, AlsRecommender):
            return None
        if former.config.factors != self.config.factors:
            return None
        known = self._warm.rows >= 0
        factors = np.zeros((n_tracks, self.config.factors), dtype=np.float32)
        factors[known] = former.arrays()["factors"][self._warm.rows[known]]
        return factors

    def _take(self, factors: NDArray[np.float32], regularization: float) -> None:
        self._take_factors(factors, "raise the regularization or lower alpha")
        self._regularization = float(regularization)

    def _strengths(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        strengths = WEIGHTINGS[self.config.weighting](weights.astype(np.float64))
        return 1.0 + self.config.alpha * strengths

    def _fold_in(self, heard: Interactions) -> States:
        if heard.shape[0] >= MANY:
            return self._fold_in_many(self._bounded(heard))
        return super()._fold_in(heard)

    def _fold_in_many(self, heard: Interactions) -> States:
        """The same by the library, in float32 and on all cores."""
        from implicit.cpu import _als as library  # here: 1 s to import

        confidence = csr_matrix(
            (self._strengths(heard.data).astype(np.float32), heard.indices, heard.indptr), heard.shape
        )
        states = np.zeros((heard.shape[0], self._factors.shape[1]), dtype=np.float32)
        factors = self._shortlist.narrow
        with threadpool_limits(limits=1, user_api="blas"):
            library.least_squares_cg(  # pylint: disable=c-extension-no-member
                confidence, states, factors, self._regularization, num_threads=0, cg_steps=_GRADIENT_STEPS
            )
        return states

    def _bounded(self, heard: Interactions) -> Interactions:
        """Each listener's heaviest tracks, so that a long history costs no more than a short one."""
        lengths = np.diff(heard.indptr)
        if not np.any(lengths > self.config.fold_in_tracks):
            return heard
        kept = np.concatenate([self._heaviest(heard, row) for row in range(heard.shape[0])])
        starts = np.concatenate([[0], np.cumsum(np.minimum(lengths, self.config.fold_in_tracks))])
        return csr_matrix((heard.data[kept], heard.indices[kept], starts), shape=heard.shape)

    def _heaviest(self, heard: Interactions, row: int) -> NDArray[np.int64]:
        """Places of one listener's heaviest tracks, ascending; of equal ones the lower tracks."""
        start, end = int(heard.indptr[row]), int(heard.indptr[row + 1])
        most = self.config.fold_in_tracks
        if end - start <= most:
            return np.arange(start, end)
        weights = heard.data[start:end]
        edge = np.partition(weights, -most)[-most]
        above = np.flatnonzero(weights > edge)
        tied = np.flatnonzero(weights == edge)[: most - len(above)]
        return np.sort(np.concatenate([above, tied])) + start

    def _normal_matrix(self, mine: Factors, strengths: NDArray[np.float64]) -> Factors:
        """YᵀCY + λI of one listener: YᵀY once for all, plus what the heard tracks add to it."""
        matrix = weighted_gram(mine, strengths - 1.0)
        matrix += self._gram
        matrix[np.diag_indices_from(matrix)] += self._regularization
        return matrix

    def _recommend_many(
        self, states: States, k: int, exclude: Interactions | None, allowed: NDArray[np.bool_] | None
    ) -> Ranked:
        products = InnerProducts(self._shortlist.narrow, allowed)
        return products.best(states.astype(np.float32), k, exclude)

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        return {"factors": self._factors.astype(np.float32), "regularization": np.array(self._regularization)}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._take(arrays["factors"], float(arrays["regularization"]))


def _train(
    confidence: Interactions,
    config: AlsConfig,
    restraint: float,
    progress: Progress,
    start: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    """The track factors, tracks × dimensions, by the library; the only place that imports it."""
    from implicit.cpu.als import AlternatingLeastSquares  # here: 1 s to import

    # implicit runs its own threads; left alone, OpenBLAS starts as many again in each of them: up to 10 × slower. The
    # limit holds for libraries that are loaded already, so the import comes first.
    iterations = config.iterations if start is None else config.warm_iterations
    with threadpool_limits(limits=1, user_api="blas"):
        library = AlternatingLeastSquares(
            factors=config.factors,
            regularization=restraint,
            alpha=1.0,  # already in the confidence
            iterations=iterations,
            random_state=config.seed,
        )
        library.item_factors = start  # None: random ones; listeners follow in the first round
        library.fit(
            confidence,
            show_progress=False,
            callback=lambda iteration, _seconds, _loss: progress(iteration + 1, iterations),
        )
    factors: NDArray[np.float32] = library.item_factors
    return factors


def _strongest_pattern(confidence: Interactions) -> float:
    """The largest singular value of the confidence matrix, by power iteration from a constant start."""
    direction = np.full(confidence.shape[1], 1.0 / np.sqrt(confidence.shape[1]))
    strength = 0.0
    for _ in range(_POWER_STEPS):
        direction = confidence.T @ (confidence @ direction)
        length = float(np.linalg.norm(direction))
        direction, before, strength = direction / length, strength, float(np.sqrt(length))
        if strength - before < _NEAR_ENOUGH * strength:
            break
    return strength
