"""The training data: the interactions mart as a matrix."""

from __future__ import annotations

import pyarrow as pa

from ritournelle.domain.interactions import IdMap, Interactions
from ritournelle.errors import ModelError, NothingToLearnError

_NEEDED = ("user_id", "track_id", "weight")


def training_data(table: pa.Table, *, users: IdMap | None = None, tracks: IdMap | None = None) -> Interactions:
    """From `marts.interactions`: one row per user × track, columns user_id, track_id, weight.

    With `users` or `tracks` given, the matrix has exactly their rows or columns. Raises `NothingToLearnError` for an
    empty table and `ModelError` for one that no model can learn from.
    """
    _check(table)
    try:
        return Interactions.of(*(table.column(name) for name in _NEEDED), users=users, tracks=tracks)
    except ValueError as error:
        raise ModelError(f"the training mart cannot be learnt from: {error}") from error


def _check(table: pa.Table) -> None:
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise ModelError(f"the training mart lacks the columns {', '.join(missing)}; run `ritournelle transform`")
    if not table.num_rows:
        raise NothingToLearnError("the training mart holds no interactions; run `ritournelle ingest` and `transform`")
    empty = [name for name in _NEEDED if table.column(name).null_count]
    if empty:
        raise ModelError(f"the training mart holds nulls in {', '.join(empty)}; its dbt tests should have stopped that")
