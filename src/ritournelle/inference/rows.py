"""The rows of `marts.recommendations`: one per listener × recommended track."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ritournelle.domain.recommendations import AnsweredBy, recommendation_id
from ritournelle.recommenders.ranked import NO_TRACK, Ranked

RECOMMENDATION_SCHEMA = pa.schema(
    [
        ("user_id", pa.int64()),
        ("rank", pa.int32()),
        ("track_id", pa.int64()),
        ("score", pa.float64()),
        ("reason", pa.string()),
        ("because_of", pa.string()),
        ("recommendation_id", pa.string()),
        ("model_version", pa.string()),
        ("answered_by", pa.string()),
        ("fallback_reason", pa.string()),
        ("computed_at", pa.timestamp("us", "UTC")),
    ]
)
"""Key: user_id, rank. `because_of` is a JSON array of track ids, strongest first, `[]` if no heard track stands out."""


@dataclass(frozen=True)
class Answer:
    """What all rows of one answer share; `computed_at` knows its zone."""

    model_version: str
    computed_at: datetime
    answered_by: AnsweredBy
    fallback_reason: str | None = None


def recommendation_rows(
    user_ids: NDArray[np.int64],
    ranked: Ranked,
    track_ids: NDArray[np.int64],
    reasons: Sequence[str],
    because_of: Sequence[Sequence[int]],
    answer: Answer,
) -> pa.RecordBatch:
    """Lists as rows: `ranked` has one row per user and speaks in rows of `track_ids`; padding gives no rows.

    `reasons` and `because_of` (track ids) hold one entry per recommendation, in reading order of `ranked`.
    """
    listed = ranked.tracks != NO_TRACK
    users = np.repeat(user_ids, listed.sum(axis=1))
    tracks = track_ids[ranked.tracks[listed]]
    columns: dict[str, Any] = {
        "user_id": users,
        "rank": np.nonzero(listed)[1].astype(np.int32) + np.int32(1),
        "track_id": tracks,
        "score": ranked.scores[listed].astype(np.float64),
        "reason": list(reasons),
        "because_of": [json.dumps(list(heard)) for heard in because_of],
        "recommendation_id": [
            recommendation_id(user, track, answer.model_version)
            for user, track in zip(users.tolist(), tracks.tolist(), strict=True)
        ],
    }
    shared = {
        "model_version": answer.model_version,
        "answered_by": str(answer.answered_by),
        "fallback_reason": answer.fallback_reason,
        "computed_at": answer.computed_at,
    }
    arrays = [pa.array(values, RECOMMENDATION_SCHEMA.field(name).type) for name, values in columns.items()]
    arrays += [_repeated(value, RECOMMENDATION_SCHEMA.field(name).type, len(users)) for name, value in shared.items()]
    return pa.RecordBatch.from_arrays(arrays, schema=RECOMMENDATION_SCHEMA)


def _repeated(value: Any, kind: pa.DataType, times: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), times)
