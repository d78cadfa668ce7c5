"""From histories to listens: one row per user, record, track and occurrence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.ingestion.hashing import hash_texts

Numbers = npt.NDArray[np.int64]


def explode_listens(records: pa.Table) -> pa.Table:
    """The listens of records with `user_id`, `created_at` (naive) and `items` (lists of track ids, or null).

    Columns: `listen_id`, `user_id`, `track_id`, `source_record_at`, `occurrence`, `position`. The id is that of
    `ritournelle.domain.listens.listen_id`, computed for all rows at once.
    """
    lists = pc.fill_null(records["items"].combine_chunks(), pa.scalar([], pa.list_(pa.int64())))
    lengths = pc.list_value_length(lists).to_numpy().astype(np.int64)
    record = np.repeat(np.arange(len(lengths)), lengths)
    tracks = pc.list_flatten(lists).to_numpy()
    positions = np.arange(len(record)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    occurrences = _occurrences(record, tracks)
    listens = pa.table(
        {
            "user_id": records["user_id"].take(pa.array(record)),
            "track_id": pa.array(tracks, pa.int64()),
            "source_record_at": records["created_at"].take(pa.array(record)),
            "occurrence": pa.array(occurrences, pa.int32()),
            "position": pa.array(positions, pa.int32()),
        }
    )
    return listens.append_column("listen_id", _listen_ids(listens))


def _occurrences(record: Numbers, tracks: Numbers) -> Numbers:
    """How often the same track stood before in the same record, from 0."""
    if record.size == 0:
        return record
    order = np.lexsort((tracks, record))  # stable: within a group the list's order stays
    starts = np.ones(len(order), dtype=np.bool_)
    starts[1:] = (record[order][1:] != record[order][:-1]) | (tracks[order][1:] != tracks[order][:-1])
    ranks = np.arange(len(order))
    occurrences = np.empty_like(ranks)
    occurrences[order] = ranks - np.maximum.accumulate(np.where(starts, ranks, 0))
    return occurrences


def _listen_ids(listens: pa.Table) -> pa.Array:
    columns = ("user_id", "source_record_at", "track_id", "occurrence")
    texts = [pc.cast(pc.cast(listens[name], pa.int64()), pa.string()) for name in columns]
    return hash_texts(pc.binary_join_element_wise(*texts, "|").combine_chunks())
