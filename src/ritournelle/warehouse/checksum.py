"""What a table holds as one number: the same on every engine, in whatever order the rows come."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

_MODULUS = 2**128


@dataclass(frozen=True)
class Checksum:
    """How many rows, and the sum modulo 2^128 of each row's XXH3-128.

    Of a sum, not of an exclusive or: two equal rows would cancel each other out.
    """

    rows: int = 0
    total: int = 0

    def including(self, rows: pa.Table) -> Checksum:
        """This one with further rows; columns count by their name, whatever their order."""
        return Checksum(self.rows + rows.num_rows, (self.total + sum(_hashes(rows))) % _MODULUS)

    def __str__(self) -> str:
        return f"{self.total:032x}"


def _hashes(rows: pa.Table) -> list[int]:
    """A row is hashed as the texts of its values, each with its length before it, so that none runs into the next."""
    if rows.num_rows == 0 or rows.num_columns == 0:
        return []
    values = [_with_length(_text(rows[name])) for name in sorted(rows.column_names)]
    joined = pc.binary_join_element_wise(*values, "").combine_chunks()
    return [xxhash.xxh3_128_intdigest(row) for row in joined.cast(pa.binary()).to_pylist()]


def _with_length(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """`3:abc`; a null, which no text equals, as `-`."""
    lengths = pc.cast(pc.binary_length(texts), pa.string())
    return pc.fill_null(pc.binary_join_element_wise(lengths, texts, ":"), "-")


def _text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values as texts that depend neither on the width of a number nor on how a time is written."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        values = values.cast(pa.timestamp("us", tz=kind.tz)).cast(pa.int64())
    elif pa.types.is_date(kind):
        values = values.cast(pa.date32()).cast(pa.int32())
    elif pa.types.is_float32(kind):
        values = values.cast(pa.float64())
    return values.cast(pa.string())
