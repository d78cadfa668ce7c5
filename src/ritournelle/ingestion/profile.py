"""A few numbers of every column that landed, so that tomorrow's can be compared with them; no row shows in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.domain.clock import utc_now

ENUMERATIONS = frozenset({"gender"})
"""Columns of few values, which are counted one by one."""
MOST_VALUES = 20
"""With more values than this a column is no enumeration, and none is kept: they may be anybody's words."""
_LONGEST_VALUE = 40
_HASHES = ("content_hash", "identity_hash")
_FIRST_PLAUSIBLE = datetime(1971, 1, 1)
_CLOCK_SLACK = timedelta(days=1)
"""Naive dates may be 14 hours ahead of UTC, and clocks a little wrong."""


def profile_of(rows: pa.Table) -> dict[str, dict[str, Any]]:
    """By column: `nulls` (a share); `mean` characters of texts and entries of lists; `values` (shares) of enumerations.

    Of moments `future` and `ancient`, the rows after tomorrow and before 1971. Empty for no rows.
    """
    if not rows.num_rows:
        return {}
    names = [name for name in rows.column_names if name not in _HASHES]
    return {name: _profile(name, rows[name]) for name in names}


def _profile(name: str, column: pa.ChunkedArray) -> dict[str, Any]:
    known: dict[str, Any] = {"nulls": round(column.null_count / len(column), 6)}
    if pa.types.is_timestamp(column.type):
        return known | _moments(column)
    if pa.types.is_string(column.type):
        known |= _mean(pc.binary_length(column))
    elif pa.types.is_list(column.type):
        known |= _mean(pc.list_value_length(column))
    return known | (_values(column) if name in ENUMERATIONS else {})


def _mean(lengths: pa.ChunkedArray) -> dict[str, float]:
    mean = pc.mean(lengths).as_py()
    return {} if mean is None else {"mean": round(mean, 3)}


def _values(column: pa.ChunkedArray) -> dict[str, dict[str, float]]:
    counts = pc.value_counts(column.drop_null())
    if not 0 < len(counts) <= MOST_VALUES:
        return {}
    total = len(column) - column.null_count
    shares = {entry["values"].as_py()[:_LONGEST_VALUE]: entry["counts"].as_py() / total for entry in counts}
    return {"values": {value: round(share, 6) for value, share in shares.items()}}


def _moments(column: pa.ChunkedArray) -> dict[str, int]:
    latest = utc_now().replace(tzinfo=None) + _CLOCK_SLACK
    bounds = (pa.scalar(moment, column.type) for moment in (latest, _FIRST_PLAUSIBLE))
    future, ancient = pc.greater(column, next(bounds)), pc.less(column, next(bounds))
    return {"future": pc.sum(future).as_py() or 0, "ancient": pc.sum(ancient).as_py() or 0}
