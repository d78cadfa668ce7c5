"""A shared SQLite file: many open it at once, and those who must wait do."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from ritournelle.sqlite_file import opened

HANDS = 8
TABLE = "CREATE TABLE IF NOT EXISTS told (hand INTEGER)"


class OpenedTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)

    def test_many_open_a_new_file_at_once(self) -> None:
        """4 of 1,200 were turned away before, hence fifty files."""
        barrier = threading.Barrier(HANDS)

        def tell(file: Path, hand: int) -> None:
            barrier.wait()
            with closing(opened(file, TABLE, wait_seconds=10)) as connection:
                connection.execute("INSERT INTO told VALUES (?)", (hand,))

        with ThreadPoolExecutor(HANDS) as threads:
            for number in range(50):
                file = self.home / f"folder {number}" / "shared.db"
                list(threads.map(tell, [file] * HANDS, range(HANDS)))
                with closing(opened(file, wait_seconds=1)) as connection:
                    self.assertEqual(connection.execute("SELECT count(*) FROM told").fetchone()[0], HANDS)

    def test_a_lock_that_stays_is_told_of_after_the_wait(self) -> None:
        file = self.home / "shared.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            with self.assertRaisesRegex(sqlite3.OperationalError, "locked"):
                opened(file, TABLE, wait_seconds=0.05)

    def test_what_is_no_database_is_told_of_at_once(self) -> None:
        file = self.home / "shared.db"
        file.write_bytes(b"a letter to the editor, and not a database at all" * 100)
        with self.assertRaisesRegex(sqlite3.DatabaseError, "not a database"):
            opened(file, TABLE, wait_seconds=600)
