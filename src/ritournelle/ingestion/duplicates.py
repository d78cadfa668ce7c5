"""One row per key, out of everything that was read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ritournelle.ingestion.contract import Contract
from ritournelle.ingestion.quarantine import BadRow

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class KeptRows:
    """One row per key; rows that contradict a kept one; and how many were mere repetitions."""

    rows: pa.Table
    conflicting: list[BadRow]
    repeated: int
    contract: Contract

    def keys(self) -> set[tuple[Any, ...]]:
        """The keys of the kept rows, as `BadRow.key` holds them."""
        return set(zip(*(self.rows[name].to_pylist() for name in self.contract.key), strict=True))


def keep_one_per_key(
    rows: pa.Table, contract: Contract, page_of_arrival: Sequence[int], *, stood_still: bool
) -> KeptRows:
    """Keep one of the rows with the same key (columns as `Parsed.rows`).

    In one page, and in a source that stood still, two contents under one key contradict each other: the first in page
    order is kept. In a source that moved, a row read twice was changed meanwhile: the one read last is kept.
    """
    keys = _key_columns(rows, contract)
    if _all_differ(keys[0]):  # most often
        return KeptRows(rows, [], 0, contract)
    arrivals = rows["arrival"].to_numpy()
    pages = np.asarray(page_of_arrival, dtype=np.int64)[arrivals] if len(arrivals) else arrivals
    # Last pages first where the last read wins: then the first of each group is the one to keep.
    preference = pages if stood_still else -arrivals.astype(np.int64)
    order = np.lexsort((preference, *reversed(keys)))
    starts = _group_starts([key[order] for key in keys])
    kept = np.sort(order[starts])
    if len(kept) == rows.num_rows:
        return KeptRows(rows, [], 0, contract)
    conflicting = _conflicts(rows, order, starts, stood_still)
    left_out = rows.num_rows - len(kept) - len(conflicting)
    return KeptRows(
        rows.take(pa.array(kept)), [_as_bad_row(rows, row, contract, pages) for row in conflicting], left_out, contract
    )


def _key_columns(rows: pa.Table, contract: Contract) -> list[Numbers]:
    return [rows[name].cast(pa.int64()).to_numpy() for name in contract.key]


def _all_differ(ids: Numbers) -> bool:
    ordered = np.sort(ids)  # ten times as fast as the order of rows, which only repeated ids need
    return not bool((ordered[1:] == ordered[:-1]).any())


def _group_starts(sorted_keys: list[Numbers]) -> npt.NDArray[np.bool_]:
    starts = np.ones(len(sorted_keys[0]), dtype=np.bool_)
    if len(starts):
        starts[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in sorted_keys])
    return starts


def _conflicts(rows: pa.Table, order: Numbers, starts: npt.NDArray[np.bool_], stood_still: bool) -> list[int]:
    """Row numbers, in `rows`, whose content contradicts the row kept for their key."""
    kept_for = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
    contents = np.asarray(rows["content_hash"].combine_chunks().dictionary_encode().indices)
    arrivals = rows["arrival"].to_numpy()
    differs = contents[order] != contents[kept_for]
    if not stood_still:
        differs &= arrivals[order] == arrivals[kept_for]
    found: dict[tuple[int, int], int] = {}
    for row, kept in zip(order[differs].tolist(), kept_for[differs].tolist(), strict=True):
        found.setdefault((kept, int(contents[row])), row)
    return list(found.values())


def _as_bad_row(rows: pa.Table, row: int, contract: Contract, pages: Numbers) -> BadRow:
    values = rows.slice(row, 1).select(contract.columns.names).to_pylist()[0]
    key = tuple(values[name] for name in contract.key)
    payload = {name: value.isoformat() if name in contract.moments else value for name, value in values.items()}
    name = ", ".join(contract.key)
    return BadRow(
        source=contract.source,
        page=int(pages[row]),
        reason=f"{name}: another row with other content has the same key",
        payload=json.dumps(payload, ensure_ascii=False),
        key=key,
        is_conflict=True,
    )
