"""What listeners' exclusions leave out of their lists: of what is recommended, and of what was heard."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.inference.publication import Publication
from ritournelle.warehouse import marts
from ritournelle.warehouse.base import Warehouse

MOST_LISTENS = 10_000
"""Of one listener that are looked through for excluded ones."""


def excluded_tracks(
    warehouse: Warehouse, publication: Publication, exclusions: Sequence[TasteExclusion]
) -> NDArray[np.int64]:
    """Ids of the tracks that are not recommended: excluded by themselves or by their artist (A–Z in any case)."""
    named = [int(one.target or 0) for one in exclusions if one.kind is ExclusionKind.TRACK]
    artists = [one.target or "" for one in exclusions if one.kind is ExclusionKind.ARTIST]
    if artists:
        named += publication.tracks_by(warehouse, artists)
    return np.array(sorted(set(named)), dtype=np.int64)


def published_exclusions(warehouse: Warehouse, user_id: int) -> list[TasteExclusion]:
    """What this listener had excluded, and not taken back, at the last run."""
    if not warehouse.exists(warehouse.schema("core"), "taste_exclusions"):
        return []
    return [
        TasteExclusion(**(row | {"kind": ExclusionKind(row["kind"]), "user_id": user_id, "is_active": True}))
        for row in marts.EXCLUSIONS_OF.run(warehouse, user_id=user_id).to_pylist()
    ]


def unheard_tracks(warehouse: Warehouse, user_id: int, exclusions: Sequence[TasteExclusion]) -> set[int]:
    """Tracks of which every listen is excluded: they are left out of what the listener is known by."""
    ids = {one.target for one in exclusions if one.kind is ExclusionKind.LISTEN}
    sessions = [one for one in exclusions if one.kind is ExclusionKind.SESSION]
    if not ids and not sessions:
        return set()
    listens = marts.HISTORY_OF.run(warehouse, user_id=user_id, at_most=MOST_LISTENS).to_pylist()
    kept = {
        listen["track_id"]
        for listen in listens
        if listen["listen_id"] not in ids and not any(session.covers(listen["listened_at"]) for session in sessions)
    }
    return {listen["track_id"] for listen in listens} - kept


def without_tracks(rows: pa.Table, tracks: Collection[int]) -> pa.Table:
    """Rows (track_id, …) of other tracks."""
    if not tracks:
        return rows
    return rows.filter(pc.invert(pc.is_in(rows["track_id"], value_set=pa.array(sorted(tracks), pa.int64()))))
