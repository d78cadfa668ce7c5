"""From histories to listens: one row per user, record, track and occurrence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.ingestion.chunks import in_one
from ritournelle.ingestion.hashing import hash_texts
from ritournelle.ingestion.numbers import as_arrow

Numbers = npt.NDArray[np.int64]

_MIX_RECORD, _MIX_TRACK = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
"""Odd numbers whose multiples are far apart (the golden ratio's, and one of XXH64's)."""


def explode_listens(records: pa.Table) -> pa.Table:
    """The listens of records with `user_id`, `created_at` (naive) and `items` (lists of track ids, or null).

    Columns: `listen_id`, `user_id`, `track_id`, `source_record_at`, `occurrence`, `position`. The id is that of
    `ritournelle.domain.listens.listen_id`, computed for all rows at once.
    """
    lists = pc.fill_null(in_one(records["items"]), pa.scalar([], pa.list_(pa.int64())))
    lengths = pc.list_value_length(lists).to_numpy().astype(np.int64)
    record = np.repeat(np.arange(len(lengths)), lengths)
    tracks = pc.list_flatten(lists)
    occurrences = as_arrow(_occurrences(record, tracks.to_numpy()).astype(np.int32), pa.int32())
    record_of = as_arrow(record, pa.int64())
    positions = np.arange(len(record)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return pa.table(
        {
            "user_id": records["user_id"].take(record_of),
            "track_id": tracks,
            "source_record_at": records["created_at"].take(record_of),
            "occurrence": occurrences,
            "position": as_arrow(positions.astype(np.int32), pa.int32()),
            "listen_id": _listen_ids(records, record_of, tracks, occurrences),
        }
    )


def _occurrences(record: Numbers, tracks: Numbers) -> Numbers:
    """How often the same track stood before in the same record, from 0."""
    occurrences = np.zeros(len(record), dtype=np.int64)
    # Few tracks stand twice in a record. Numbers mixed of the two are sorted ten times as fast as the two together;
    # those that occur once are of listens that occur once, and only the others are looked at closely.
    mixed = record.astype(np.uint64) * _MIX_RECORD + tracks.astype(np.uint64) * _MIX_TRACK
    ordered = np.sort(mixed)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if repeated.size:
        several = np.flatnonzero(np.isin(mixed, repeated))
        occurrences[several] = _ranks(record[several], tracks[several])
    return occurrences


def _ranks(record: Numbers, tracks: Numbers) -> Numbers:
    order = np.lexsort((tracks, record))  # stable: within a group the list's order stays
    starts = np.ones(len(order), dtype=np.bool_)
    starts[1:] = (record[order][1:] != record[order][:-1]) | (tracks[order][1:] != tracks[order][:-1])
    places = np.arange(len(order))
    ranks = np.empty_like(places)
    ranks[order] = places - np.maximum.accumulate(np.where(starts, places, 0))
    return ranks


def _listen_ids(records: pa.Table, record_of: pa.Array, tracks: pa.Array, occurrences: pa.Array) -> pa.Array:
    of_record = [pc.cast(pc.cast(records[name], pa.int64()), pa.string()) for name in ("user_id", "created_at")]
    begins = in_one(pc.binary_join_element_wise(*of_record, "|")).take(record_of)  # written once per record
    ends = [pc.cast(numbers, pa.string()) for numbers in (tracks, occurrences)]
    return hash_texts(pc.binary_join_element_wise(begins, *ends, "|"))
