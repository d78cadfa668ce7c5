"""Columns of tables as single arrays."""

from __future__ import annotations

import pyarrow as pa


def in_one(column: pa.ChunkedArray) -> pa.Array:
    """All of a column as one array, as it is where it consists of one chunk: `combine_chunks` copies that as well."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
