"""Days as partitions: what the clock says where the schedule hangs, and when a day lies in the past."""

from __future__ import annotations

import unittest
from datetime import UTC, date, datetime, timedelta

from ritournelle.orchestration.days import daily_partitions, is_backfill, today
from ritournelle.orchestration.schedule import request
from ritournelle.settings import OrchestrationSettings

PARIS = OrchestrationSettings(time_zone="Europe/Paris", first_day=date(2026, 3, 1))
LATE = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)  # half past midnight in Paris


class TestDays(unittest.TestCase):
    def test_today_is_that_of_the_schedule(self) -> None:
        self.assertEqual(today(PARIS, LATE), date(2026, 3, 5))
        self.assertEqual(today(OrchestrationSettings(), LATE), date(2026, 3, 4))

    def test_partitions_go_from_the_first_day_to_today(self) -> None:
        keys = daily_partitions(PARIS).get_partition_keys(current_time=LATE)
        self.assertEqual(keys, ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"])

    def test_a_past_day_is_loaded_again_unless_a_schedule_or_sensor_asked_for_it(self) -> None:
        yesterday = today(PARIS) - timedelta(days=1)
        self.assertTrue(is_backfill(yesterday, PARIS, {}))
        self.assertFalse(is_backfill(today(PARIS), PARIS, {}))
        self.assertFalse(is_backfill(yesterday, PARIS, {"dagster/schedule_name": "daily"}))
        self.assertFalse(is_backfill(yesterday, PARIS, {"dagster/sensor_name": "source_arrival"}))


class TestSchedule(unittest.TestCase):
    def test_a_tick_asks_for_its_day_once(self) -> None:
        due = datetime(2026, 3, 4, 23, 15, tzinfo=UTC)
        asked = request(PARIS, due, LATE)
        self.assertEqual(asked.partition_key, "2026-03-05")
        self.assertEqual(asked.run_key, request(PARIS, due, LATE + timedelta(hours=1)).run_key)
        self.assertNotEqual(asked.run_key, request(PARIS, due + timedelta(days=1), LATE).run_key)

    def test_a_tick_that_is_made_up_for_is_about_now_and_fills_no_past_day(self) -> None:
        asked = request(PARIS, datetime(2026, 2, 27, 4, tzinfo=UTC), LATE)
        self.assertIsNone(asked.partition_key)
        self.assertIn("2026-02-27", asked.tags["ritournelle/why"])


if __name__ == "__main__":
    unittest.main()
