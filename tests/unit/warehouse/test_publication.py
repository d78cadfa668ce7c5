"""Readers see what was last published, whole, and are never in the way of the writer."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from ritournelle.errors import PermanentError
from ritournelle.warehouse.connect import connect, connect_published
from ritournelle.warehouse.tables import RECOMMENDATIONS, RUNS


class PublicationTest(unittest.TestCase):
    """DuckDB's way: a file of its own behind a link that is switched by one rename."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.url = f"duckdb:///{self.folder / 'warehouse.duckdb'}"
        self.warehouse = connect(self.url)
        self.addCleanup(self.warehouse.close)
        self.warehouse.ensure([RUNS, RECOMMENDATIONS])

    def publish(self, version: str) -> None:
        """A run that wrote one row named like its version."""
        self.warehouse.replace(RUNS, RUNS.rows([{"run_id": version, "run_number": 1}]))
        self.warehouse.publish(["ops", "marts"], version)

    def seen(self) -> list[str]:
        """What somebody who comes now reads."""
        with connect_published(self.url) as reader:
            return reader.read("SELECT run_id FROM ops.runs")["run_id"].to_pylist()

    def test_nothing_published_is_an_error_that_says_what_to_do(self) -> None:
        with self.assertRaisesRegex(PermanentError, "ritournelle run"):
            connect_published(self.url)

    def test_readers_see_the_last_publication_while_the_writer_goes_on(self) -> None:
        self.publish("one")
        self.warehouse.replace(RUNS, RUNS.rows([{"run_id": "unfinished", "run_number": 2}]))
        self.assertEqual(self.seen(), ["one"])
        self.publish("two")
        self.assertEqual(self.seen(), ["two"])

    def test_a_reader_keeps_the_version_that_it_opened(self) -> None:
        self.publish("one")
        with connect_published(self.url) as reader:
            self.publish("two")
            self.publish("three")
            self.assertEqual(reader.read("SELECT run_id FROM ops.runs")["run_id"].to_pylist(), ["one"])
        self.assertEqual(self.seen(), ["three"])

    def test_what_a_killed_publication_left_is_swept(self) -> None:
        self.publish("one")
        published = self.folder / "published"
        for name in ("two.partial", "two.partial.wal", "one.partial.wal"):
            (published / name).write_bytes(b"half a file")
        self.publish("two")
        names = sorted(path.name for path in published.iterdir())
        self.assertEqual(names, ["current.duckdb", "two.duckdb"])

    def test_the_same_version_can_be_published_again(self) -> None:
        self.publish("one")
        self.publish("one")
        self.assertEqual(self.seen(), ["one"])
