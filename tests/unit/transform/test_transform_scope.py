"""How far a build looks back, and what makes it rebuild everything."""

from __future__ import annotations

import unittest
from dataclasses import replace
from pathlib import Path

from ritournelle.transform.scope import LARGE_RAW, SMALL_RAW, fingerprint, is_small_day, look_back
from ritournelle.transform.session import DbtSettings

SETTINGS = DbtSettings("duckdb:////data/w.duckdb", Path("/data"), "Europe/Paris", 30.0, "a key")


class LookBackTest(unittest.TestCase):
    """`look_back`."""

    def test_the_runs_before_are_looked_at_again(self) -> None:
        """As many as asked for; runs without a change are not counted."""
        rows = {1: 100_000, 4: 300, 7: 200, 8: 100}
        self.assertEqual(look_back(rows, 7, 0), 7)
        self.assertEqual(look_back(rows, 7, 1), 6)
        self.assertEqual(look_back(rows, 7, 2), 3)

    def test_a_first_load_is_not(self) -> None:
        """It would be the whole history again."""
        self.assertEqual(look_back({1: 100_000, 2: 10}, 1, 1), 1)
        self.assertEqual(look_back({1: 100_000, 2: 10, 3: 10}, 2, 5), 1)

    def test_nothing_was_changed(self) -> None:
        """An empty raw, or a build of a run that brought nothing."""
        self.assertEqual(look_back({}, 3, 1), 3)
        self.assertEqual(look_back({1: 100}, 3, 1), 3)


class SmallDayTest(unittest.TestCase):
    """`is_small_day`."""

    def test_a_twentieth_of_raw_is_the_limit(self) -> None:
        """What the lookback reads again counts."""
        self.assertTrue(is_small_day({1: 95_000, 2: 3_000, 3: 2_000}, 1))
        self.assertFalse(is_small_day({1: 94_900, 2: 3_100, 3: 2_000}, 1))
        self.assertTrue(is_small_day({1: 94_900, 2: 3_100, 3: 2_000}, 2))

    def test_nothing_is_small_in_a_large_raw(self) -> None:
        """There even a skim is worth several threads."""
        self.assertTrue(is_small_day({1: LARGE_RAW - 2, 2: 1}, 1))
        self.assertFalse(is_small_day({1: LARGE_RAW - 1, 2: 1}, 1))

    def test_a_rebuild_is_not(self) -> None:
        """It looks at everything."""
        self.assertFalse(is_small_day({1: 100_000, 2: 1}, -1))

    def test_a_little_raw_is_small_whatever_has_changed(self) -> None:
        """A rebuild as well, and the first build of an app that has nothing yet."""
        for after in (-1, 0, 1):
            self.assertTrue(is_small_day({1: SMALL_RAW - 2, 2: 2}, after))
        self.assertFalse(is_small_day({1: SMALL_RAW - 1, 2: 2}, -1))
        self.assertTrue(is_small_day({}, -1))


class FingerprintTest(unittest.TestCase):
    """`fingerprint`."""

    def test_what_tables_depend_on(self) -> None:
        """Another time zone, half-life or key makes other tables; threads and memory do not."""
        same = fingerprint(SETTINGS)
        self.assertEqual(fingerprint(replace(SETTINGS, threads=7, memory_gigabytes=1.0, home=Path("/x"))), same)
        for other in ({"source_time_zone": "UTC"}, {"half_life_days": 31.0}, {"pii_key": "b key"}):
            self.assertNotEqual(fingerprint(replace(SETTINGS, **other)), same)  # type: ignore[arg-type]

    def test_the_key_cannot_be_read_from_it(self) -> None:
        """It is stored in the warehouse."""
        self.assertNotIn("a key", fingerprint(SETTINGS))


if __name__ == "__main__":
    unittest.main()
