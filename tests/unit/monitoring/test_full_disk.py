"""The journal where SQLite has no room for the files that it wants beside it: still read, and honest about writing."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from ritournelle.errors import PermanentError
from ritournelle.monitoring.journal import Journal

REFUSAL = {"at": "2026-11-25T08:00:00", "verb": "run", "problem": "OSError", "message": "no space left on device"}


class FullDiskTest(unittest.TestCase):
    """A folder stands where SQLite wants its shared memory: it fails there as it does on a full disk."""

    def setUp(self) -> None:
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "operations.db"
        Journal(self.path).keep_rows("refusals", [REFUSAL])

    def test_what_is_there_is_read(self) -> None:
        self.path.with_name("operations.db-shm").mkdir()
        self.assertEqual(Journal(self.path).rows("SELECT verb FROM refusals"), [{"verb": "run"}])

    def test_what_cannot_be_kept_is_said(self) -> None:
        self.path.with_name("operations.db-shm").mkdir()
        with self.assertRaisesRegex(PermanentError, "cannot be used"):
            Journal(self.path).keep_rows("refusals", [REFUSAL])

    def test_what_is_no_journal_is_not_read_that_way(self) -> None:
        self.path.write_bytes(b"no database" * 1000)
        with self.assertRaisesRegex(PermanentError, "cannot be used"):
            Journal(self.path).rows("SELECT verb FROM refusals")
