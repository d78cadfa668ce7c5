"""The training data: the interactions mart as a matrix, with its window and the hash that says whether it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.domain.interactions import IdMap, Interactions
from ritournelle.errors import ModelError, NothingToLearnError

_NEEDED = ("user_id", "track_id", "weight", "last_listened_at")


@dataclass(frozen=True)
class TrainingData:
    """Interactions with their birth: first and last listen (UTC), and a content hash equal for equal interactions."""

    interactions: Interactions
    first_listened_at: datetime
    last_listened_at: datetime
    content_hash: str


def training_data(table: pa.Table, *, users: IdMap | None = None, tracks: IdMap | None = None) -> TrainingData:
    """From `marts.interactions`: one row per user × track, columns user_id, track_id, weight, last_listened_at.

    With `users` or `tracks` given, the matrix has exactly their rows or columns. With a column `first_listened_at` the
    window begins there; without it, at the earliest last listen. Raises `NothingToLearnError` for an empty table and
    `ModelError` for one that no model can learn from.
    """
    _check(table)
    try:
        columns = [table.column(name).to_numpy() for name in ("user_id", "track_id", "weight")]
        interactions = Interactions.of(*columns, users=users, tracks=tracks)
    except ValueError as error:
        raise ModelError(f"the training mart cannot be learnt from: {error}") from error
    first = "first_listened_at" if "first_listened_at" in table.column_names else "last_listened_at"
    return TrainingData(
        interactions,
        _utc(pc.min(table.column(first)).as_py()),
        _utc(pc.max(table.column("last_listened_at")).as_py()),
        interactions.content_hash,
    )


def _check(table: pa.Table) -> None:
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise ModelError(f"the training mart lacks the columns {', '.join(missing)}; run `ritournelle transform`")
    if not table.num_rows:
        raise NothingToLearnError("the training mart holds no interactions; run `ritournelle ingest` and `transform`")
    empty = [name for name in _NEEDED if table.column(name).null_count]
    if empty:
        raise ModelError(f"the training mart holds nulls in {', '.join(empty)}; its dbt tests should have stopped that")


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
