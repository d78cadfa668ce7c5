"""Rows removed, and the file of a DuckDB warehouse written anew without the room they took."""

from __future__ import annotations

import random
import tempfile
import unittest
from pathlib import Path

import pyarrow as pa

from ritournelle.errors import WarehouseError
from ritournelle.warehouse.base import Table
from ritournelle.warehouse.duckdb import DuckDBWarehouse

TEXTS = Table("raw", "texts", pa.schema([("id", pa.int64()), ("text", pa.string())]), key=("id",))
ROWS = 60_000


def random_text(seed: int) -> str:
    """A text that compresses alike each time: DuckDB tries its ways on a sample."""
    return random.Random(seed).randbytes(40).hex()


class ReclaimTest(unittest.TestCase):
    """DuckDB's way: it reuses free blocks, but never gives them back."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "warehouse.duckdb"
        self.warehouse = DuckDBWarehouse(self.path, threads=1)
        self.addCleanup(lambda: self.warehouse.close())  # whichever connection it has by then
        self.warehouse.ensure([TEXTS])
        self.warehouse.append(TEXTS, pa.table({"id": range(ROWS), "text": [random_text(n) for n in range(ROWS)]}))

    def ids(self) -> list[int]:
        """What is there."""
        return self.warehouse.read("SELECT id FROM raw.texts ORDER BY id")["id"].to_pylist()

    def test_rows_for_which_the_condition_holds_are_removed(self) -> None:
        self.warehouse.remove(TEXTS, "id >= 3")
        self.assertEqual(self.ids(), [0, 1, 2])
        with self.assertRaisesRegex(WarehouseError, "refused"):
            self.warehouse.remove(TEXTS, "missing = 1")

    def test_a_removal_is_part_of_its_transaction(self) -> None:
        with self.assertRaises(KeyboardInterrupt), self.warehouse.transaction():
            self.warehouse.remove(TEXTS, "id >= 3")
            self.assertEqual(len(self.ids()), 3)
            raise KeyboardInterrupt
        self.assertEqual(len(self.ids()), ROWS)

    def test_the_file_shrinks_and_the_warehouse_goes_on(self) -> None:
        self.warehouse.remove(TEXTS, "id >= 3")
        before, after = self.warehouse.reclaim([TEXTS])
        self.assertLess(after, before / 2)
        self.assertEqual(self.path.stat().st_size, after)
        self.warehouse.append(TEXTS, pa.table({"id": [3], "text": ["new"]}))
        self.warehouse.close()
        self.warehouse = DuckDBWarehouse(self.path, threads=1)
        self.assertEqual(self.ids(), [0, 1, 2, 3])
        self.assertEqual([path.name for path in self.path.parent.iterdir()], ["warehouse.duckdb"])

    def test_a_file_that_would_not_shrink_is_left_alone(self) -> None:
        self.warehouse.reclaim([TEXTS])
        number = self.path.stat().st_ino
        self.warehouse.reclaim([TEXTS])
        self.assertEqual(self.path.stat().st_ino, number)
        self.assertEqual(len(self.ids()), ROWS)

    def test_what_a_killed_process_left_is_no_hindrance(self) -> None:
        self.path.with_name("warehouse.duckdb.rewritten").write_bytes(b"half a file")
        self.warehouse.remove(TEXTS, "id >= 3")
        self.warehouse.reclaim([TEXTS])
        self.assertEqual(self.ids(), [0, 1, 2])
