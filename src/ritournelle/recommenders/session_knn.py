"""Session-kNN: sessions that share the latest tracks with this one, and what else was in them.

V-SKNN of Ludewig & Jannach, "Evaluation of session-based recommendation algorithms", UMUAI 2018: tracks of the running
session weigh more the later they came, the most alike past sessions vote for their tracks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix, diags

from ritournelle.recommenders.base import Interactions, Progress, Recommender, RecommenderConfig, Scores, States
from ritournelle.recommenders.neighbours import strongest
from ritournelle.recommenders.search_space import Between, SearchSpace
from ritournelle.recommenders.sequences import Sequences


class SessionKnnConfig(RecommenderConfig):
    """How many sessions vote, and what the latest listens count."""

    neighbours: int = Field(default=200, ge=1, description="Past sessions that vote.")
    recent: int = Field(default=10, ge=1, description="Latest listens that are looked up.")
    recency: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="What each listen counts against the one after it, when sessions are compared.",
    )
    rarity: float = Field(default=0.5, ge=0, description="Exponent on the rarity (idf) of a shared track.")
    half_life: float | None = Field(
        default=1.0, gt=0, description="Age at which a session counts half, as a share of the whole time; null: never."
    )
    most_sessions: int = Field(default=300_000, ge=1, description="Past sessions kept, the latest: bounds memory.")


class SessionKnnRecommender(Recommender):
    """Past sessions are kept as tracks only, without their listeners.

    Without an order (plain interactions) a listener's tracks count as one session.
    """

    name: ClassVar[str] = "session_knn"
    config_type: ClassVar[type[RecommenderConfig]] = SessionKnnConfig
    reason: ClassVar[str] = "heard in sessions like your last one"
    search_space: ClassVar[SearchSpace] = {
        "neighbours": Between(50, 1_000, log=True),
        "recent": Between(2, 20, log=True),
        "recency": Between(0.3, 1.0),
        "rarity": Between(0.0, 2.0),
        "half_life": Between(0.2, 3.0, log=True),
    }

    config: SessionKnnConfig
    _sessions: Any  # CSR, sessions × tracks, 1 where a track is in a session
    _fresh: NDArray[np.float64]  # what each session counts
    _lookup: Any  # CSR, tracks × sessions: what a track says for a session

    @property
    def follows_order(self) -> bool:
        """It does."""
        return True

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        sequences, most = self._side.sequences, self.config.most_sessions
        if sequences is None:
            sessions = csr_matrix(interactions > 0, dtype=np.float32)
            self._take(csr_matrix(sessions[-most:]), np.ones(min(sessions.shape[0], most)))
        else:
            latest = sequences.latest(most)
            rows = np.repeat(np.arange(len(latest)), latest.lengths)
            ones = np.ones(len(rows), dtype=np.float32)
            sessions = csr_matrix((ones, (rows, latest.tracks)), shape=(len(latest), interactions.shape[1]))
            sessions.data[:] = 1.0
            self._take(sessions, latest.freshness(self.config.half_life))
        progress(1, 1)

    def _take(self, sessions: Any, fresh: NDArray[np.float64]) -> None:
        self._sessions, self._fresh = sessions, fresh
        counts = np.bincount(sessions.indices, minlength=sessions.shape[1])
        rarity = np.log1p(sessions.shape[0] / np.maximum(counts, 1)) ** self.config.rarity
        lengths = np.sqrt(np.maximum(np.diff(sessions.indptr), 1))
        self._lookup = csr_matrix(diags(rarity) @ sessions.T @ diags(fresh / lengths))

    def _fold_in(self, heard: Interactions) -> States:
        """Without an order the heaviest tracks stand for the latest."""
        return strongest(csr_matrix(heard, dtype=np.float64), self.config.recent)

    def _fold_in_recent(self, heard: Interactions, recent: Sequences) -> States:
        return recent.decayed(heard.shape, self.config.recent, self.config.recency)

    def _scores(self, states: States) -> Scores:
        voters = strongest(csr_matrix(states @ self._lookup), self.config.neighbours)
        scores: Scores = np.asarray((voters @ self._sessions).toarray(), dtype=np.float64)
        return scores

    def _contributions(self, heard: Interactions, tracks: NDArray[np.int64], state: States | None) -> Scores:
        """A heard track's share is what the voters that it brought gave to the recommended one."""
        state = self._fold_in(heard) if state is None else state
        voters = strongest(csr_matrix(state @ self._lookup), self.config.neighbours)
        weights = np.zeros(heard.shape[1])
        weights[state.indices] = state.data
        brought = csr_matrix(self._lookup[heard.indices][:, voters.indices].multiply(weights[heard.indices][:, None]))
        shares: Scores = np.asarray((brought @ self._sessions[voters.indices][:, tracks]).toarray()).T.copy()
        return shares

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        single = csr_matrix(
            (np.ones(len(rows)), (np.arange(len(rows)), rows)), shape=(len(rows), self._sessions.shape[1])
        )
        return self._scores(single)

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        matrix = self._sessions
        shape = np.array(matrix.shape, dtype=np.int64)
        return {"indices": matrix.indices, "indptr": matrix.indptr, "shape": shape, "fresh": self._fresh}

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        ones = np.ones(len(arrays["indices"]), dtype=np.float32)
        sessions = csr_matrix((ones, arrays["indices"], arrays["indptr"]), shape=tuple(arrays["shape"].tolist()))
        self._take(sessions, arrays["fresh"])
