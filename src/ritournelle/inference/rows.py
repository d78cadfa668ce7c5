"""The rows of `marts.recommendations`: one per listener × recommended track."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ritournelle.recommenders.ranked import NO_TRACK, Ranked

RECOMMENDATION_SCHEMA = pa.schema(
    [
        ("user_id", pa.int64()),
        ("rank", pa.int32()),
        ("track_id", pa.int64()),
        ("score", pa.float64()),
        ("reason", pa.string()),
        ("model_version", pa.string()),
        ("fallback_reason", pa.string()),
        ("computed_at", pa.timestamp("us", "UTC")),
    ]
)
"""Key: user_id, rank. Each column of texts costs DuckDB a second for ten million rows. The id of a recommendation and
the heard tracks behind it follow from these when a list is read: made for all, they would cost more than the lists.
"""


@dataclass(frozen=True)
class Answer:
    """What all rows of one answer share; `computed_at` knows its zone; `reason` is true of every row.

    `fallback_reason` says why popularity answered; None: the model did.
    """

    model_version: str
    computed_at: datetime
    reason: str
    fallback_reason: str | None = None


def recommendation_rows(
    user_ids: NDArray[np.int64], ranked: Ranked, track_ids: NDArray[np.int64], answer: Answer
) -> pa.RecordBatch:
    """Lists as rows: `ranked` has one row per user and speaks in rows of `track_ids`; padding gives no rows."""
    listed = ranked.tracks != NO_TRACK
    columns: dict[str, Any] = {
        "user_id": np.repeat(user_ids, listed.sum(axis=1)),
        "rank": np.nonzero(listed)[1].astype(np.int32) + np.int32(1),
        "track_id": track_ids[ranked.tracks[listed]],
        "score": ranked.scores[listed].astype(np.float64),
    }
    shared = {
        "reason": answer.reason,
        "model_version": answer.model_version,
        "fallback_reason": answer.fallback_reason,
        "computed_at": answer.computed_at,
    }
    arrays = [pa.array(values, RECOMMENDATION_SCHEMA.field(name).type) for name, values in columns.items()]
    rows = len(columns["user_id"])
    arrays += [_repeated(value, RECOMMENDATION_SCHEMA.field(name).type, rows) for name, value in shared.items()]
    return pa.RecordBatch.from_arrays(arrays, schema=RECOMMENDATION_SCHEMA)


def _repeated(value: Any, kind: pa.DataType, times: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), times)
