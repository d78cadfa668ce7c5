"""Why a track is in a list: the heard tracks that carried its score, told by the model version that made the list."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ritournelle.domain.interactions import UNKNOWN, IdMap, Interactions
from ritournelle.inference.champion import Champion
from ritournelle.inference.recent import recent_sequences

MOST_CARRIERS = 3


def carriers(champion: Champion, rows: pa.Table, heard: pa.Table, recent: pa.Table | None) -> dict[int, list[int]]:
    """By recommended track: ids of the heard tracks that carried its score, strongest first; absent where none did.

    `rows` is the list of one listener that this model made, `heard` (user_id, track_id, weight) what it was made from,
    `recent` the rows of `RECENT_LISTENS_OF` for a model that follows the order.
    """
    listener = IdMap.of(rows.column("user_id"))
    columns = [heard.column(name) for name in ("user_id", "track_id", "weight")]
    history = Interactions.of(*columns, users=listener, tracks=champion.tracks).matrix
    ids = rows.column("track_id").to_numpy()
    known = champion.tracks.rows(ids)
    known, ids = known[known != UNKNOWN], ids[known != UNKNOWN]
    if not history.nnz or not known.size:
        return {}
    latest = None if recent is None else recent_sequences(recent, listener, champion.tracks)
    states = champion.model.fold_in(history, recent=latest)
    (explained,) = champion.model.explain(history, known[np.newaxis, :], states=states, limit=MOST_CARRIERS)
    found = {int(track): champion.tracks.at(explained.row(row)[0]).tolist() for row, track in enumerate(ids)}
    return {track: because for track, because in found.items() if because}
