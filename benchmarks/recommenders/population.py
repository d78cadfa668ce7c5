"""Synthetic listeners and tracks with planted tastes and a long tail, of any size, in seconds.

Each listener likes a few scenes; seven listens of ten come from those, the others from the whole catalogue. Within a
scene, and in the whole, tracks are drawn by a power law. Pairs are unique; how often each was heard is geometric.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SCENES_LIKED = 3
_SHARE_OF_SCENES = 0.7
_STEEPNESS = 2.2
"""A uniform u draws the track at u^2.2 of the list: the upper tenth of the tracks gets a third of the draws."""


@dataclass(frozen=True)
class Size:
    """How much is made."""

    listeners: int = 100_000
    tracks: int = 50_000
    pairs: int = 10_000_000
    scenes: int = 250
    seed: int = 7


def pairs(size: Size) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Listener rows (ascending), track rows, plays: about `size.pairs` of each, never more."""
    random = np.random.default_rng(size.seed)
    draws = int(size.pairs * 1.35)
    heard = random.lognormal(0.0, 0.6, size.listeners)
    listeners = np.repeat(np.arange(size.listeners), random.multinomial(draws, heard / heard.sum()))
    keys = np.unique(listeners * np.int64(size.tracks) + _tracks_of(listeners, size, random))
    if len(keys) > size.pairs:
        keys = np.sort(random.choice(keys, size.pairs, replace=False, shuffle=False))
    plays = random.geometric(0.4, len(keys))
    return (keys // size.tracks).astype(np.int32), (keys % size.tracks).astype(np.int32), plays


def _tracks_of(listeners: NDArray[np.int64], size: Size, random: np.random.Generator) -> NDArray[np.int64]:
    liked = random.integers(size.scenes, size=(size.listeners, _SCENES_LIKED))
    scene = liked[listeners, random.integers(_SCENES_LIKED, size=len(listeners))]
    each = size.tracks // size.scenes
    place = random.random(len(listeners)) ** _STEEPNESS
    of_scene = scene + size.scenes * np.floor(place * each).astype(np.int64)
    of_all = np.floor(place * size.tracks).astype(np.int64)
    tracks: NDArray[np.int64] = np.where(random.random(len(listeners)) < _SHARE_OF_SCENES, of_scene, of_all)
    return tracks
