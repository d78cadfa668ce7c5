"""Numbers, moments and durations in both languages."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime, timedelta

from ritournelle.serving.writing import NARROW_SPACE, Writer, age_seconds

NOW = datetime(2026, 8, 1, 14, 5, tzinfo=UTC)
ENGLISH, FRENCH = Writer("en", NOW), Writer("fr", NOW)


class WriterTest(unittest.TestCase):
    """What each writes."""

    def test_numbers(self) -> None:
        self.assertEqual(ENGLISH.number(1234567), "1,234,567")
        self.assertEqual(FRENCH.number(1234567), f"1{NARROW_SPACE}234{NARROW_SPACE}567")
        self.assertEqual(ENGLISH.number(0.21987), "0.22")
        self.assertEqual(FRENCH.number(0.0968), "0,0968")
        self.assertEqual(ENGLISH.number(None), "–")

    def test_moments(self) -> None:
        self.assertEqual(ENGLISH.moment(NOW), "1 Aug 2026 at 14:05 UTC")
        self.assertEqual(FRENCH.moment(NOW), "1er août 2026 à 14:05 UTC")
        self.assertEqual(FRENCH.moment(None), "jamais")

    def test_durations_in_two_units(self) -> None:
        self.assertEqual(ENGLISH.duration(9.84), "9.8 s")
        self.assertEqual(FRENCH.duration(9.84), "9,8 s")
        self.assertEqual(ENGLISH.duration(59.7), "60 s")
        self.assertEqual(ENGLISH.duration(346), "5 min 46 s")
        self.assertEqual(ENGLISH.duration(3600), "1 h")
        self.assertEqual(FRENCH.duration(93_600), "1 j 2 h")
        self.assertEqual(ENGLISH.duration(86_400 + 59), "1 d")
        self.assertEqual(ENGLISH.duration(None), "–")

    def test_ages(self) -> None:
        self.assertEqual(ENGLISH.age(NOW - timedelta(seconds=5)), "just now")
        self.assertEqual(ENGLISH.age(NOW - timedelta(seconds=150)), "2 min ago")
        self.assertEqual(FRENCH.age(NOW - timedelta(hours=3, minutes=20)), "il y a 3 h 20 min")
        self.assertEqual(ENGLISH.age(NOW + timedelta(hours=2)), "in 2 h")
        self.assertEqual(FRENCH.age(NOW + timedelta(hours=2)), "dans 2 h")
        self.assertEqual(ENGLISH.age(None), "never")

    def test_an_age_is_never_below_zero(self) -> None:
        self.assertEqual(age_seconds(NOW + timedelta(hours=1), NOW), 0.0)
        self.assertEqual(age_seconds(NOW - timedelta(hours=1), NOW), 3600.0)
        self.assertIsNone(age_seconds(None, NOW))
