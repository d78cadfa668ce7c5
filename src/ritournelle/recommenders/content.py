"""Content: tracks of the same artist, album and genre words as what was heard; for tracks that nobody has heard yet.

Cosine of features weighed by rarity (tf-idf; Salton & Buckley, 1988). Where nothing is known of the tracks, all scores
are 0 and lists are in the order of rows: callers ask another model then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from ritournelle.recommenders.base import Interactions, Progress, Recommender, Scores, States
from ritournelle.recommenders.sparse_scores import SparseScores


class ContentRecommender(Recommender):
    """Needs `side.content`; listens play no part in what is alike, so that new tracks are equal to old ones."""

    name: ClassVar[str] = "content"
    reason: ClassVar[str] = "by artists and of genres that you listen to"

    _features: Any  # CSR, tracks × features, rows of length 1 or 0

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        content = self._side.content
        self._features = csr_matrix((interactions.shape[1], 1)) if content is None else _weighed(csr_matrix(content))
        progress(1, 1)

    def knows(self, tracks: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Of which of these track rows anything is known."""
        known: NDArray[np.bool_] = np.diff(self._features.indptr)[tracks] > 0
        return known

    def _fold_in(self, heard: Interactions) -> States:
        return csr_matrix(heard.astype(np.float64).log1p() @ self._features)

    def _sparse_scores(self, states: States) -> SparseScores:
        return SparseScores.of(csr_matrix(states @ self._features.T))

    def _scores(self, states: States) -> Scores:
        scores: Scores = (states @ self._features.T).toarray()
        return scores

    def _contributions(self, heard: Interactions, tracks: NDArray[np.int64], states: States | None) -> Scores:
        del states  # follow from what was heard
        shares = np.zeros((heard.nnz, tracks.shape[1]))
        for row in np.flatnonzero(np.diff(heard.indptr)):
            listens = slice(heard.indptr[row], heard.indptr[row + 1])
            shares[listens] = (self._features[heard.indices[listens]] @ self._features[tracks[row]].T).toarray()
        shares *= np.log1p(heard.data)[:, None]
        return shares

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        alike: Scores = (self._features[rows] @ self._features.T).toarray()
        return alike

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        matrix = self._features
        shape = np.array(matrix.shape, dtype=np.int64)
        return {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr, "shape": shape}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        parts = (arrays["data"], arrays["indices"], arrays["indptr"])
        self._features = csr_matrix(parts, shape=tuple(arrays["shape"].tolist()))


def _weighed(content: Any) -> Any:
    counts = np.bincount(content.indices, minlength=content.shape[1])
    rarity = np.log1p(content.shape[0] / np.maximum(counts, 1))
    weighed = csr_matrix(content @ diags(rarity))
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return csr_matrix(diags(inverse) @ weighed)
