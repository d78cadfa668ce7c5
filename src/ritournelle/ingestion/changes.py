"""What is new, different or gone, by comparing contents: the source has no cursor that could be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.ingestion.contract import Contract


@dataclass(frozen=True)
class Changes:
    """The rows that came and are new or different, and the keys that are gone."""

    inserted: pa.Table
    updated: pa.Table
    unchanged: int
    deleted: pa.Table  # key columns only


def compare(contract: Contract, incoming: pa.Table, known: pa.Table, protected: pa.Table | None) -> Changes:
    """Compare what came with what is known.

    `incoming` has the contract's columns and `content_hash`, `known` the key columns and `content_hash`; one row per
    key in both. `protected` holds keys that are not deleted although they did not come (they came as bad rows); None
    means that nothing may be deleted.
    """
    keys = list(contract.key)
    if known.num_rows == 0:
        return Changes(incoming, incoming.slice(0, 0), 0, known.select(keys))
    rows = incoming.select([*keys, "content_hash"]).append_column("row", pa.array(range(incoming.num_rows), pa.int64()))
    before = known.select([*keys, "content_hash"]).rename_columns([*keys, "known_hash"])
    both = rows.join(before, keys, join_type="left outer")
    is_new = pc.is_null(both["known_hash"])
    differs = pc.fill_null(pc.not_equal(both["content_hash"], both["known_hash"]), False)
    inserted, updated = both.filter(is_new)["row"], both.filter(differs)["row"]
    return Changes(
        inserted=incoming.take(inserted),
        updated=incoming.take(updated),
        unchanged=incoming.num_rows - len(inserted) - len(updated),
        deleted=_deleted(known.select(keys), incoming.select(keys), protected),
    )


def _deleted(known: pa.Table, incoming: pa.Table, protected: pa.Table | None) -> pa.Table:
    if protected is None:
        return known.slice(0, 0)
    gone = known.join(incoming, known.column_names, join_type="left anti")
    return gone.join(protected, known.column_names, join_type="left anti") if protected.num_rows else gone
