"""Checksums of tables: equal exactly when the rows are, on whatever engine and in whatever order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
import xxhash

from ritournelle.warehouse.checksum import Checksum

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "text": ["a", None, ""],
        "share": [0.1, -1e300, None],
        "is_so": [True, False, None],
        "day": pa.array([date(2024, 2, 29), None, date(1, 1, 1)], pa.date32()),
        "moment": pa.array([datetime(2024, 7, 1, tzinfo=UTC), None, None], pa.timestamp("us", tz="UTC")),
    }
)


def of(*parts: pa.Table) -> Checksum:
    found = Checksum()
    for part in parts:
        found = found.including(part)
    return found


def test_neither_order_nor_batches_nor_places_of_columns_matter() -> None:
    shuffled = ROWS.take([2, 0, 1]).select(list(reversed(ROWS.column_names)))
    assert of(ROWS) == of(shuffled) == of(ROWS.slice(2), ROWS.slice(0, 0), ROWS.slice(0, 2))
    assert of(ROWS).rows == 3


def test_a_row_is_the_hash_of_its_values_with_their_lengths_by_name() -> None:
    hashes = [xxhash.xxh3_128_intdigest(text) for text in (b"1:13:one", b"2:20-")]
    rows = pa.table({"word": ["one", None], "id": [1, 20]})
    assert of(rows) == Checksum(2, sum(hashes) % 2**128)


@pytest.mark.parametrize(
    "one, other",
    [
        ({"a": ["ab"], "b": ["c"]}, {"a": ["a"], "b": ["bc"]}),
        ({"a": ["1:x"], "b": [""]}, {"a": [""], "b": ["1:x"]}),
        ({"a": [None], "b": [""]}, {"a": [""], "b": [None]}),
        ({"a": ["-"], "b": ["x"]}, {"a": [None], "b": ["x"]}),
        ({"a": ["x"], "b": ["y"]}, {"a": ["y"], "b": ["x"]}),
        ({"a": ["x", "x"]}, {"a": ["y", "y"]}),  # an exclusive or would be 0 for both
        ({"a": ["x"]}, {"a": ["x", "x"]}),
        ({"a": [0.1]}, {"a": [0.1000000000000001]}),
        ({"a": [datetime(2024, 1, 1)]}, {"a": [datetime(2024, 1, 1, microsecond=1)]}),
    ],
)
def test_what_differs_has_another_one(one: dict[str, list[object]], other: dict[str, list[object]]) -> None:
    assert of(_texts(one)) != of(_texts(other))


def test_how_an_engine_stores_a_value_does_not_matter() -> None:
    paris = pa.timestamp("ms", tz="Europe/Paris")
    wide = pa.table(
        {
            "n": pa.array([7], pa.int64()),
            "t": pa.array([datetime(2024, 1, 1, 11, tzinfo=UTC)], pa.timestamp("us", "UTC")),
        }
    )
    noon = datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=1)))
    narrow = pa.table({"n": pa.array([7], pa.int16()), "t": pa.array([noon], paris)})
    assert of(wide) == of(narrow)
    assert of(pa.table({"s": pa.array(["x"]).dictionary_encode()})) == of(
        pa.table({"s": pa.array(["x"], pa.large_string())})
    )


def test_no_rows() -> None:
    assert of(ROWS.slice(0, 0)) == of() == Checksum(0, 0)


def _texts(columns: dict[str, list[object]]) -> pa.Table:
    return pa.table(
        {name: pa.array(values, pa.string() if values == [None] else None) for name, values in columns.items()}
    )
