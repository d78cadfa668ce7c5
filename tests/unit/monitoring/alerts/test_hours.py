"""Quiet hours and the moment of the digest, over midnight and through a change of clocks."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime

from ritournelle.monitoring.alerts.hours import is_quiet, last_due, yesterday


def at(hour: int, minute: int = 0, day: int = 25, month: int = 11) -> datetime:
    """A moment in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


class HoursTest(unittest.TestCase):
    def test_quiet_hours_go_over_midnight_and_their_end_is_not_quiet(self) -> None:
        for now, quiet in ((at(21, 59), False), (at(22), True), (at(3), True), (at(6, 59), True), (at(7), False)):
            with self.subTest(now):
                self.assertIs(is_quiet("22:00-07:00", "UTC", now), quiet)
        self.assertTrue(is_quiet("12:00-14:00", "UTC", at(13)))
        self.assertFalse(is_quiet("12:00-14:00", "UTC", at(14)))
        self.assertFalse(is_quiet(None, "UTC", at(3)))

    def test_they_are_meant_in_their_zone(self) -> None:
        self.assertTrue(is_quiet("22:00-07:00", "Europe/Paris", at(21)))  # 22:00 in winter
        self.assertFalse(is_quiet("22:00-07:00", "Europe/Paris", at(6)))
        self.assertTrue(is_quiet("22:00-07:00", "Europe/Paris", at(20, month=7)))  # in summer

    def test_the_digest_was_due_last(self) -> None:
        self.assertEqual(last_due("08:00", "UTC", at(8)), at(8))
        self.assertEqual(last_due("08:00", "UTC", at(7, 59)), at(8, day=24))
        self.assertEqual(last_due("08:00", "Europe/Paris", at(7)), at(7))
        self.assertEqual(last_due("08:00", "Europe/Paris", at(12, day=25, month=10)), at(7, day=25, month=10))
        self.assertEqual(last_due("08:00", "Europe/Paris", at(5, day=25, month=10)), at(6, day=24, month=10))

    def test_yesterday_is_a_day_of_the_zone(self) -> None:
        first, end = yesterday("Europe/Paris", at(23, 30, day=24))  # half past midnight of the 25th
        self.assertEqual((first, end), (at(23, day=23), at(23, day=24)))
