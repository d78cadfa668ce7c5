"""What a log gets to see of a run."""

from __future__ import annotations

import unittest
from contextlib import redirect_stderr
from io import StringIO

from ritournelle.commands.shell import watcher
from ritournelle.domain.clock import utc_now
from ritournelle.line_watcher import LineWatcher, told
from ritournelle.runs.record import Step


class LineWatcherTest(unittest.TestCase):
    def test_one_line_for_each_step(self) -> None:
        with redirect_stderr(StringIO()) as log, watcher() as watching:
            self.assertIsInstance(watching, LineWatcher)
            watching.on_step(Step("ingest", "succeeded", utc_now(), source="users", measures={"announced": 12_000}))
            watching.on_step(Step("publish", "skipped", utc_now(), "because [ingest] failed"))
            watching.on_retry("page 7: it answered status 503")
        expected = (
            "✓ ingest users: 12,000 announced\n– publish: because [ingest] failed\n… page 7: it answered status 503\n"
        )
        self.assertEqual(log.getvalue(), expected)

    def test_a_step_that_found_trouble_has_a_mark_of_its_own(self) -> None:
        found = Step("health", "succeeded", utc_now(), "critical; users: none came", details={"fired": ["volume"]})
        with redirect_stderr(StringIO()) as log:
            LineWatcher().on_step(found)
        self.assertEqual(log.getvalue(), "! health: critical; users: none came\n")

    def test_what_the_message_says_already_is_said_once(self) -> None:
        failed = Step("ingest", "failed", utc_now(), "users: page 4 answered status 500", source="users")
        self.assertEqual(told(failed), "ingest users: page 4 answered status 500")
        self.assertEqual(told(Step("health", "succeeded", utc_now(), "health: good")), "health: good")
