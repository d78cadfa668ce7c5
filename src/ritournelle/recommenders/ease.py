"""EASE: the one linear map of histories onto themselves that must not use a track to explain itself.

Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019: with the Gram matrix G = XᵀX + λI and P = G⁻¹,
B = I − P · diag(1 / diag P); scores of a history x are x · B. Exact, and cubic in the number of tracks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.linalg.lapack import get_lapack_funcs
from scipy.sparse import csr_matrix

from ritournelle.errors import ModelError
from ritournelle.recommenders.base import Interactions, Progress, Recommender, Scores, States
from ritournelle.recommenders.config import RecommenderConfig
from ritournelle.recommenders.entries import rows_of, values_at
from ritournelle.recommenders.one_thread import one_thread_if
from ritournelle.recommenders.search_space import Between, OneOf, SearchSpace

_ROWS_AT_ONCE = 1024
_WORTH_THREADS = 4_096
"""Tracks from which several threads invert faster."""


class EaseConfig(RecommenderConfig):
    """Restraint, and how much is kept."""

    regularization: float = Field(default=200.0, gt=0, description="λ: distrust of tracks that few have heard.")
    scale: Literal["log1p", "binary"] = Field(
        default="binary", description="What a weight counts: its logarithm, or that there is one."
    )
    popularity_damping: float = Field(
        default=0.0, ge=0, le=1, description="Divides a listen by its track's listeners to this power; 0: not at all."
    )
    listener_damping: float = Field(
        default=0.0, ge=0, le=1, description="Divides a listen by its listener's tracks to this power; 0: not at all."
    )
    most_tracks: int = Field(
        default=25_000, ge=1, description="A larger catalogue is refused: 25,000 tracks take 5 GB."
    )
    neighbours: int = Field(default=1_000, ge=1, description="Strongest weights kept of each track when it serves.")


class EaseRecommender(Recommender):
    """Scores are sums over heard tracks, negative parts included; only positive parts are named as reasons."""

    name: ClassVar[str] = "ease"
    config_type: ClassVar[type[RecommenderConfig]] = EaseConfig
    reason: ClassVar[str] = "goes with tracks you listened to"
    search_space: ClassVar[SearchSpace] = {
        "regularization": Between(5.0, 2_000.0, log=True),
        "scale": OneOf(("binary", "log1p")),
        "popularity_damping": Between(0.0, 0.6),
        "listener_damping": Between(0.0, 0.6),
    }
    searched_on: ClassVar[int | None] = 6_000  # 25,000 tracks take 60 times as long as 6,000

    config: EaseConfig
    _weights: Any  # CSR, tracks × tracks: row = heard, column = recommended

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        n_tracks = interactions.shape[1]
        if n_tracks > self.config.most_tracks:
            raise ModelError(
                f"EASE inverts a matrix of tracks × tracks: {n_tracks:,} tracks are more than most_tracks = "
                f"{self.config.most_tracks:,}; use item_knn or als, or raise the option if memory allows"
            )
        matrix, scale = self._scaled(interactions)
        inverse = _inverse((matrix.T @ matrix).astype(np.float32), self.config.regularization)
        diagonal = np.diag(inverse).copy()
        parts = []
        for start in range(0, n_tracks, _ROWS_AT_ONCE):
            stop = min(start + _ROWS_AT_ONCE, n_tracks)
            block = -inverse[start:stop] / diagonal[None, :]
            block[np.arange(stop - start), np.arange(start, stop)] = 0.0
            block *= scale[start:stop, None] / np.maximum(scale, 1e-12)[None, :]
            parts.append(_kept(block, self.config.neighbours))
            progress(stop, n_tracks)
        self._weights = _stacked(parts, n_tracks)

    def _scaled(self, interactions: Interactions) -> tuple[Any, NDArray[np.float32]]:
        """The histories that are mapped, and what each track's listens were multiplied by.

        Damped both ways this is the normalised matrix of graph filters (He et al., LightGCN, SIGIR 2020), inverted
        instead of raised to powers.
        """
        matrix = self._fold_in(interactions).astype(np.float32)
        listeners = np.maximum(np.bincount(matrix.indices, minlength=matrix.shape[1]), 1)
        scale = (listeners / listeners.mean()) ** -self.config.popularity_damping
        lengths = np.maximum(np.diff(matrix.indptr), 1)
        trust = (lengths / lengths.mean()) ** -self.config.listener_damping
        matrix.data = (matrix.data * scale[matrix.indices] * np.repeat(trust, np.diff(matrix.indptr))).astype(
            np.float32
        )
        return matrix, scale.astype(np.float32)

    def _fold_in(self, heard: Interactions) -> States:
        states = csr_matrix(heard, dtype=np.float64, copy=True)
        states.data = np.log1p(states.data) if self.config.scale == "log1p" else np.ones_like(states.data)
        return states

    def _scores(self, states: States) -> Scores:
        scores: Scores = (states @ self._weights).toarray()
        return scores

    def _contributions(self, heard: Interactions, tracks: NDArray[np.int64], states: States | None) -> Scores:
        del states  # follow from what was heard
        weights = self._fold_in(heard).data
        shares: Scores = values_at(self._weights, heard.indices, tracks[rows_of(heard)]) * weights[:, None]
        return shares

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        alike: Scores = self._weights[rows].toarray().astype(np.float64)
        return alike

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        matrix = self._weights
        return {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        n_tracks = len(arrays["indptr"]) - 1
        parts = (arrays["data"], arrays["indices"], arrays["indptr"])
        self._weights = csr_matrix(parts, shape=(n_tracks, n_tracks))


def _inverse(gram: Any, restraint: float) -> NDArray[np.float32]:
    """The inverse of gram + restraint · I, in the memory of one dense matrix (Cholesky, in place)."""
    dense = gram.toarray(order="F")  # LAPACK's order: no second copy of 2.5 GB
    dense[np.diag_indices_from(dense)] += np.float32(restraint)
    with one_thread_if(len(dense) < _WORTH_THREADS):
        lower = _inverted(dense, restraint)
    for start in range(0, len(lower), _ROWS_AT_ONCE):  # potri fills the lower triangle only
        stop = min(start + _ROWS_AT_ONCE, len(lower))
        lower[:start, start:stop] = lower[start:stop, :start].T
        square = lower[start:stop, start:stop]
        square[:] = np.tril(square) + np.tril(square, -1).T
    return lower


def _inverted(dense: NDArray[np.float32], restraint: float) -> NDArray[np.float32]:
    """In place, the lower triangle only."""
    factorise, invert = get_lapack_funcs(("potrf", "potri"), (dense,))
    lower, problem = factorise(dense, lower=True, overwrite_a=True, clean=False)
    if problem == 0:
        lower, problem = invert(lower, lower=True, overwrite_c=True)
    if problem != 0:
        raise ModelError(f"EASE found no inverse with regularization {restraint:g}; raise it")
    inverse: NDArray[np.float32] = lower
    return inverse


def _kept(block: NDArray[np.float32], k: int) -> tuple[Any, Any, Any]:
    """The `k` weights of each row that are furthest from 0, as (data, columns, lengths)."""
    if block.shape[1] <= k:
        columns = np.tile(np.arange(block.shape[1]), (len(block), 1))
    else:
        columns = np.sort(np.argpartition(-np.abs(block), k - 1, axis=1)[:, :k], axis=1)
    values = np.take_along_axis(block, columns, axis=1)
    filled = values != 0
    return values[filled], columns[filled].astype(np.int32), filled.sum(axis=1)


def _stacked(parts: list[tuple[Any, Any, Any]], n_tracks: int) -> Any:
    data, columns, lengths = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return csr_matrix((data.astype(np.float32), columns, starts), shape=(n_tracks, n_tracks))
