"""Session-kNN: sessions that share the latest tracks with this one, and what else was in them.

V-SKNN of Ludewig & Jannach, "Evaluation of session-based recommendation algorithms", UMUAI 2018: tracks of the running
session weigh more the later they came, the most alike past sessions vote for their tracks. From STAN (Garg et al.,
SIGIR 2019): a vote counts more the nearer the track stood to the one that both sessions share. Nowplaying, validation
part, P@20/MRR@20: 23.1/6.7 as V-SKNN, 23.1/8.2 once tracks of the running session count less, 23.5/9.5 with nearness.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix, diags, vstack

from ritournelle.recommenders.base import Interactions, Progress, Recommender, Scores, States
from ritournelle.recommenders.config import RecommenderConfig
from ritournelle.recommenders.entries import entries_at, rows_of, values_at
from ritournelle.recommenders.neighbours import strongest
from ritournelle.recommenders.search_space import Between, SearchSpace
from ritournelle.recommenders.sequences import Sequences
from ritournelle.recommenders.sparse_scores import SparseScores
from ritournelle.recommenders.votes import Ballot, Votes


class SessionKnnConfig(RecommenderConfig):
    """How many sessions vote, and what the latest listens count."""

    neighbours: int = Field(default=200, ge=1, description="Past sessions that vote.")
    recent: int = Field(default=10, ge=1, description="Latest listens that are looked up.")
    recency: float = Field(
        default=0.7,
        gt=0,
        le=1,
        description="What each listen counts against the one after it, when sessions are compared.",
    )
    rarity: float = Field(default=1.0, ge=0, description="Exponent on the rarity (idf) of a shared track.")
    half_life: float | None = Field(
        default=1.0, gt=0, description="Age at which a session counts half, as a share of the whole time; null: never."
    )
    reach: float = Field(
        default=5.0,
        gt=0,
        description="Listens away from the shared track at which a vote counts 1/e; the latest shared one is meant.",
    )
    backward: float = Field(
        default=0.5, ge=0, le=1, description="What a vote for a track before the shared one counts."
    )
    repeats: float = Field(
        default=0.2, ge=0, le=1, description="What votes for tracks of the running session itself count."
    )
    longest: int = Field(
        default=100, ge=2, description="Longer sessions are cut into several: bounds the work per list."
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
        "reach": Between(1.5, 30.0, log=True),
        "backward": Between(0.1, 1.0),
        "repeats": Between(0.0, 0.6),
    }

    config: SessionKnnConfig
    _ballot: Ballot
    _width: int  # tracks
    _fresh: NDArray[np.float64]  # what each session counts
    _rarity: NDArray[np.float64]  # what each track says for the sessions that it is in
    _worth: NDArray[np.float64]  # what each session makes of that: its own count over its length
    _lookup: Any  # CSR, tracks × sessions: both multiplied

    @property
    def follows_order(self) -> bool:
        """It does."""
        return True

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        sequences, most = self._side.sequences, self.config.most_sessions
        if sequences is None:
            sessions = csr_matrix(interactions > 0)[-most:]
            fresh = np.ones(sessions.shape[0])
            self._take(sessions.indices, sessions.indptr, fresh, interactions.shape[1], is_ordered=False)
        else:
            latest = sequences.cut(self.config.longest).latest(most)
            fresh = latest.freshness(self.config.half_life)
            self._take(latest.tracks, latest.starts, fresh, interactions.shape[1], is_ordered=True)
        progress(1, 1)

    def _take(self, tracks: Any, starts: Any, fresh: NDArray[np.float64], n_tracks: int, *, is_ordered: bool) -> None:
        reach, backward = self.config.reach, self.config.backward
        self._ballot = Ballot(tracks.astype(np.int32), starts.astype(np.int64), is_ordered, reach, backward)
        self._fresh, self._width = fresh, n_tracks
        rows = np.repeat(np.arange(len(fresh)), np.diff(starts))
        sessions = csr_matrix((np.ones(len(rows)), (rows, tracks)), shape=(len(fresh), n_tracks))
        sessions.data[:] = 1.0
        counts = np.bincount(sessions.indices, minlength=n_tracks)
        rarity = np.log1p(len(fresh) / np.maximum(counts, 1)) ** self.config.rarity
        lengths = np.sqrt(np.maximum(np.diff(sessions.indptr), 1))
        self._rarity, self._worth = rarity, fresh / lengths
        self._lookup = csr_matrix(diags(rarity) @ sessions.T @ diags(self._worth))

    def _fold_in(self, heard: Interactions) -> States:
        """Without an order the heaviest tracks stand for the latest."""
        return strongest(csr_matrix(heard, dtype=np.float64), self.config.recent)

    def _fold_in_recent(self, heard: Interactions, recent: Sequences) -> States:
        states = recent.decayed(heard.shape, self.config.recent, self.config.recency)
        states.sum_duplicates()
        return states

    def _scores(self, states: States) -> Scores:
        scores: Scores = self._sparse_scores(states).entries.toarray()
        return scores

    def _sparse_scores(self, states: States) -> SparseScores:
        voters = self._voters(states)
        parts = [self._counted(voters[rows], states[rows]) for rows in self._ballot.blocks(voters)]
        return SparseScores.of(vstack(parts, format="csr") if parts else csr_matrix(states.shape))

    def _counted(self, voters: Any, states: States) -> Any:
        """CSR, listeners × tracks: the votes of these voters."""
        votes = self._ballot.votes(voters, states)
        weights = voters.data[votes.voters] * votes.counts
        places = (rows_of(voters)[votes.voters], votes.tracks)
        scores = csr_matrix((weights, places), shape=states.shape)
        running = csr_matrix((np.ones(states.nnz), states.indices, states.indptr), shape=states.shape)
        return csr_matrix(scores - (1 - self.config.repeats) * scores.multiply(running))

    def _voters(self, states: States) -> Any:
        """CSR, listeners × sessions: how alike the most alike ones are."""
        return strongest(csr_matrix(states @ self._lookup), self.config.neighbours)

    def _contributions(self, heard: Interactions, tracks: NDArray[np.int64], states: States | None) -> Scores:
        """A heard track's share is what the voters that it brought gave to the recommended one."""
        states = self._fold_in(heard) if states is None else states
        voters = self._voters(states)
        shares = [
            self._shares(heard[rows], tracks[rows], voters[rows], states[rows]) for rows in self._ballot.blocks(voters)
        ]
        return np.concatenate([np.zeros((0, tracks.shape[1])), *shares])

    def _shares(self, heard: Interactions, tracks: NDArray[np.int64], voters: Any, states: States) -> Scores:
        votes, owners = self._ballot.votes(voters, states), rows_of(voters)
        votes_for = csr_matrix((votes.counts, (votes.voters, votes.tracks)), shape=(voters.nnz, self._width))
        given = values_at(votes_for, np.arange(voters.nnz), tracks[owners])
        running = entries_at(states, np.repeat(np.arange(len(tracks)), tracks.shape[1]), tracks.ravel()) >= 0
        given *= np.where(running, self.config.repeats, 1.0).reshape(tracks.shape)[owners]
        return np.asarray(self._brought(heard, voters, votes, states) @ given)

    def _brought(self, heard: Interactions, voters: Any, votes: Votes, states: States) -> Any:
        """CSR, entries of `heard` × voters: what each heard track of the running session said for each of them."""
        latest = entries_at(states, rows_of(voters)[votes.voters], votes.tracks)
        pairs = np.unique(votes.voters[latest >= 0] * states.nnz + latest[latest >= 0])  # a session may repeat a track
        voter, latest = pairs // max(states.nnz, 1), pairs % max(states.nnz, 1)
        said = states.data[latest] * self._rarity[states.indices[latest]] * self._worth[voters.indices[voter]]
        entry = entries_at(heard, rows_of(states)[latest], states.indices[latest])
        is_heard = entry >= 0
        return csr_matrix((said[is_heard], (entry[is_heard], voter[is_heard])), shape=(heard.nnz, voters.nnz))

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        return self._scores(csr_matrix((np.ones(len(rows)), rows, np.arange(len(rows) + 1)), (len(rows), self._width)))

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        ballot = self._ballot
        return {
            "tracks": ballot.tracks,
            "starts": ballot.starts,
            "is_ordered": np.array(ballot.is_ordered),
            "fresh": self._fresh,
            "width": np.array(self._width, dtype=np.int64),
        }

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        is_ordered, width = bool(arrays["is_ordered"]), int(arrays["width"])
        self._take(arrays["tracks"], arrays["starts"], arrays["fresh"], width, is_ordered=is_ordered)
