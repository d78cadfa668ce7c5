"""What listeners never want to be recommended, beside what they have heard: pairs of listener and track."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from ritournelle.domain.interactions import IdMap, Interactions
from ritournelle.warehouse import marts


def no_pairs() -> pa.Table:
    """Pairs of user_id and track_id, none of them."""
    return marts.NEVER_RECOMMENDED.columns.empty_table()


def with_pairs(heard: Any, pairs: pa.Table, users: IdMap, tracks: IdMap) -> Any:
    """`heard` (users × tracks, CSR), with an entry for each pair (user_id, track_id) of both as well."""
    if not pairs.num_rows:
        return heard
    columns = (pairs.column("user_id"), pairs.column("track_id"), np.ones(pairs.num_rows))
    return heard + Interactions.of(*columns, users=users, tracks=tracks).matrix
