"""Carriers: of what a listener heard, the tracks with the largest positive shares of each recommended track's score."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ritournelle.recommenders.entries import rows_of
from ritournelle.recommenders.ranked import NO_TRACK, Ranked


def strongest_carriers(heard: Any, wanted: NDArray[np.int64], shares: NDArray[np.float64], limit: int) -> list[Ranked]:
    """For each listener a `Ranked` of recommended tracks × `limit`, all listeners at once.

    `heard` is CSR, listeners × tracks; `wanted` listeners × k, padding allowed; `shares` heard.nnz × k: what each
    heard track gave to each recommended one. Compared as float32, as all scores are; ties go to the lower track.
    """
    tracks = np.full((*wanted.shape, limit), NO_TRACK, dtype=np.int64)
    scores = np.full((*wanted.shape, limit), -np.inf, dtype=np.float32)
    if shares.size:
        fill = _fill_one if len(wanted) == 1 else _fill
        fill(tracks, scores, heard, shares.astype(np.float32))
    tracks[wanted < 0], scores[wanted < 0] = NO_TRACK, -np.inf
    return [Ranked(tracks[row], scores[row]) for row in range(len(wanted))]


def _fill_one(tracks: Any, scores: Any, heard: Any, left: NDArray[np.float32]) -> None:
    """`_fill` for one listener, who waits: a fifth of the time."""
    shares = np.ascontiguousarray(left.T)
    shares[shares <= 0] = -np.inf
    wanted = np.arange(len(shares))
    for place in range(tracks.shape[2]):
        first = shares.argmax(axis=1)  # of equal ones the first, which is the lower track
        highest = shares[wanted, first]
        tracks[0, :, place] = np.where(np.isneginf(highest), NO_TRACK, heard.indices[first])
        scores[0, :, place] = highest
        shares[wanted, first] = -np.inf


def _fill(tracks: Any, scores: Any, heard: Any, left: NDArray[np.float32]) -> None:
    """Take the highest of each listener's shares, `limit` times; `left` is used up."""
    left[left <= 0] = -np.inf
    listeners = np.flatnonzero(np.diff(heard.indptr))
    starts, segment = heard.indptr[listeners], np.searchsorted(listeners, rows_of(heard))
    entries = np.arange(len(left))[:, None]
    for place in range(tracks.shape[2]):
        highest = np.maximum.reduceat(left, starts, axis=0)
        first = np.minimum.reduceat(np.where(left == highest[segment], entries, len(left)), starts, axis=0)
        tracks[listeners, :, place] = np.where(np.isneginf(highest), NO_TRACK, heard.indices[first])
        scores[listeners, :, place] = highest
        np.put_along_axis(left, first, -np.inf, axis=0)
