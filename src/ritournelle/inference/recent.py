"""Recent listens, as a model of order is asked with them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.domain.interactions import UNKNOWN, IdMap
from ritournelle.evaluation.listens import Listens
from ritournelle.evaluation.splitting import RECENT_LISTENS
from ritournelle.recommenders.sequences import Sequences

LATEST = RECENT_LISTENS
"""Listens of each listener that are looked at: as many as in evaluation."""


def recent_sequences(listens: pa.Table, users: IdMap, tracks: IdMap) -> Sequences:
    """From the query `RECENT_LISTENS`: sessions of rows of `users` and `tracks`; what they do not know is left out."""
    listeners, heard = users.rows(listens.column("user_id")), tracks.rows(listens.column("track_id"))
    known = (listeners != UNKNOWN) & (heard != UNKNOWN)
    when = np.asarray(pc.cast(listens.column("listened_at"), pa.int64()).to_numpy(), dtype=np.int64)
    return Listens(listeners[known], heard[known], when[known], (len(users), len(tracks))).sequences()
