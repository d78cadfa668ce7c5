"""Planted tastes: unit vectors of scenes, artists, tracks and users; closeness is preference."""

from __future__ import annotations

import numpy as np

from ritournelle.simulator.arrays import Ints, Vectors


def unit(vectors: Vectors) -> Vectors:
    """The same directions, each of length 1."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    directions: Vectors = np.divide(vectors, lengths, dtype=np.float32)
    return directions


def scattered(rng: np.random.Generator, count: int, dimensions: int) -> Vectors:
    """Directions without preference, shape (count, dimensions)."""
    return unit(rng.standard_normal((count, dimensions), dtype=np.float32))


def around(rng: np.random.Generator, centres: Vectors, spread: float) -> Vectors:
    """One direction near each centre; `spread` is the length of the step away, relative to the centre's."""
    return unit(centres + np.float32(spread) * scattered(rng, *centres.shape))


def blends(rng: np.random.Generator, scenes: Vectors, count: int) -> tuple[Vectors, Ints]:
    """Tastes of users: each a blend of up to three scenes. Returns (count, dimensions) and each one's main scene."""
    picks = rng.integers(len(scenes), size=(count, 3))
    shares = np.sort(rng.dirichlet((0.5, 0.5, 0.5), size=count), axis=1)[:, ::-1].astype(np.float32)
    blended = (scenes[picks] * shares[:, :, None]).sum(axis=1)
    return around(rng, unit(blended), 0.2), picks[:, 0]


def drifted(rng: np.random.Generator, tastes: Vectors, step: float) -> Vectors:
    """The same tastes a day later."""
    return around(rng, tastes, step)
