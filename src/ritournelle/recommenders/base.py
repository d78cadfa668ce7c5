"""The verbs of every recommender: fit, recommend, similar tracks, fold-in, save/load; and explain, update.

A recommender sees row numbers and arrays only. `Recommender` keeps for all models what must be the same in all: the
shape of lists, the seen filter, the order of ties, the files. A model brings four short methods (`_learn`, `_fold_in`,
`_scores`, `_similarities`), its arrays, and, if it can name the heard tracks that carried a score, `_contributions`.
What else it can do it says by bringing more: `_fold_in_recent` (the order of listens) and `_update` (one more listen).
While it learns, `self._side` holds what else is known and `self._warm` the model to start from.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ValidationError
from scipy.sparse import csr_matrix

from ritournelle.errors import ModelError, NothingToLearnError
from ritournelle.recommenders.artefact import Artefact, read_artefact, write_artefact
from ritournelle.recommenders.carriers import strongest_carriers
from ritournelle.recommenders.config import RecommenderConfig
from ritournelle.recommenders.entries import rows_of
from ritournelle.recommenders.inputs import checked, of_shape
from ritournelle.recommenders.one_thread import one_thread_if
from ritournelle.recommenders.ranked import Ranked
from ritournelle.recommenders.search_space import SearchSpace
from ritournelle.recommenders.sparse_scores import SparseScores
from ritournelle.recommenders.sequences import NO_SIDE_INFORMATION, Sequences, SideInformation

Interactions = Any
"""A `scipy.sparse.csr_matrix` of listeners × tracks with weights > 0 (SciPy carries no types)."""
States = Any
"""What a model keeps of listeners, one row each: a dense array or a CSR matrix; only the model knows what it means."""
Scores = NDArray[np.float64]
Progress = Callable[[int, int], None]
"""Called with steps done and steps in all."""

MANY = 256
"""From so many listeners on, a family may take a faster way that needs libraries of training."""
_SCORES_AT_ONCE = 4_000_000
"""Dense scores held at once in `recommend`: 32 MB."""
_SHARES_AT_ONCE = 2_000_000
"""Shares held at once in `explain`: 16 MB, and a few times that while the highest are looked for."""
_DENSE: SparseScores | None = None
_ROWS_AT_ONCE = 1_024
"""Listeners whose sparse scores are held at once."""


@dataclass(frozen=True, eq=False)
class WarmStart:
    """A fitted model to start from: track `t` of the new interactions was its track `rows[t]`, or -1."""

    model: Recommender
    rows: NDArray[np.int64]


class Recommender(ABC):
    """One family of models. Tracks are row numbers 0 … n_tracks - 1, listeners are rows of the matrix that is given.

    `ValueError` means a caller's mistake (shapes that do not fit); `ModelError` an unfit model; `NothingToLearnError`
    interactions without a single listen.
    """

    name: ClassVar[str]
    """How settings, manifests and artefacts call this family."""
    config_type: ClassVar[type[RecommenderConfig]] = RecommenderConfig
    reason: ClassVar[str]
    """A sentence that is true of every list of this family, for when no single heard track carried a score."""
    search_space: ClassVar[SearchSpace] = {}
    """What tuning tries beside the defaults; empty: there is nothing to tune."""

    searched_on: ClassVar[int | None] = None
    """Tracks that a search looks at where there are more, for a family whose cost grows faster than the data."""

    def __init__(self, config: RecommenderConfig | None = None) -> None:
        self.config = config if config is not None else self.config_type()
        self._n_tracks: int | None = None
        self._side: SideInformation = NO_SIDE_INFORMATION
        self._warm: WarmStart | None = None

    @classmethod
    def address(cls) -> str:
        """What settings, manifests and artefacts call this class: its name, or, for one from outside, its import path,
        such as `my_package.models:MyModel`.
        """
        return cls.name if cls.__module__.startswith("ritournelle.") else f"{cls.__module__}:{cls.__qualname__}"

    @property
    def n_tracks(self) -> int:
        """Tracks that the model was fitted on; `ModelError` before that."""
        if self._n_tracks is None:
            raise ModelError(f"the {self.name} model is not fitted yet; call fit, or load a saved one")
        return self._n_tracks

    @property
    def follows_order(self) -> bool:
        """Whether states depend on the order of listens, so that `fold_in` should be given `recent`."""
        return False

    def fit(
        self,
        interactions: Interactions,
        *,
        side: SideInformation = NO_SIDE_INFORMATION,
        start: Recommender | None = None,
        start_rows: ArrayLike | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Learn from listeners × tracks; deterministic for the same arguments and config; returns itself.

        `side` is what else is known; a family takes what it can use. `start` is a fitted model of the same family and
        config, for a warm start: track `t` of these interactions was its track `start_rows[t]` (-1: unknown to it;
        None: the same rows). A family that cannot start warm starts cold. Raises `NothingToLearnError` if there is no
        listen in it, `ValueError` for side information of another shape.
        """
        interactions = checked(interactions)
        if not interactions.nnz or not np.any(interactions.data > 0):
            raise NothingToLearnError(f"the {self.name} model cannot learn from {interactions.shape} without a listen")
        self._side = of_shape(side, interactions.shape)
        self._warm = self._warm_start(start, start_rows, interactions.shape[1])
        try:
            self._learn(interactions, progress or _silent)
        finally:
            self._side, self._warm = NO_SIDE_INFORMATION, None
        self._n_tracks = interactions.shape[1]
        return self

    def fold_in(self, heard: Interactions, *, recent: Sequences | None = None) -> States:
        """The states of listeners, from what they heard (listeners × n_tracks, weights as in `fit`); no retraining.

        `recent` holds their latest listens in order (`recent.listeners` are rows of `heard`), for families that follow
        the order; the others pass over it. The model need not have seen these listeners. A row without a listen gets a
        state too, but a list from it is not personal: callers ask the fallback instead.
        """
        heard = self._of_my_tracks(heard)
        with one_thread_if(heard.shape[0] < MANY):
            if recent is None:
                return self._fold_in(heard)
            return self._fold_in_recent(heard, of_shape(SideInformation(recent), heard.shape).sequences or recent)

    def update(self, before: ArrayLike, track: int) -> bool:
        """Learn one more listen, of a listener who heard `before` (track rows, oldest first) up to then.

        False from a family that learns in `fit` only. States made before stay valid.
        """
        earlier = np.asarray(before, dtype=np.int64)
        return self._update(self._track_rows(earlier) if earlier.size else earlier, int(self._track_rows(track)[0]))

    def recommend(
        self, states: States, k: int, *, exclude: Interactions | None = None, candidates: ArrayLike | None = None
    ) -> Ranked:
        """The `k` best tracks for each state, best first; many listeners at once give the same as one by one.

        That holds to the bit for fewer than `MANY` listeners; more of them a family may answer in float32, where tracks
        whose scores differ in the seventh digit may change places.

        `exclude` (listeners × n_tracks) leaves out each listener's own tracks: the seen filter is the heard matrix.
        `candidates` (row numbers in any order, or a mask of n_tracks) limits the choice for everybody. Where fewer than
        `k` tracks remain, the row ends in padding (see `Ranked`). Ties go to the lower track row.
        """
        listeners, allowed = states.shape[0], self._allowed(candidates)
        exclude = None if exclude is None else self._of_my_tracks(exclude)
        if exclude is not None and exclude.shape[0] != listeners:
            raise ValueError(f"exclude has {exclude.shape[0]} rows for {listeners} listeners")
        if listeners >= MANY:
            return self._recommend_many(states, k, exclude, allowed)
        with one_thread_if(listeners == 1):
            return self._recommend_in_blocks(states, k, exclude, allowed)

    def _recommend_in_blocks(
        self, states: States, k: int, exclude: Interactions | None, allowed: NDArray[np.bool_] | None
    ) -> Ranked:
        """By sparse scores where the family has them, by dense ones where not, or where those do not fill a list."""
        parts = [Ranked.empty(0, k)]
        for start in range(0, states.shape[0], _ROWS_AT_ONCE):
            block = states[start : start + _ROWS_AT_ONCE]
            is_all = block.shape[0] == states.shape[0]  # a slice would copy 43,000 tracks of one listener: 0.2 ms
            hidden = exclude if exclude is None or is_all else exclude[start : start + _ROWS_AT_ONCE]
            sparse = self._sparse_scores(block)
            if sparse is None:
                parts.append(self._recommend_dense(block, k, hidden, allowed))
            else:
                parts.append(self._recommend_sparse(sparse, block, k, hidden, allowed))
        return Ranked.stacked(parts)

    def _recommend_sparse(
        self,
        scores: SparseScores,
        states: States,
        k: int,
        exclude: Interactions | None,
        allowed: NDArray[np.bool_] | None,
    ) -> Ranked:
        if not np.all(np.isfinite(scores.entries.data)):
            raise ModelError(f"the {self.name} model gave scores that are not finite; roll back or train again")
        ranked, short = scores.best(k, exclude, allowed)
        if len(short):
            dense = self._recommend_dense(states[short], k, None if exclude is None else exclude[short], allowed)
            ranked.tracks[short], ranked.scores[short] = dense.tracks, dense.scores
        return ranked

    def _recommend_dense(
        self, states: States, k: int, exclude: Interactions | None, allowed: NDArray[np.bool_] | None
    ) -> Ranked:
        block = max(1, _SCORES_AT_ONCE // max(1, self.n_tracks))
        parts = [Ranked.empty(0, k)]
        for start in range(0, states.shape[0], block):
            scores = self._scores(states[start : start + block])
            if not np.all(np.isfinite(scores)):
                strange = np.count_nonzero(~np.isfinite(scores))
                raise ModelError(
                    f"the {self.name} model gave {strange} scores that are not finite; roll back or train again"
                )
            hidden = None if exclude is None else exclude[start : start + block]
            parts.append(_best(scores, k, allowed, hidden))
        return Ranked.stacked(parts)

    def similar_tracks(self, tracks: ArrayLike, k: int) -> Ranked:
        """The `k` tracks most like each of `tracks` (row numbers), itself left out; best first, padded like a list."""
        rows = self._track_rows(tracks)
        alike = self._similarities(rows)
        itself = csr_matrix((np.ones(len(rows)), (np.arange(len(rows)), rows)), shape=alike.shape)
        return _best(alike, k, None, itself)

    def explain(
        self, heard: Interactions, tracks: ArrayLike, *, states: States | None = None, limit: int = 3
    ) -> list[Ranked]:
        """For each listener: which heard tracks carried the score of each recommended track, strongest first.

        `tracks` is listeners × k row numbers, padding allowed; `states` those that the tracks were recommended from, if
        they came from more than `heard` (None: those of `fold_in(heard)`). The answer holds one `Ranked` per listener,
        with one row per recommended track and `limit` columns: heard tracks and their positive share of the score, in
        the score's unit. A family that cannot tell answers with nothing but padding.
        """
        heard, wanted = self._of_my_tracks(heard), np.atleast_2d(np.asarray(tracks, dtype=np.int64))
        if heard.shape[0] != wanted.shape[0]:
            raise ValueError(f"tracks of {wanted.shape[0]} listeners, but {heard.shape[0]} histories")
        carriers: list[Ranked] = []
        with one_thread_if(heard.shape[0] < MANY):
            for rows in _explained_at_once(heard, wanted.shape[1]):
                mine = None if states is None else states[rows]
                shares = self._contributions(heard[rows], np.maximum(wanted[rows], 0), mine)
                carriers += strongest_carriers(heard[rows], wanted[rows], shares, limit)
        return carriers

    # What models that are made of models ask of their parts.

    def scores(self, states: States) -> Scores:
        """The score of every track for each state: dense, listeners × n_tracks; the caller may write into it."""
        _ = self.n_tracks
        return self._scores(states)

    def sparse_scores(self, states: States) -> SparseScores | None:
        """The same as `scores` where most of them are 0; None from a family whose scores are dense."""
        _ = self.n_tracks
        return self._sparse_scores(states)

    @property
    def is_dense(self) -> bool:
        """Whether `sparse_scores` is None whoever is asked for, so that nobody need ask."""
        return type(self)._sparse_scores is Recommender._sparse_scores

    def similarities(self, tracks: ArrayLike) -> Scores:
        """How alike every track is to each of `tracks`: dense, len(tracks) × n_tracks."""
        return self._similarities(self._track_rows(tracks))

    def contributions(self, heard: Interactions, tracks: ArrayLike, states: States | None = None) -> Scores:
        """Each listener's scores of their own `tracks` (listeners × k), taken apart over what they heard: one row for
        each entry of `heard` (CSR), one column for each of the listener's tracks.
        """
        wanted = self._track_rows(np.ravel(tracks)).reshape(np.shape(tracks))
        return self._contributions(self._of_my_tracks(heard), wanted, states)

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Everything that is saved of a fitted model, beside its config."""
        return {"n_tracks": np.array(self.n_tracks, dtype=np.int64), **self._arrays()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Become the fitted model that gave these arrays; `KeyError` if something is missing."""
        self._restore(arrays)
        self._n_tracks = int(arrays["n_tracks"])
        return self

    def save(self, folder: Path) -> None:
        """Write the fitted model to a new folder, all or nothing; `ModelError` if the folder is taken."""
        write_artefact(folder, Artefact(self.address(), self.config.model_dump(mode="json"), dict(self.arrays())))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a saved model; `ModelError` that names the file if it is missing, corrupt, or of another family."""
        artefact = read_artefact(folder)
        if artefact.name != cls.address():
            raise ModelError(f"{folder} holds a model of family {artefact.name!r}, not {cls.address()!r}")
        try:
            model = cls(cls.config_type.model_validate(artefact.config)).restore(artefact.arrays)
        except (KeyError, ValidationError) as error:
            raise ModelError(
                f"{folder} lacks part of a {cls.name} model ({error}); train again or roll back"
            ) from error
        return model

    # What a family brings.

    @abstractmethod
    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        """Learn from checked interactions with at least one listen."""

    @abstractmethod
    def _fold_in(self, heard: Interactions) -> States:
        """The states of these listeners; each row depends on its own history only."""

    @abstractmethod
    def _scores(self, states: States) -> Scores:
        """Listeners × n_tracks, finite; may be overwritten by the caller."""

    @abstractmethod
    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        """len(rows) × n_tracks, finite; may be overwritten by the caller."""

    @abstractmethod
    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        """Everything to be saved; never object arrays."""

    @abstractmethod
    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what `_arrays` gave; `KeyError` if something is missing."""

    def _fold_in_recent(self, heard: Interactions, recent: Sequences) -> States:
        """`_fold_in` for a family that follows the order of listens."""
        del recent
        return self._fold_in(heard)

    def _sparse_scores(self, states: States) -> SparseScores | None:
        """`_scores` of a family that gives most tracks 0 and none less, without the zeros; None of other families."""
        del states
        return _DENSE

    def _recommend_many(
        self, states: States, k: int, exclude: Interactions | None, allowed: NDArray[np.bool_] | None
    ) -> Ranked:
        """`recommend` for `MANY` listeners or more; a family that knows a faster way brings it."""
        return self._recommend_in_blocks(states, k, exclude, allowed)

    def _update(self, before: NDArray[np.int64], track: int) -> bool:
        """Learn one more listen; False if this family cannot."""
        del before, track
        return False

    def _contributions(self, heard: Interactions, tracks: NDArray[np.int64], states: States | None) -> Scores:
        """The scores of each listener's `tracks` (listeners × k), taken apart: heard.nnz × k; 0 for no part in it.

        Row `e` is what entry `e` of `heard` gave to the tracks of its listener. `states` are the listeners', where they
        hold more than what was heard.
        """
        del states
        return np.zeros((heard.nnz, tracks.shape[1]))

    # What is the same in all families.

    def _warm_start(self, start: Recommender | None, start_rows: ArrayLike | None, n_tracks: int) -> WarmStart | None:
        if start is None or start.name != self.name:
            return None
        rows = np.arange(n_tracks) if start_rows is None else np.asarray(start_rows, dtype=np.int64)
        if rows.shape != (n_tracks,) or np.any((rows < -1) | (rows >= start.n_tracks)):
            raise ValueError(f"start_rows must hold {n_tracks} rows between -1 and {start.n_tracks - 1}")
        return WarmStart(start, rows)

    def _of_my_tracks(self, heard: Interactions) -> Interactions:
        if heard.shape[1] != self.n_tracks:
            raise ValueError(f"histories over {heard.shape[1]} tracks, but the model knows {self.n_tracks}")
        return checked(heard)

    def _track_rows(self, tracks: ArrayLike) -> NDArray[np.int64]:
        rows = np.atleast_1d(np.asarray(tracks, dtype=np.int64))
        if np.any((rows < 0) | (rows >= self.n_tracks)):
            raise ValueError(f"track rows must lie between 0 and {self.n_tracks - 1}")
        return rows

    def _allowed(self, candidates: ArrayLike | None) -> NDArray[np.bool_] | None:
        if candidates is None:
            return None
        if isinstance(candidates, np.ndarray) and candidates.dtype == np.bool_:
            if candidates.shape != (self.n_tracks,):
                raise ValueError(f"a mask of candidates of shape {candidates.shape}, but {self.n_tracks} tracks")
            return candidates
        allowed = np.zeros(self.n_tracks, dtype=np.bool_)
        rows = np.asarray(candidates, dtype=np.int64)
        allowed[self._track_rows(rows) if rows.size else rows] = True
        return allowed


def _explained_at_once(heard: Interactions, k: int) -> Iterator[slice]:
    """Listeners whose shares fit into memory together: rows of `heard`, fewer than `MANY`."""
    start, listeners = 0, heard.shape[0]
    while start < listeners:
        room = int(heard.indptr[start]) + _SHARES_AT_ONCE // max(k, 1)
        fitting = int(np.searchsorted(heard.indptr, room, side="right")) - 1
        stop = min(max(fitting, start + 1), start + MANY // 2, listeners)
        yield slice(start, stop)
        start = stop


def _silent(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


def _best(scores: Scores, k: int, allowed: NDArray[np.bool_] | None, hidden: Interactions | None) -> Ranked:
    if allowed is not None:
        scores[:, ~allowed] = -np.inf
    if hidden is not None and len(scores) == 1:
        scores[0, hidden.indices] = -np.inf  # a tenth of a millisecond less for 43,000 tracks
    elif hidden is not None:
        scores[rows_of(hidden), hidden.indices] = -np.inf
    return Ranked.best_of(scores, k)
