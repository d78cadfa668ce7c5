"""Why a track is in a list: the heard tracks that carried its score, told by the model version that made the list."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ritournelle.domain.interactions import UNKNOWN, IdMap, Interactions
from ritournelle.inference.champion import Champion
from ritournelle.inference.recent import recent_sequences
from ritournelle.recommenders.ranked import NO_TRACK, Ranked

MOST_CARRIERS = 3


Carriers = dict[int, list[int]]
"""By recommended track: ids of the heard tracks that carried its score, strongest first; absent where none did."""


def carriers(champion: Champion, rows: pa.Table, heard: pa.Table, recent: pa.Table | None) -> Carriers:
    """Of the list of one listener that this model made (`rows`); see `carriers_of`."""
    return next(iter(carriers_of(champion, rows, heard, recent).values()), {})


def carriers_of(champion: Champion, rows: pa.Table, heard: pa.Table, recent: pa.Table | None) -> dict[int, Carriers]:
    """By listener, of lists that this model made: fewer than `MANY`, so that each is explained as if it were alone.

    `rows` are the lists, `heard` (user_id, track_id, weight) what they were made from, `recent` the rows of
    `RECENT_LISTENS_OF` for a model that follows the order.
    """
    listeners = IdMap.of(rows.column("user_id"))
    columns = [heard.column(name) for name in ("user_id", "track_id", "weight")]
    history = Interactions.of(*columns, users=listeners, tracks=champion.tracks).matrix
    wanted = _wanted(champion, listeners, rows)
    if not history.nnz or not wanted.size:
        return {}
    states = None  # those that follow from what was heard: a model that needs them makes them itself
    if recent is not None:
        latest = recent_sequences(recent, listeners, champion.tracks)
        states = champion.model.fold_in(history, recent=latest)
    explained = champion.model.explain(history, wanted, states=states, limit=MOST_CARRIERS)
    return {
        int(user): _by_track(champion, tracks, found)
        for user, tracks, found in zip(listeners.ids, wanted, explained, strict=True)
    }


def _wanted(champion: Champion, listeners: IdMap, rows: pa.Table) -> NDArray[np.int64]:
    """Rows of the champion's tracks in each list, listeners × longest list, padded with `UNKNOWN`."""
    who, what = listeners.rows(rows.column("user_id")), champion.tracks.rows(rows.column("track_id"))
    known = what != UNKNOWN
    order = np.argsort(who[known], kind="stable")
    who, what = who[known][order], what[known][order]
    counts = np.bincount(who, minlength=len(listeners))
    wanted = np.full((len(listeners), max(counts.tolist(), default=0)), UNKNOWN, dtype=np.int64)
    places = np.arange(len(who)) - np.repeat(np.cumsum(counts) - counts, counts)
    wanted[who, places] = what
    return wanted


def _by_track(champion: Champion, tracks: NDArray[np.int64], found: Ranked) -> Carriers:
    ids, behind = champion.tracks.ids, found.tracks
    heard = np.where(behind == NO_TRACK, 0, ids[behind]).tolist()
    told = {
        int(ids[row]): [track for track, is_there in zip(names, there) if is_there]
        for row, names, there in zip(tracks.tolist(), heard, (behind != NO_TRACK).tolist(), strict=True)
        if row != UNKNOWN
    }
    return {track: because for track, because in told.items() if because}
