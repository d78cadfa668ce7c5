"""What people put on: a first track by taste and popularity, then tracks that resemble it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ritournelle.simulator.arrays import Flags, Ints, Vectors

_CANDIDATES = 96
_CHUNK = 4096
NOTHING = -1
"""Fills the places behind the end of a shorter session."""


@dataclass(frozen=True)
class Shelf:
    """The tracks one can choose from: slots (m,), tastes (m, dimensions), weights (m,) of their popularity."""

    slots: Ints
    tastes: Vectors
    weights: Vectors


@dataclass(frozen=True)
class Ear:
    """How much taste and the flow of the session count when choosing."""

    taste_strength: float
    session_strength: float


def choose(rng: np.random.Generator, listeners: Vectors, lengths: Ints, shelf: Shelf, ear: Ear) -> Ints:
    """One session per listener: slots of distinct tracks, shape (listeners, longest), `NOTHING` at the end.

    `listeners` are their tastes (n, dimensions), `lengths` (n,) the tracks wanted. A session falls short of its length
    on a shelf with fewer tracks. Every listener looks at a sample drawn by popularity, as one does, so that the cost
    per session does not depend on the size of the catalogue.
    """
    longest = int(lengths.max(initial=0))
    chosen = np.full((len(listeners), longest), NOTHING, dtype=np.int64)
    if longest == 0 or shelf.slots.size == 0:
        return chosen
    cumulative = np.cumsum(shelf.weights, dtype=np.float64)
    for start in range(0, len(listeners), _CHUNK):
        part = slice(start, start + _CHUNK)
        drawn = rng.random((len(listeners[part]), max(_CANDIDATES, 4 * longest))) * cumulative[-1]
        sample = np.minimum(np.searchsorted(cumulative, drawn, side="right"), len(cumulative) - 1)
        picks = _pick(rng, listeners[part], sample, shelf.tastes, ear)[:, :longest]
        wanted = np.arange(longest)[None, :] < lengths[part, None]
        chosen[part] = np.where(wanted & (picks != NOTHING), shelf.slots[picks], NOTHING)
    return chosen


def _pick(rng: np.random.Generator, listeners: Vectors, sample: Ints, tastes: Vectors, ear: Ear) -> Ints:
    """The sample in the order in which its tracks are chosen (Gumbel top-k), `NOTHING` for repetitions."""
    rows = np.arange(len(sample))
    heard = tastes[sample]
    waits = np.maximum(rng.standard_exponential(sample.shape, dtype=np.float32), np.float32(1e-30))  # 0 does occur
    scores = np.float32(ear.taste_strength) * np.matmul(heard, listeners[:, :, None])[:, :, 0] - np.log(waits)
    scores[_repetitions(sample)] = -np.inf
    first = scores.argmax(axis=1)
    scores += np.float32(ear.session_strength) * np.matmul(heard, heard[rows, first][:, :, None])[:, :, 0]
    scores[rows, first] = np.inf
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=1)
    return np.where(np.isneginf(ranked), NOTHING, np.take_along_axis(sample, order, axis=1))


def _repetitions(sample: Ints) -> Flags:
    order = np.argsort(sample, axis=1, kind="stable")
    ordered = np.take_along_axis(sample, order, axis=1)
    repeated = np.zeros(sample.shape, dtype=np.bool_)
    np.put_along_axis(repeated, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    return repeated
