"""Between Arrow's types and PostgreSQL's: the types of new columns, and answers as they come back."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.errors import WarehouseError
from ritournelle.warehouse.base import Table

_SQL_TYPES = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.int32(): "integer",
    pa.int16(): "smallint",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
    pa.timestamp("us", tz="UTC"): "timestamptz",
}
_WIDEST = 38
"""Digits of the widest decimal that Arrow and DuckDB share."""


def sql_type(table: Table, column: pa.Field) -> str:
    """The type of a column to create."""
    try:
        return _SQL_TYPES[column.type]
    except KeyError:
        raise WarehouseError(f"{table}.{column.name}: PostgreSQL tables are not made with {column.type}") from None


def ordinary(rows: pa.Table) -> pa.Table:
    """An answer without the driver's marks; `numeric`, which comes as text, as decimals like DuckDB's.

    A column with a precision of its own keeps it; sums and the like, which have none, take 38 digits, of which as many
    stand behind the point as the longest value has. Raises `WarehouseError` for numbers beyond that, and for NaN.
    """
    columns = [_decimals(rows.field(at), rows.column(at)) for at in range(rows.num_columns)]
    return pa.Table.from_arrays(columns, names=rows.column_names)


def _decimals(column: pa.Field, values: pa.ChunkedArray) -> pa.ChunkedArray:
    if not isinstance(column.type, pa.OpaqueType) or column.type.type_name != "numeric":
        return values
    texts = values.cast(pa.string())
    precision, scale = _declared(column) or (_WIDEST, _longest_fraction(texts))
    try:
        # Straight to 128 bits Arrow takes 39 digits without a word, as another number.
        return texts.cast(pa.decimal256(2 * _WIDEST, scale)).cast(pa.decimal128(precision, scale))
    except pa.ArrowInvalid as error:
        raise WarehouseError(f"the numbers of column {column.name!r} fit no decimal of 38 digits: {error}") from error


def _declared(column: pa.Field) -> tuple[int, int] | None:
    """Precision and scale of a `numeric(p, s)` column, which PostgreSQL keeps in one number."""
    modifier = int((column.metadata or {}).get(b"POSTGRESQL:typmod", b"-1")) - 4
    precision, scale = (modifier >> 16) & 0xFFFF, modifier & 0x7FF
    return (precision, scale) if modifier >= 0 and scale <= precision <= _WIDEST else None


def _longest_fraction(texts: pa.ChunkedArray) -> int:
    fractions = pc.utf8_length(pc.replace_substring_regex(texts, r"^[^.]*\.?", ""))
    return min(pc.max(fractions).as_py() or 0, _WIDEST)
