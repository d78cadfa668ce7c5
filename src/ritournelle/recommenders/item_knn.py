"""Item-kNN: tracks that the same people hear are alike; a list is what is most alike to what was heard.

Sarwar et al., "Item-based collaborative filtering", WWW 2001; weighting by BM25 as in Manning, Raghavan, Schütze,
"Introduction to Information Retrieval", 2008, chapter 11: a listener is a document, a track a term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix, diags

from ritournelle.recommenders.base import Interactions, Progress, Recommender, Scores, States
from ritournelle.recommenders.config import RecommenderConfig
from ritournelle.recommenders.entries import rows_of, values_at
from ritournelle.recommenders.neighbours import strongest_of_product
from ritournelle.recommenders.search_space import Between, OneOf, SearchSpace
from ritournelle.recommenders.sparse_scores import SparseScores


class ItemKnnConfig(RecommenderConfig):
    """How alikeness is measured, and how many neighbours count."""

    neighbours: int = Field(default=100, ge=1, description="Neighbours kept of each track.")
    weighting: Literal["cosine", "tf_idf", "bm25"] = Field(
        default="bm25", description="How much a listen says: the same for all, by rarity, or BM25 of both."
    )
    scale: Literal["log1p", "linear", "binary"] = Field(
        default="log1p", description="What a weight of 100 counts against one of 1 before the weighting."
    )
    k1: float = Field(default=0.5, ge=0, description="BM25: how soon more listens of one track stop counting.")
    b: float = Field(default=0.2, ge=0, le=1, description="BM25: how much long histories are discounted.")
    popularity_damping: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Exponent on the recommended track's length: 0.5 is the cosine, more favours rare tracks.",
    )
    shrinkage: float = Field(
        default=0.0, ge=0, description="Added to the product of lengths: distrust of thin evidence."
    )


_SCALES: Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "log1p": np.log1p,
    "linear": np.asarray,
    "binary": np.ones_like,
}


class ItemKnnRecommender(Recommender):
    """Scores are sums of heard weights times similarities, so that every part of a score has its heard track."""

    name: ClassVar[str] = "item_knn"
    config_type: ClassVar[type[RecommenderConfig]] = ItemKnnConfig
    reason: ClassVar[str] = "like tracks you listened to"
    search_space: ClassVar[SearchSpace] = {
        "neighbours": Between(20, 400, log=True),
        "weighting": OneOf(("cosine", "tf_idf", "bm25")),
        "scale": OneOf(("log1p", "binary")),
        "popularity_damping": Between(0.3, 0.8),
        "shrinkage": Between(0.0, 20.0),
        "k1": Between(0.1, 3.0, log=True),
        "b": Between(0.0, 0.9),
    }

    config: ItemKnnConfig
    _similarity: Any  # CSR, tracks × tracks: row = heard, column = recommended

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        weighed = self._weighed(interactions)
        squares = np.asarray(weighed.multiply(weighed).sum(axis=0)).ravel()
        with np.errstate(divide="ignore"):
            left, right = squares ** (self.config.popularity_damping - 1), squares**-self.config.popularity_damping
        left[squares == 0] = right[squares == 0] = 0.0

        def alike(block: Any, start: int) -> Any:
            return _scaled(block, start, left, right, squares, self.config)

        by_track = csr_matrix(weighed.T)
        self._similarity = strongest_of_product(
            by_track, weighed, self.config.neighbours, scale=alike, progress=progress
        ).astype(np.float32)

    def _weighed(self, interactions: Interactions) -> Any:
        weighed = csr_matrix(interactions, dtype=np.float64, copy=True)
        weighed.data = _SCALES[self.config.scale](weighed.data)
        if self.config.weighting == "cosine":
            return weighed
        listeners = np.bincount(weighed.indices, minlength=weighed.shape[1])
        rarity = np.log1p(weighed.shape[0] / np.maximum(listeners, 1))
        if self.config.weighting == "bm25":
            lengths = np.asarray(weighed.sum(axis=1)).ravel()
            relative = 1 - self.config.b + self.config.b * lengths / max(lengths.mean(), 1e-12)
            owner = np.repeat(relative, np.diff(weighed.indptr))
            weighed.data *= (self.config.k1 + 1) / (weighed.data + self.config.k1 * owner)
        return csr_matrix(weighed @ diags(rarity))

    def _fold_in(self, heard: Interactions) -> States:
        states = csr_matrix(heard, dtype=np.float64, copy=True)
        states.data = _SCALES[self.config.scale](states.data)
        return states

    def _sparse_scores(self, states: States) -> SparseScores:
        return SparseScores.of(csr_matrix(states @ self._similarity))

    def _scores(self, states: States) -> Scores:
        scores: Scores = (states @ self._similarity).toarray()
        return scores

    def _contributions(self, heard: Interactions, tracks: NDArray[np.int64], states: States | None) -> Scores:
        del states  # follow from what was heard
        weights = self._fold_in(heard).data
        shares: Scores = values_at(self._similarity, heard.indices, tracks[rows_of(heard)]) * weights[:, None]
        return shares

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        alike: Scores = self._similarity[rows].toarray().astype(np.float64)
        return alike

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        matrix = self._similarity
        return {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        n_tracks = len(arrays["indptr"]) - 1
        parts = (arrays["data"], arrays["indices"], arrays["indptr"])
        self._similarity = csr_matrix(parts, shape=(n_tracks, n_tracks))


def _scaled(block: Any, start: int, left: Any, right: Any, squares: Any, config: ItemKnnConfig) -> Any:
    """Products as similarities, without a track's with itself."""
    rows = start + rows_of(block)
    trust = 1.0
    if config.shrinkage:
        lengths = np.sqrt(squares[rows] * squares[block.indices])
        trust = lengths / (lengths + config.shrinkage)
    block.data = block.data * left[rows] * right[block.indices] * trust
    block.data[rows == block.indices] = 0.0
    block.eliminate_zeros()
    return block
