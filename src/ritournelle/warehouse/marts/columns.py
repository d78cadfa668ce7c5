"""Columns and conditions that queries share."""

from __future__ import annotations

import pyarrow as pa


def never_null(name: str, kind: pa.DataType) -> pa.Field:
    """A column that promises a value in every row."""
    return pa.field(name, kind, nullable=False)


USER_ID = never_null("user_id", pa.int64())
TRACK_ID = never_null("track_id", pa.int64())
OF_THE_LATEST_EPOCH = "source_epoch = (SELECT max(source_epoch) FROM {table})"
OF_THE_LATEST_LISTENS = "source_epoch = (SELECT max(source_epoch) FROM {core}.fact_listen_history)"
LIVING = "SELECT {columns} FROM {table} WHERE is_deleted = FALSE AND " + OF_THE_LATEST_EPOCH
