"""How many pages may be in flight."""

from __future__ import annotations

import unittest

from ritournelle.ingestion.throttle import ROUNDS_PER_STEP, Throttle


class ThrottleTest(unittest.TestCase):
    def test_all_that_was_asked_for_until_somebody_minds(self) -> None:
        throttle = Throttle(8)
        throttle.answered()
        self.assertEqual(throttle.allowed, 8)

    def test_each_refusal_halves_and_one_page_always_goes(self) -> None:
        throttle = Throttle(8)
        seen = []
        for _ in range(5):
            throttle.refused()
            seen.append(throttle.allowed)
        self.assertEqual(seen, [4, 2, 1, 1, 1])

    def test_answers_bring_back_one_after_the_other_and_never_more_than_asked_for(self) -> None:
        throttle = Throttle(2)
        throttle.refused()
        for _ in range(ROUNDS_PER_STEP - 1):
            throttle.answered()
        self.assertEqual(throttle.allowed, 1)
        for _ in range(3 * ROUNDS_PER_STEP):
            throttle.answered()
        self.assertEqual(throttle.allowed, 2)
