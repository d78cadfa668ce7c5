"""Arrow's types and PostgreSQL's."""

from __future__ import annotations

import unittest
from decimal import Decimal

import pyarrow as pa

from ritournelle.errors import WarehouseError
from ritournelle.warehouse.base import Table
from ritournelle.warehouse.postgres_types import ordinary, sql_type
from ritournelle.warehouse.tables import TABLES

NUMBERS = Table("raw", "numbers", pa.schema([("id", pa.int64()), ("small", pa.int32())]), key=("id",))
NUMERIC = pa.opaque(pa.string(), "numeric", "PostgreSQL")


def answer(*texts: str | None, modifier: int = -1) -> pa.Table:
    """What the driver makes of a `numeric` column."""
    column = pa.field("n", NUMERIC, metadata={b"POSTGRESQL:typmod": str(modifier).encode()})
    return pa.table([pa.ExtensionArray.from_storage(NUMERIC, pa.array(texts, pa.string()))], schema=pa.schema([column]))


class OrdinaryTest(unittest.TestCase):
    """`ordinary`."""

    def test_numbers_without_a_precision_take_the_longest_fraction(self) -> None:
        """As DuckDB's sums have 38 digits."""
        for texts, kind in {
            ("12", "-3"): pa.decimal128(38, 0),
            ("1.50", "2", None): pa.decimal128(38, 2),
            (None,): pa.decimal128(38, 0),
            (): pa.decimal128(38, 0),
        }.items():
            found = ordinary(answer(*texts))
            self.assertEqual(found.schema.field("n"), pa.field("n", kind))
            self.assertEqual(found["n"].to_pylist(), [None if text is None else Decimal(text) for text in texts])

    def test_numbers_with_a_precision_keep_it(self) -> None:
        """PostgreSQL tells it as ((precision << 16) | scale) + 4."""
        self.assertEqual(
            ordinary(answer("0.5", modifier=((18 << 16) | 12) + 4)).schema.field("n").type, pa.decimal128(18, 12)
        )

    def test_numbers_that_no_decimal_holds_are_refused(self) -> None:
        """By name."""
        for text in ("NaN", "Infinity", "9" * 39):
            with (
                self.subTest(text=text),
                self.assertRaisesRegex(WarehouseError, "column 'n' fit no decimal of 38 digits"),
            ):
                ordinary(answer(text))

    def test_everything_else_stays_without_marks(self) -> None:
        """Metadata of the driver would make equal schemas unequal."""
        column = pa.field("id", pa.int64(), metadata={b"POSTGRESQL:type": b"int8"})
        found = ordinary(pa.table([[1]], schema=pa.schema([column])))
        self.assertTrue(found.schema.equals(pa.schema([("id", pa.int64())]), check_metadata=True))


class RowsToCopyTest(unittest.TestCase):
    """`Table.fitting`: COPY takes bytes as they are and converts nothing."""

    def test_rows_get_the_types_of_the_table(self) -> None:
        """In the order that they have; absent columns stay away."""
        rows = pa.table({"small": pa.array([7], pa.int64()), "id": pa.array([1], pa.int8())})
        fitting = NUMBERS.fitting(rows)
        self.assertEqual(fitting.schema, pa.schema([("small", pa.int32()), ("id", pa.int64())]))
        self.assertEqual(NUMBERS.fitting(rows.select(["id"])).column_names, ["id"])

    def test_what_does_not_fit_is_refused(self) -> None:
        """A value too large, and a column too many."""
        with self.assertRaisesRegex(WarehouseError, "rows for raw.numbers do not fit its columns"):
            NUMBERS.fitting(pa.table({"small": pa.array([2**31], pa.int64())}))
        with self.assertRaisesRegex(WarehouseError, "raw.numbers has no column mood"):
            NUMBERS.fitting(pa.table({"mood": ["wistful"]}))


class SqlTypeTest(unittest.TestCase):
    """`sql_type`."""

    def test_every_column_of_the_platform_has_one(self) -> None:
        """Of all tables that Python writes."""
        for table in TABLES:
            for column in table.columns:
                self.assertTrue(sql_type(table, column))

    def test_another_type_is_named(self) -> None:
        """With its column."""
        with self.assertRaisesRegex(WarehouseError, "raw.numbers.tags: PostgreSQL tables are not made with list"):
            sql_type(NUMBERS, pa.field("tags", pa.list_(pa.int64())))


if __name__ == "__main__":
    unittest.main()
