"""Readiness: it names what is missing, in bounded time, and nothing of the machine."""

from __future__ import annotations

import tempfile
import time
import unittest
from pathlib import Path
from shutil import rmtree
from threading import Event

from ritournelle.serving.readiness import Readiness
from ritournelle.warehouse.connect import connect
from tests.api_server import client_of, home_after_a_night, platform_of, problem


class ReadinessTest(unittest.TestCase):
    """The checks of one server, on homes that lack something."""

    def setUp(self) -> None:
        self.home = home_after_a_night(Path(self.enterContext(tempfile.TemporaryDirectory())))

    def errors(self) -> list[str]:
        """What a fresh server says; none when it is ready."""
        with client_of(platform_of(self.home)) as client:
            answer = client.get("/health/ready")
        if answer.status_code == 200:
            self.assertEqual(answer.json(), {"ready": True})
            return []
        told = problem(answer)
        self.assertEqual((answer.status_code, told["why"]), (503, "not_ready"))
        self.assertNotIn(str(self.home), answer.text)
        found: list[str] = told["errors"]
        return found

    def test_after_a_good_night_nothing_is_missing(self) -> None:
        self.assertEqual(self.errors(), [])

    def test_no_publication(self) -> None:
        rmtree(self.home / "published")
        self.assertEqual(self.errors(), ["publication: nothing was published yet"])

    def test_the_name_of_the_champion_was_lost(self) -> None:
        (self.home / "registry" / "champion.json").unlink()
        self.assertEqual(self.errors(), ["model: lists were made by a champion, and none is named any more"])

    def test_where_the_gate_promoted_nobody_popularity_is_enough(self) -> None:
        (self.home / "registry" / "champion.json").unlink()
        current = (self.home / "published" / "current.duckdb").resolve()
        with connect(f"duckdb:///{current}") as published:
            published.read("UPDATE marts.recommendations SET model_version = 'none' RETURNING 1")
        self.assertEqual(self.errors(), [])

    def test_a_publication_a_model_and_a_log_that_are_damaged(self) -> None:
        (self.home / "published" / "current.duckdb").resolve().write_bytes(b"no database" * 1_000)
        rmtree(self.home / "registry" / "versions")
        events = self.home / "events"
        rmtree(events, ignore_errors=True)
        events.write_text("a file where the log should be")
        names = [error.partition(":")[0] for error in self.errors()]
        self.assertEqual(names, ["publication", "model", "event log"])

    def test_what_comes_back_is_seen_with_the_next_question(self) -> None:
        pointer = self.home / "registry" / "champion.json"
        with client_of(platform_of(self.home)) as client:
            away = pointer.rename(pointer.with_suffix(".away"))
            self.assertEqual(client.get("/health/ready").status_code, 503)
            away.rename(pointer)
            self.assertEqual(client.get("/health/ready").status_code, 200)


class HangingTest(unittest.TestCase):
    """A part that gives no answer."""

    def test_nobody_waits_longer_than_the_bound_and_it_is_asked_once(self) -> None:
        let_go, asked = Event(), []

        def hangs() -> str:
            asked.append(1)
            let_go.wait(30)
            return ""

        readiness = Readiness({"disk": hangs, "other": lambda: ""}, wait_seconds=0.1)
        began = time.monotonic()
        for _ in range(3):
            self.assertEqual(readiness.missing(), {"disk": "gave no answer within 0.1 s"})
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(len(asked), 1)
        let_go.set()
        self.assertEqual(Readiness({"disk": hangs}).missing(), {})
