"""Lists that are all alike are noticed, also where what was heard makes each of them a little different."""

from __future__ import annotations

import unittest
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ritournelle.monitoring.observations import Lists
from ritournelle.monitoring.observing.data import lists_to_publish
from ritournelle.monitoring.observing.history import HEALTH, History, PastRun, PastStep
from ritournelle.monitoring.sensors.model_degenerate import DegenerateLimits, ModelDegenerate

GOOD = Lists("model", "als-000003", 160, 0.02, 0, 120, 150, 10, 61.0)
FACTS = {
    "lists": 160,
    "model_version": "als-000003",
    "most_identical": 0.02,
    "not_finite": 0,
    "shown_tracks": 120,
    "equally_shown": 61.0,
    "tracks": 150,
    "longest": 10,
}
NOON = datetime(2025, 1, 8, 12, tzinfo=UTC)


def fires(seen: Lists) -> bool | None:
    return ModelDegenerate().judge(seen, DegenerateLimits()).has_fired


def run(number: int, *steps: PastStep) -> PastRun:
    began = NOON + timedelta(days=number)
    return PastRun(f"run-{number}", number, "run", "2025-01-08", "succeeded", began, began, steps=steps)


def step(name: str, status: str = "succeeded", message: str = "", **details: object) -> PastStep:
    return PastStep(name, "", status, NOON, NOON, message, {}, details)


class DegenerateListsTest(unittest.TestCase):
    def test_lists_of_their_own(self) -> None:
        self.assertIs(fires(GOOD), False)

    def test_one_list_for_most(self) -> None:
        self.assertIs(fires(replace(GOOD, most_identical=0.6)), True)

    def test_nearly_one_list_for_all(self) -> None:
        """Ten tracks that nine in ten listeners have not heard; no two lists need be equal."""
        self.assertIs(fires(replace(GOOD, shown_tracks=26, equally_shown=11.8)), True)

    def test_long_lists_of_a_small_catalogue_cannot_differ_much(self) -> None:
        self.assertIs(fires(replace(GOOD, tracks=30, shown_tracks=30, equally_shown=24.0, list_length=20)), False)

    def test_scores_that_are_no_numbers(self) -> None:
        self.assertIs(fires(replace(GOOD, not_finite=3)), True)

    def test_lists_that_could_not_be_made_for_want_of_numbers(self) -> None:
        good = run(1, step("recommend"), step(HEALTH, facts={"lists": FACTS}))
        said = "the als model gave 24000 scores that are not finite; roll back or train again"
        bad = run(
            2, step("recommend", "failed", said), step("publish", "skipped"), step(HEALTH, facts={"lists": FACTS})
        )
        mended = run(3, step("recommend"), step(HEALTH, facts={"lists": FACTS}))
        self.assertEqual(list(lists_to_publish(History((good,)))), [GOOD])
        self.assertEqual(list(lists_to_publish(History((good, bad)))), [replace(GOOD, not_finite=24000)])
        self.assertEqual(list(lists_to_publish(History((good, bad, mended)))), [GOOD])
