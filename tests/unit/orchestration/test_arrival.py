"""When an arrival asks for a run: once the app has changed and stands still, and not too often."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime, timedelta

from ritournelle.orchestration.arrival import Decision, Watch, decide

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
PAUSE = timedelta(minutes=60)
BEFORE = {"tracks": "10:a", "users": "10:b"}
CHANGED = {"tracks": "11:a", "users": "10:b"}
MOVED = {"tracks": "12:a", "users": "10:b"}


def looks(*seen: tuple[int, dict[str, str]], watch: Watch = Watch(known=BEFORE)) -> list[Decision]:
    """The decisions at these looks: minutes after noon, and what the app showed."""
    decisions = []
    for minutes, look in seen:
        decisions.append(decide(watch, look, NOW + timedelta(minutes=minutes), PAUSE))
        watch = decisions[-1].watch
    return decisions


class TestDecide(unittest.TestCase):
    def test_the_first_look_only_remembers(self) -> None:
        first, second = looks((0, BEFORE), (5, BEFORE), watch=Watch())
        self.assertEqual((first.run, second.run), (False, False))
        self.assertEqual(first.watch.known, BEFORE)

    def test_what_changed_and_stands_still_is_run_once(self) -> None:
        decisions = looks((0, CHANGED), (5, CHANGED), (10, CHANGED))
        self.assertEqual([one.run for one in decisions], [False, True, False])
        self.assertIn("tracks", decisions[1].why)
        self.assertNotIn("users", decisions[1].why)

    def test_while_it_moves_it_is_waited_for_and_not_for_ever(self) -> None:
        moving = [(minutes, {"tracks": f"{minutes}:a", "users": "10:b"}) for minutes in range(20, 100, 10)]
        self.assertEqual([one.run for one in looks(*moving)], [False] * 6 + [True, False])

    def test_what_changed_back_is_no_arrival(self) -> None:
        decisions = looks((0, CHANGED), (5, BEFORE), (10, CHANGED), (15, BEFORE))
        self.assertFalse(any(one.run for one in decisions))
        self.assertIsNone(decisions[-1].watch.changed_at)

    def test_two_runs_are_a_pause_apart(self) -> None:
        decisions = looks((0, CHANGED), (5, CHANGED), (10, MOVED), (15, MOVED), (66, MOVED))
        self.assertEqual([one.run for one in decisions], [False, True, False, False, True])

    def test_what_a_run_has_read_since_is_no_arrival(self) -> None:
        (changed,) = looks((0, CHANGED))
        read = decide(changed.watch, CHANGED, NOW + timedelta(minutes=5), PAUSE, NOW + timedelta(minutes=2))
        self.assertFalse(read.run)
        self.assertEqual(read.watch.known, CHANGED)
        older = decide(changed.watch, CHANGED, NOW + timedelta(minutes=5), PAUSE, NOW - timedelta(minutes=2))
        self.assertTrue(older.run)


if __name__ == "__main__":
    unittest.main()
