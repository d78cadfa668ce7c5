"""A warehouse that stays open: opened once, closed when it is let go and after an error."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from ritournelle.errors import WarehouseError, WarehouseOpenHereError
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.kept import KeptWarehouse


class KeptWarehouseTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.url = f"duckdb:///{Path(folder.name)}/warehouse.duckdb"
        self.opened = 0

    def open(self) -> Warehouse:
        self.opened += 1
        return connect(self.url, threads=1)

    def test_uses_share_one_until_it_is_let_go(self) -> None:
        with KeptWarehouse(self.open) as kept:
            with kept.use() as first, kept.use() as second:
                self.assertIs(first, second)
            with kept.use() as warehouse:
                self.assertEqual(warehouse.read("SELECT 1 AS n")["n"].to_pylist(), [1])
            self.assertEqual(self.opened, 1)
            kept.let_go()
            kept.let_go()
            with kept.use():
                self.assertEqual(self.opened, 2)

    def test_others_may_open_it_afterwards(self) -> None:
        with KeptWarehouse(self.open) as kept, kept.use():
            with self.assertRaises(WarehouseOpenHereError):  # with other options: DuckDB has one instance per process
                connect(self.url, threads=1, read_only=True)
        connect(self.url, threads=1, read_only=True).close()

    def test_after_an_error_it_is_opened_anew(self) -> None:
        with KeptWarehouse(self.open) as kept:
            with self.assertRaises(WarehouseError), kept.use() as warehouse:
                warehouse.read("SELECT nothing")
            with kept.use():
                self.assertEqual(self.opened, 2)
