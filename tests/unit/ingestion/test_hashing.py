"""Content hashes: the same for ever, and never the same for two different rows."""

from __future__ import annotations

import unittest
from datetime import datetime

import pyarrow as pa
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from ritournelle.ingestion.hashing import HASHED_AT_ONCE, hash_rows, hash_texts

SCHEMA = pa.schema(
    [("id", pa.int64()), ("name", pa.string()), ("created_at", pa.timestamp("us")), ("items", pa.list_(pa.int64()))]
)
COLUMNS = tuple(SCHEMA.names)


def table(*rows: tuple[object, ...]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in rows], schema=SCHEMA)


def hashes(*rows: tuple[object, ...]) -> list[str]:
    found: list[str] = hash_rows(table(*rows), COLUMNS).to_pylist()
    return found


# Separators, digits and zero bytes: what a naive join would confuse.
texts = st.none() | st.text("ab1\x1f\x00,", max_size=5) | st.text(max_size=3)
moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))
rows = st.tuples(st.none() | st.integers(0, 12), texts, moments, st.none() | st.lists(st.integers(0, 12), max_size=3))


class HashRowsTest(unittest.TestCase):
    def test_golden_values(self) -> None:
        """A stored hash is compared with tomorrow's: changing these values makes every row an update."""
        self.assertEqual(
            hashes((1, "Zoë", datetime(2024, 1, 1), [7, 8]), (1, None, datetime(2024, 1, 1), None)),
            ["631ef8f5c73a09354b0d4b85f62d8045", "73d835f45cb688ad5c469c228b1a49db"],
        )
        self.assertEqual(
            hash_texts(pa.array(["", "Zoë"])).to_pylist(),
            ["99aa06d3014798d86001c324468d497f", "c022603dbeec50f20143cfe96ce9bf0d"],
        )

    def test_null_is_not_empty(self) -> None:
        moment = datetime(2024, 1, 1)
        found = hashes((1, None, moment, None), (1, "", moment, None), (1, "\x00", moment, None), (1, "", moment, []))
        self.assertEqual(len(set(found)), 4)

    def test_no_rows(self) -> None:
        self.assertEqual(hashes(), [])
        self.assertEqual(hash_texts(pa.array([], pa.string())).to_pylist(), [])

    def test_only_the_named_columns_count(self) -> None:
        two = table((1, "a", datetime(2024, 1, 1), []), (2, "a", datetime(2025, 1, 1), [1]))
        first, second = hash_rows(two, ("name",)).to_pylist()
        self.assertEqual(first, second)

    @given(st.lists(rows, max_size=8, unique_by=repr))
    def test_different_rows_have_different_hashes(self, several: list[tuple[object, ...]]) -> None:
        self.assertEqual(len(set(hashes(*several))), len(several))

    @given(st.lists(rows, min_size=1, max_size=6), st.integers(0, 5), st.integers(0, 5))
    def test_neither_neighbours_nor_chunks_nor_slices_count(
        self, several: list[tuple[object, ...]], cut: int, start: int
    ) -> None:
        whole = table(*several)
        chunked = pa.concat_tables([whole.slice(0, cut), whole.slice(cut)])
        alone = [one for row in several for one in hashes(row)]
        self.assertEqual(hash_rows(chunked, COLUMNS).to_pylist(), alone)
        self.assertEqual(hash_rows(whole.slice(start), COLUMNS).to_pylist(), alone[start:])

    @given(st.lists(st.text(max_size=20), max_size=6), st.integers(0, 5))
    def test_slices_of_texts(self, several: list[str], start: int) -> None:
        array = pa.array(several, pa.string())
        self.assertEqual(hash_texts(array.slice(start)).to_pylist(), hash_texts(array).to_pylist()[start:])

    def test_more_texts_than_are_hashed_at_once(self) -> None:
        several = [str(number) for number in range(2 * HASHED_AT_ONCE + 1)]
        expected = [xxhash.xxh3_128_hexdigest(text.encode()) for text in several]
        self.assertEqual(hash_texts(pa.array(several)).to_pylist(), expected)
