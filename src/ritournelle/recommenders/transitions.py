"""Transitions: what follows what within a session; a listen that is near counts more than one further back.

Sequential rules of Ludewig & Jannach, "Evaluation of session-based recommendation algorithms", UMUAI 2018: a pair of
listens a … b in one session adds 1 / (steps between them) to a → b. One more listen is learnt in microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from ritournelle.recommenders.base import Interactions, Progress, Recommender, Scores, States
from ritournelle.recommenders.config import RecommenderConfig
from ritournelle.recommenders.entries import entries_at, rows_of, values_at
from ritournelle.recommenders.neighbours import strongest
from ritournelle.recommenders.search_space import Between, OneOf, SearchSpace
from ritournelle.recommenders.sequences import Sequences
from ritournelle.recommenders.sparse_scores import SparseScores


class TransitionsConfig(RecommenderConfig):
    """How far listens reach within a session, and how many recent ones make a list."""

    steps: int = Field(
        default=15, ge=1, description="Listens further apart than this have nothing to do with each other."
    )
    recent: int = Field(default=8, ge=1, description="Latest listens that a list is made from.")
    recency: float = Field(
        default=0.4, gt=0, le=1, description="What each listen counts against the one after it, when a list is made."
    )
    backward: float = Field(
        default=0.3, ge=0, le=1, description="What b → a counts when a came before b: 0 is strict order, 1 none."
    )
    damping: float = Field(
        default=0.2, ge=0, le=1, description="Exponent on what a track follows in all: more favours rare tracks."
    )
    neighbours: int = Field(default=200, ge=1, description="Followers kept of each track.")
    half_life: float | None = Field(
        default=1.0, gt=0, description="Age at which a session counts half, as a share of the whole time; null: never."
    )


class TransitionsRecommender(Recommender):
    """Scores follow from the latest listens only, at most `recent` of them: a long history costs no more than a short.

    Without an order (plain interactions) a listener's tracks count as one session in which all are neighbours.
    """

    name: ClassVar[str] = "transitions"
    config_type: ClassVar[type[RecommenderConfig]] = TransitionsConfig
    reason: ClassVar[str] = "often heard after what you listened to last"
    search_space: ClassVar[SearchSpace] = {
        "steps": Between(2, 30, log=True),
        "recent": Between(1, 20, log=True),
        "recency": Between(0.2, 1.0),
        "backward": Between(0.0, 1.0),
        "damping": Between(0.0, 0.6),
        "neighbours": OneOf((100, 200, 500)),
        "half_life": Between(0.2, 3.0, log=True),
    }

    config: TransitionsConfig
    _counts: Any  # CSR, tracks × tracks: row = heard before, column = heard after
    _damped: NDArray[np.float64]  # what each follower is multiplied by
    _scored: Any  # `_counts` times `_damped`
    _added: dict[int, dict[int, float]]  # listens learnt one by one, on top

    @property
    def follows_order(self) -> bool:
        """It does."""
        return True

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        n_tracks = interactions.shape[1]
        sequences = self._side.sequences
        if sequences is None:
            together = csr_matrix(interactions > 0, dtype=np.float64)
            counts = csr_matrix(together.T @ together)
        else:
            counts = self._followed(sequences, n_tracks, progress)
            counts = csr_matrix(counts + self.config.backward * counts.T)
        counts.setdiag(counts.diagonal() * (sequences is not None))
        counts.eliminate_zeros()
        self._counts = strongest(counts, self.config.neighbours)
        self._added = {}
        self._weigh()
        progress(1, 1)

    def _followed(self, sequences: Sequences, n_tracks: int, progress: Progress) -> Any:
        """Sum of 1 / steps, by how fresh the session is, over its pairs of listens at most `steps` apart."""
        session = np.repeat(np.arange(len(sequences)), sequences.lengths)
        fresh = sequences.freshness(self.config.half_life)[session]
        total = csr_matrix((n_tracks, n_tracks))
        for step in range(1, self.config.steps + 1):
            same = session[step:] == session[:-step]
            if not same.any():
                break
            before, after = sequences.tracks[:-step][same], sequences.tracks[step:][same]
            total = total + csr_matrix((fresh[step:][same] / step, (before, after)), shape=total.shape)
            progress(0, 1)
        return total

    def _weigh(self) -> None:
        """Counts as scores: a track that follows everything says less."""
        follows = np.asarray(self._counts.sum(axis=0)).ravel()
        damped = np.divide(1.0, follows**self.config.damping, out=np.zeros_like(follows), where=follows > 0)
        self._damped = damped
        self._scored = csr_matrix(self._counts.multiply(damped[None, :]))

    def _fold_in(self, heard: Interactions) -> States:
        """Without an order the heaviest tracks stand for the latest."""
        return strongest(csr_matrix(heard, dtype=np.float64), self.config.recent)

    def _fold_in_recent(self, heard: Interactions, recent: Sequences) -> States:
        return recent.decayed(heard.shape, self.config.recent, self.config.recency)

    def _sparse_scores(self, states: States) -> SparseScores | None:
        return None if self._added else SparseScores.of(csr_matrix(states @ self._scored))

    def _scores(self, states: States) -> Scores:
        scores: Scores = (states @ self._scored).toarray()
        if self._added:
            self._add_learnt(states, scores)
        return scores

    def _add_learnt(self, states: States, scores: Scores) -> None:
        for row, track, weight in zip(
            rows_of(states).tolist(), states.indices.tolist(), states.data.tolist(), strict=True
        ):
            for after, count in self._added.get(track, {}).items():
                scores[row, after] += weight * count * (self._damped[after] or 1.0)

    def _update(self, before: NDArray[np.int64], track: int) -> bool:
        for step, earlier in enumerate(reversed(before[-self.config.steps :].tolist()), start=1):
            forward = self._added.setdefault(earlier, {})
            forward[track] = forward.get(track, 0.0) + 1 / step
            if self.config.backward:
                backward = self._added.setdefault(track, {})
                backward[earlier] = backward.get(earlier, 0.0) + self.config.backward / step
        return True

    def _contributions(self, heard: Interactions, tracks: NDArray[np.int64], states: States | None) -> Scores:
        states = self._fold_in(heard) if states is None else states
        heard_entries = entries_at(heard, rows_of(states), states.indices)
        told = heard_entries >= 0
        owners, latest = rows_of(states)[told], states.indices[told]
        shares = np.zeros((heard.nnz, tracks.shape[1]))
        shares[heard_entries[told]] = values_at(self._scored, latest, tracks[owners]) * states.data[told][:, None]
        return shares

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        alike: Scores = self._scored[rows].toarray()
        return alike

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        matrix = self._with_added()
        return {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr, "damped": self._damped}

    def _with_added(self) -> Any:
        entries = [(a, b, count) for a, followers in self._added.items() for b, count in followers.items()]
        if not entries:
            return self._counts
        rows, columns, counts = (np.array(column) for column in zip(*entries, strict=True))
        merged = csr_matrix(self._counts + csr_matrix((counts, (rows, columns)), shape=self._counts.shape))
        merged.sum_duplicates()
        return merged

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        n_tracks = len(arrays["indptr"]) - 1
        parts = (arrays["data"], arrays["indices"], arrays["indptr"])
        self._counts = csr_matrix(parts, shape=(n_tracks, n_tracks))
        self._added = {}
        self._damped = arrays["damped"]
        fresh = np.where(self._damped == 0, 1.0, self._damped)
        self._scored = csr_matrix(self._counts.multiply(fresh[None, :]))
