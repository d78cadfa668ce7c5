"""The name of the publication: what changes it, and what an erasure leaves of it."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from ritournelle.warehouse.publication_watch import PublicationWatch, version_of


class PublicationWatchTest(unittest.TestCase):
    def test_a_file_is_looked_at_each_time(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory())) / "published"
        watch = PublicationWatch(f"duckdb:///{folder.parent}/warehouse.duckdb")
        self.assertEqual(watch(), "")
        folder.mkdir()
        for name in ("first.duckdb", "second.duckdb"):
            (folder / "draft").symlink_to(name)
            (folder / "draft").replace(folder / "current.duckdb")
            self.assertEqual(watch(), name)

    def test_a_server_that_does_not_answer_is_not_asked_with_every_request(self) -> None:
        watch = PublicationWatch("postgresql://nobody@127.0.0.1:9/nothing", clock=lambda: 7.0)
        self.assertEqual([watch(), watch()], ["unknown", "unknown"])

    def test_the_version_outlives_an_erasure(self) -> None:
        self.assertEqual([version_of(name) for name in ("a-1.duckdb", "a-1~2.duckdb", "a-1~7", "")], ["a-1"] * 3 + [""])
