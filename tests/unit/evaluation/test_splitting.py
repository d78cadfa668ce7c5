"""Splitting: time is respected, and where time says nothing the window says so."""

from __future__ import annotations

import unittest

import numpy as np

from ritournelle.evaluation.listens import MICROSECONDS_PER_DAY, Listens
from ritournelle.evaluation.splitting import SplitRules, split

DAY = MICROSECONDS_PER_DAY


def random_listens(seed: int = 0, listeners: int = 60, tracks: int = 80, count: int = 4_000, days: int = 60) -> Listens:
    random = np.random.default_rng(seed)
    who, what = random.integers(listeners, size=count), random.integers(tracks, size=count)
    when = random.integers(days * DAY, size=count)
    order = np.lexsort((when, who))
    return Listens(who[order], what[order], when[order], (listeners, tracks))


class SplitTest(unittest.TestCase):
    def test_nothing_of_a_window_is_learnt(self) -> None:
        for task in ("discovery", "next_listen"):
            listens = random_listens()
            parts = split(listens, SplitRules(task=task, least_cases=10))  # type: ignore[arg-type]
            end = int(listens.listened_at.max()) + 1
            for window, last in ((parts.judging, end - 7 * DAY), (parts.choosing, end - 14 * DAY)):
                with self.subTest(task=task, kind=window.kind):
                    self.assertEqual(window.kind, "temporal")
                    before = listens.where(listens.listened_at < last)
                    known = window.interactions > 0
                    self.assertEqual((known != (before.counts() > 0)).nnz, 0)
                    self.assertEqual(window.side.sequences.tracks.tolist(), before.tracks.tolist())

    def test_discovery_asks_for_tracks_not_heard_and_next_listen_for_all(self) -> None:
        listens = random_listens()
        discovery = split(listens, SplitRules(least_cases=10)).judging.cases
        following = split(listens, SplitRules(task="next_listen", least_cases=10)).judging.cases
        self.assertEqual(discovery.relevant.multiply(discovery.heard > 0).nnz, 0)
        self.assertIsNotNone(discovery.exclude)
        self.assertGreater(following.relevant.multiply(following.heard > 0).nnz, 0)
        self.assertIsNone(following.exclude)
        self.assertEqual(following.recent.listeners.max(), len(following) - 1)

    def test_the_gap_is_left_out(self) -> None:
        listens = random_listens()
        window = split(listens, SplitRules(gap_hours=48, least_cases=10)).judging
        last = int(listens.listened_at.max()) + 1 - 9 * DAY
        self.assertEqual(len(window.side.sequences.tracks), np.count_nonzero(listens.listened_at < last))

    def test_one_date_for_all_is_held_out_by_chance_and_says_so(self) -> None:
        listens = random_listens(count=600)
        same = Listens(listens.listeners, listens.tracks, np.zeros(600, dtype=np.int64), listens.shape)
        for task in ("discovery", "next_listen"):
            window = split(same, SplitRules(task=task)).judging  # type: ignore[arg-type]
            self.assertEqual(window.kind, "holdout")
            self.assertIn("at random: only 0 listeners", window.why)
            together = window.cases.relevant.multiply(window.cases.heard > 0)
            self.assertEqual(together.nnz, 0)
            self.assertEqual((window.interactions > 0).nnz + window.cases.relevant.nnz, (same.counts() > 0).nnz)

    def test_the_latest_listens_come_with_each_case(self) -> None:
        listens = Listens(np.array([0, 0, 0]), np.array([4, 2, 3]), np.array([0, 1, 20 * DAY]), (1, 5))
        cases = split(listens, SplitRules(least_cases=1)).judging.cases
        self.assertEqual(cases.recent.tracks.tolist(), [4, 2])
        self.assertEqual(cases.relevant.indices.tolist(), [3])

    def test_nobody_is_asked_where_there_is_nothing(self) -> None:
        nothing = Listens(*(np.zeros(0, dtype=np.int64) for _ in range(3)), (3, 4))
        self.assertEqual(len(split(nothing, SplitRules()).judging.cases), 0)

    def test_another_order_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "ordered by listener"):
            Listens(np.array([1, 0]), np.array([0, 0]), np.array([0, 0]), (2, 1))


class ListensTest(unittest.TestCase):
    def test_half_an_hour_ends_a_session(self) -> None:
        minute = 60_000_000
        when = np.array([0, 29, 60, 60, 200]) * minute
        sessions = Listens(np.array([0, 0, 0, 1, 1]), np.arange(5), when, (2, 5)).sequences()
        self.assertEqual(sessions.starts.tolist(), [0, 2, 3, 4, 5])
        self.assertEqual(sessions.listeners.tolist(), [0, 0, 1, 1])

    def test_a_listen_weighs_half_after_a_half_life(self) -> None:
        listens = Listens(np.array([0, 0]), np.array([1, 1]), np.array([0, 10 * DAY]), (1, 2))
        self.assertAlmostEqual(float(listens.weights(10 * DAY, 10.0)[0, 1]), 1.5)
