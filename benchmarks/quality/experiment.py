"""An experiment: what may be learnt and chosen from, and the test cases that nobody looks at before the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ritournelle.evaluation.cases import Cases
from ritournelle.recommenders.sequences import NO_SIDE_INFORMATION, Sequences, SideInformation
from ritournelle.evaluation.window import Window
from ritournelle.training.selection import Goal


@dataclass(frozen=True, eq=False)
class Experiment:
    """`choosing` is the window to choose on, `final` has the test cases; `shown` are the metrics to print."""

    name: str
    choosing: Window
    final: Window
    goal: Goal
    shown: Mapping[str, str]
    """Metric as it is called here → as the split's literature calls it, such as hit@20 → p@20."""


def discovery(heard: Any, relevant: Any) -> Cases:
    """The cases of everybody who has an answer to find; what was heard is filtered, though never an answer.

    Both are CSR, listeners × tracks. An answer that was heard as well could not be found: it is no answer.
    """
    fresh = csr_matrix(relevant - relevant.multiply(heard > 0))
    fresh.eliminate_zeros()
    rows = np.flatnonzero(np.diff(fresh.indptr))
    mine, answers = csr_matrix(heard[rows]), csr_matrix(fresh[rows] > 0, dtype=np.float32)
    return Cases(heard=mine, relevant=answers, recent=None, exclude=mine, task="discovery")


def pairs(rows: NDArray[np.int64], columns: NDArray[np.int64], weights: Any, shape: tuple[int, int]) -> Any:
    """A CSR matrix of these entries; weights of one pair add up."""
    return csr_matrix(
        (np.broadcast_to(np.asarray(weights, dtype=np.float32), rows.shape), (rows, columns)), shape=shape
    )


def session_window(train: Sequences, test: Sequences, n_tracks: int) -> Window:
    """Sessions to learn from, and as cases every prefix of the test sessions with the track that followed it."""
    side = SideInformation(sequences=train)
    learnt = pairs(np.repeat(train.listeners, train.lengths), train.tracks, 1.0, (len(train), n_tracks))
    return Window(learnt, next_listens(test, n_tracks), side)


def next_listens(sessions: Sequences, n_tracks: int) -> Cases:
    """Every prefix of every session with the one track that followed; repeats are allowed, nothing is filtered."""
    lengths = sessions.lengths
    sessions_of = np.repeat(np.arange(len(sessions)), np.maximum(lengths - 1, 0))
    starts = sessions.starts[sessions_of]
    first_case = np.concatenate([[0], np.cumsum(np.maximum(lengths - 1, 0))])[sessions_of]
    known = np.arange(len(sessions_of)) - first_case + 1
    cases = np.arange(len(known))
    recent = _prefixes(sessions.tracks, starts, known)
    shape = (len(known), n_tracks)
    heard = pairs(np.repeat(cases, known), recent.tracks, 1.0, shape)
    relevant = pairs(cases, sessions.tracks[starts + known], 1.0, shape)
    return Cases(heard=heard, relevant=relevant, recent=recent, exclude=None, task="next_listen")


def _prefixes(tracks: NDArray[np.int64], starts: NDArray[np.int64], known: NDArray[np.int64]) -> Sequences:
    ends = np.concatenate([[0], np.cumsum(known)])
    places = np.arange(ends[-1]) - np.repeat(ends[:-1], known) + np.repeat(starts, known)
    return Sequences(tracks[places], ends.astype(np.int64), np.arange(len(known), dtype=np.int64))


def hold_out(interactions: Any, share: float, seed: int) -> Window:
    """A random part of every listener's tracks as answers, to choose on; listeners of one track keep it."""
    matrix = csr_matrix(interactions)
    lengths = np.diff(matrix.indptr)
    held = np.minimum(np.maximum(np.round(lengths * share), lengths > 1), lengths - 1).clip(0).astype(np.int64)
    random = np.random.default_rng(seed)
    owners = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((random.random(matrix.nnz), owners))
    places = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], lengths)
    is_held = np.zeros(matrix.nnz, dtype=np.bool_)
    is_held[order] = places < np.repeat(held, lengths)
    learnt, answers = _part(matrix, owners, ~is_held), _part(matrix, owners, is_held)
    return Window(learnt, discovery(learnt, answers), NO_SIDE_INFORMATION)


def _part(matrix: Any, owners: NDArray[np.int64], wanted: NDArray[np.bool_]) -> Any:
    return csr_matrix((matrix.data[wanted], (owners[wanted], matrix.indices[wanted])), shape=matrix.shape)


def mean(results: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each metric over repetitions."""
    return {name: float(np.mean([result[name] for result in results])) for name in results[0]}
