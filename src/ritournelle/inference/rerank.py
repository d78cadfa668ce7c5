"""Rerank: rules of the owner on a ranked pool of tracks: how many of one artist, how many little known, how diverse.

All are off unless they are set, so that what is served is what the gate has judged. They act on the whole pool of a
block of listeners at once, in this order: diversity, artist cap,
novelty share. A list never gets shorter by them: where the
pool holds nothing better, what a rule put back comes after the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ritournelle.domain.interactions import UNKNOWN, IdMap
from ritournelle.evaluation.slices import track_slices
from ritournelle.recommenders.ranked import NO_TRACK, Ranked

POOL = 5
"""Ranked tracks per place of the list that the rules choose from."""

Places = NDArray[np.int64]


@dataclass(frozen=True)
class RerankRules:
    """What the owner asks of every list; the defaults ask nothing.

    `artist_cap`: most tracks of one artist. `novelty_share`: share of the list that little known tracks have at least
    (those that are not among the most popular ones with half of all plays). `diversity` from 0 to 1: a further track of
    an artist counts 1 − diversity of the one before it, by its place.
    """

    artist_cap: int | None = None
    novelty_share: float = 0.0
    diversity: float = 0.0

    @property
    def is_active(self) -> bool:
        """Whether anything is asked."""
        return self.artist_cap is not None or self.novelty_share > 0 or self.diversity > 0

    def pool(self, k: int) -> int:
        """How many ranked tracks a list of `k` is chosen from."""
        return POOL * k if self.is_active else k


@dataclass(frozen=True, eq=False)
class Traits:
    """What the rules know of each row of some tracks: `artists` (numbers, -1: not known), `is_novel`."""

    artists: NDArray[np.int64]
    is_novel: NDArray[np.bool_]

    @classmethod
    def of(cls, tracks: IdMap, catalogue: pa.Table, popularity: pa.Table) -> Traits:
        """From the queries `TRACK_CONTENT` (track_id, artist) and `TRACK_POPULARITY` (track_id, plays_total)."""
        artists = np.full(len(tracks), -1, dtype=np.int64)
        rows, named = tracks.rows(catalogue.column("track_id")), pc.utf8_lower(catalogue.column("artist"))
        numbers = np.asarray(pc.fill_null(pc.rank(named, sort_keys="ascending", tiebreaker="min"), 0), dtype=np.int64)
        is_there = (rows != UNKNOWN) & named.is_valid().to_numpy()
        artists[rows[is_there]] = numbers[is_there]
        plays = np.zeros(len(tracks))
        played = tracks.rows(popularity.column("track_id"))
        plays[played[played != UNKNOWN]] = popularity.column("plays_total").to_numpy()[played != UNKNOWN]
        return cls(artists, ~track_slices(plays)["head tracks"])


def reranked(pool: Ranked, k: int, rules: RerankRules, traits: Traits) -> Ranked:
    """The lists of `k` that the rules make of these pools; scores stay the model's own."""
    if not rules.is_active:
        return pool
    artists = np.where(pool.tracks == NO_TRACK, -1, traits.artists[pool.tracks])
    order = np.tile(np.arange(pool.tracks.shape[1]), (len(pool.tracks), 1))
    if rules.diversity:
        order = _by_diversity(artists, order, rules.diversity)
    if rules.artist_cap is not None:
        earlier = _earlier_of_same(np.take_along_axis(artists, order, axis=1))
        order = _first(order, earlier < rules.artist_cap)
    if rules.novelty_share:
        is_novel = (pool.tracks != NO_TRACK) & traits.is_novel[pool.tracks]
        order = _with_novelty(order, np.take_along_axis(is_novel, order, axis=1), k, rules.novelty_share)
    order = _first(order, np.take_along_axis(pool.tracks, order, axis=1) != NO_TRACK)[:, :k]
    return Ranked(np.take_along_axis(pool.tracks, order, axis=1), np.take_along_axis(pool.scores, order, axis=1))


def _by_diversity(artists: Places, order: Places, diversity: float) -> Places:
    """By 1 / log2(place + 1), times 1 − diversity for each track of the artist before it."""
    worth = (1 - diversity) ** _earlier_of_same(artists) / np.log2(np.arange(2, artists.shape[1] + 2))
    return np.take_along_axis(order, np.argsort(-worth, axis=1, kind="stable"), axis=1)


def _with_novelty(order: Places, is_novel: NDArray[np.bool_], k: int, share: float) -> Places:
    """The first k of the result hold the share of novel tracks, if the pool has so many; else as before."""
    wanted = int(np.ceil(share * k - 1e-9))
    reserved = is_novel & (np.cumsum(is_novel, axis=1) <= wanted)
    others = k - np.minimum(reserved.sum(axis=1, keepdims=True), k)
    return _first(order, reserved | (np.cumsum(~reserved, axis=1) * ~reserved <= others) & ~reserved)


def _first(order: Places, chosen: NDArray[np.bool_]) -> Places:
    """The chosen ones first; else as before."""
    return np.take_along_axis(order, np.argsort(~chosen, axis=1, kind="stable"), axis=1)


def _earlier_of_same(artists: Places) -> Places:
    """How many before each in its row have the same number; 0 for unknown ones."""
    by_artist = np.argsort(artists, axis=1, kind="stable")
    ordered = np.take_along_axis(artists, by_artist, axis=1)
    places = np.tile(np.arange(artists.shape[1]), (len(artists), 1))
    is_first = np.ones_like(ordered, dtype=np.bool_)
    is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    counted = places - np.maximum.accumulate(np.where(is_first, places, 0), axis=1)
    earlier = np.empty_like(counted)
    np.put_along_axis(earlier, by_artist, counted, axis=1)
    return np.where(artists < 0, 0, earlier)
