"""The clock: one reader, and journeys that end where they began."""

from __future__ import annotations

import re
import unittest
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ritournelle
from ritournelle.domain.clock import travelled, travelled_to, travels, utc_now

PACKAGE = Path(ritournelle.__file__).parent
READERS = r"datetime\.now\(|date\.today\(|utcnow\(|time\.time\("
DATABASES = r"(?i)current_timestamp\b(?!\(\))|\bnow\(\)|current_date|getdate\(\)|run_started_at"
ALLOWED = {"domain/clock.py", "registry/store.py"}
"""The clock itself; and the registry, which compares with the moments of files, set by the machine's clock."""


class ClockTest(unittest.TestCase):
    def test_it_is_now_in_utc(self) -> None:
        self.assertLess(abs(utc_now() - datetime.now(UTC)), timedelta(seconds=5))
        self.assertEqual(utc_now().tzinfo, UTC)

    def test_journeys_add_up_and_end(self) -> None:
        with travelled(timedelta(days=3)):
            self.assertTrue(travels())
            with travelled(timedelta(hours=-1)):
                self.assertAlmostEqual(hours_ahead(), 71, places=2)
            self.assertAlmostEqual(hours_ahead(), 72, places=2)
        self.assertAlmostEqual(hours_ahead(), 0, places=2)
        self.assertFalse(travels())

    def test_a_journey_ends_when_something_breaks(self) -> None:
        with self.assertRaises(KeyError), travelled(timedelta(days=3)):
            raise KeyError
        self.assertFalse(travels())

    def test_to_a_moment_from_which_time_goes_on(self) -> None:
        moment = datetime(2025, 3, 4, 5, 6, tzinfo=UTC)
        with travelled(timedelta(days=-9)), travelled_to(moment):
            first, then = utc_now(), utc_now()
        self.assertLess(first - moment, timedelta(seconds=5))
        self.assertLessEqual(moment, first)
        self.assertLessEqual(first, then)

    def test_nobody_else_reads_a_clock(self) -> None:
        self.assertEqual(mentions(READERS, "*.py") - ALLOWED, set())

    def test_no_model_asks_the_database_for_the_time(self) -> None:
        self.assertEqual(mentions(DATABASES, "*.sql") | mentions(DATABASES, "*.yml"), set())


def hours_ahead() -> float:
    return (utc_now() - datetime.now(UTC)) / timedelta(hours=1)


def mentions(pattern: str, files: str) -> set[str]:
    """The files of the package in which a pattern stands."""
    found = (path for path in PACKAGE.rglob(files) if re.search(pattern, path.read_text(encoding="utf-8")))
    return {path.relative_to(PACKAGE).as_posix() for path in found}
