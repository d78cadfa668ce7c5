"""When to try again, and after how long."""

from __future__ import annotations

import unittest

from hypothesis import given
from hypothesis import strategies as st

from ritournelle.errors import TransientSourceError
from ritournelle.ingestion.retrying import is_transient_status, pause_before
from ritournelle.settings import SourceSettings

SETTINGS = SourceSettings(retries=4, backoff_seconds=0.5, max_backoff_seconds=3, max_retry_after_seconds=60)


def asking(seconds: float | None) -> TransientSourceError:
    return TransientSourceError("answered status 429", retry_after_seconds=seconds)


class RetryingTest(unittest.TestCase):
    def test_statuses(self) -> None:
        for status in (408, 425, 429, 500, 502, 503, 504, 599):
            self.assertTrue(is_transient_status(status), status)
        for status in (201, 204, 301, 400, 401, 403, 404, 405, 410, 422, 451):
            self.assertFalse(is_transient_status(status), status)

    def test_pauses_double_up_to_a_limit(self) -> None:
        for attempt, longest in ((1, 0.5), (2, 1.0), (3, 2.0), (4, 3.0)):
            pauses = [pause_before(attempt, asking(None), SETTINGS) or 0.0 for _ in range(200)]
            self.assertLessEqual(max(pauses), longest)
            self.assertGreaterEqual(min(pauses), longest / 2)
            self.assertGreater(len(set(pauses)), 100)  # jitter

    def test_it_gives_up(self) -> None:
        self.assertIsNone(pause_before(5, asking(None), SETTINGS))
        self.assertIsNone(pause_before(1, asking(None), SourceSettings(retries=0)))
        self.assertIsNone(pause_before(5, asking(1), SETTINGS))

    def test_retry_after_is_honoured_as_asked(self) -> None:
        self.assertEqual(pause_before(1, asking(7), SETTINGS), 7)
        self.assertEqual(pause_before(4, asking(60), SETTINGS), 60)
        self.assertIsNone(pause_before(1, asking(60.1), SETTINGS))

    @given(st.integers(1, 5000))
    def test_any_number_of_retries(self, attempt: int) -> None:
        patient = SourceSettings(retries=5000)
        pause = pause_before(attempt, asking(None), patient)
        assert pause is not None
        self.assertTrue(0 < pause <= patient.max_backoff_seconds)
