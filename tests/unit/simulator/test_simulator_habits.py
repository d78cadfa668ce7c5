"""Every awkward habit of the real app, on and off."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ritournelle.domain.sources import Source
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.names import GENRES
from ritournelle.simulator.world import World

TIDY = Habits.tidy()


def world(habits: Habits, users: int = 1000) -> World:
    return World(WorldConfig(users=users, tracks=users, habits=habits))


def share(rows: list[Any], wanted: Callable[[Any], bool]) -> float:
    return sum(map(wanted, rows)) / len(rows)


class HabitsTest(unittest.TestCase):
    real: World
    tidy: World

    @classmethod
    def setUpClass(cls) -> None:
        cls.real, cls.tidy = world(Habits()), world(TIDY)

    def both(self, source: Source, wanted: Callable[[Any], bool]) -> tuple[float, float]:
        real, tidy = (share(one.table(source).rows(), wanted) for one in (self.real, self.tidy))
        return real, tidy

    def test_q5_ids_collide_after_a_restart(self) -> None:
        for start, expected in ((self.real, 10), (self.tidy, 0)):
            fresh = start.restart()
            for source in (Source.TRACKS, Source.USERS):
                self.assertEqual(len(set(fresh.ids(source)) & set(start.ids(source))), expected)
            self.assertEqual((fresh.epoch, fresh.day), (1, 0))

    def test_q5_a_colliding_id_is_somebody_else(self) -> None:
        fresh = self.real.restart()
        before, after = ({row.id: row for row in one.table(Source.USERS).rows()} for one in (self.real, fresh))
        self.assertTrue(all(before[one].created_at != after[one].created_at for one in before.keys() & after.keys()))

    def test_q5_new_rows_carry_old_dates(self) -> None:
        for habits, old in ((Habits(), True), (TIDY, False)):
            one = world(habits, users=20)
            one.advance_one_day()
            one.insert_tracks(5)
            one.insert_users(5)
            born = [row.created_at for source in (Source.TRACKS, Source.USERS) for row in one.table(source).rows()[-5:]]
            self.assertEqual({date < "2024-01-02" for date in born}, {old})

    def test_q7_updated_before_created(self) -> None:
        for source in (Source.TRACKS, Source.USERS):
            real, tidy = self.both(source, lambda row: bool(row.updated_at < row.created_at))
            self.assertAlmostEqual(real, 0.25, delta=0.06)
            self.assertEqual(tidy, 0)

    def test_q7_listens_before_creation(self) -> None:
        for one, expected, delta in ((self.real, 0.5, 0.08), (self.tidy, 0, 0)):
            born = {row.id: row.created_at for row in one.table(Source.USERS).rows()}
            rows = [row for row in one.table(Source.LISTEN_HISTORY).rows() if row.user_id is not None]
            early = share(rows, lambda row, born=born: bool(row.created_at < born[row.user_id]))  # type: ignore[misc]
            self.assertAlmostEqual(early, expected, delta=delta)

    def test_q7_tidy_records_follow_their_tracks(self) -> None:
        born = {row.id: row.created_at for row in self.tidy.table(Source.TRACKS).rows()}
        for row in self.tidy.table(Source.LISTEN_HISTORY).rows():
            self.assertLessEqual(max(born[track] for track in row.items), row.created_at)

    def test_q8_emails_repeat(self) -> None:
        for one, distinct in ((self.real, 996), (self.tidy, 1000)):
            self.assertEqual(len({row.email for row in one.table(Source.USERS).rows()}), distinct)

    def test_q9_durations_are_minutes_and_seconds(self) -> None:
        for row in self.real.table(Source.TRACKS).rows():
            self.assertRegex(row.duration, r"^0\d:[0-5]\d$")

    def test_q10_genres_of_tracks_are_free_words(self) -> None:
        genres = {row.genres for row in self.real.table(Source.TRACKS).rows()}
        self.assertTrue(550 < len(genres) < 700)
        self.assertFalse(genres & set(GENRES))
        self.assertTrue({row.genres for row in self.tidy.table(Source.TRACKS).rows()} <= set(GENRES))
        self.assertTrue({row.favorite_genres for row in self.real.table(Source.USERS).rows()} <= set(GENRES))

    def test_q11_nulls(self) -> None:
        self.assertEqual(self.both(Source.LISTEN_HISTORY, lambda row: row.items is None), (0.002, 0))
        self.assertEqual(self.both(Source.LISTEN_HISTORY, lambda row: row.user_id is None), (0.001, 0))

    def test_q12_same_page_order_and_no_collision(self) -> None:
        self.assertEqual(self.tidy.ids(Source.USERS), self.tidy.ids(Source.LISTEN_HISTORY))
        self.assertFalse(set(self.real.ids(Source.USERS)) & set(self.real.ids(Source.TRACKS)))

    def test_datetimes_with_and_without_microseconds(self) -> None:
        real, tidy = self.both(Source.TRACKS, lambda row: len(row.created_at) == 19)
        self.assertAlmostEqual(real, 0.1, delta=0.04)
        self.assertEqual(tidy, 0)
        self.assertEqual({len(row.created_at) for row in self.real.table(Source.USERS).rows()}, {19, 26})

    def test_q15_uniform_listens_leave_nothing_to_learn(self) -> None:
        one = world(replace(TIDY, uniform_listens=True))
        affinity = one.affinity(one.audience.members.ids[:5], one.catalogue.members.ids)
        self.assertFalse(affinity.any())
        plays = np.zeros(1000)
        for row in one.table(Source.LISTEN_HISTORY).rows():
            plays[one.catalogue.members.slots(row.items)] += 1
        self.assertLess(plays.max(), 25)

    def test_new_listens_at_either_end(self) -> None:
        for prepended in (False, True):
            one = world(replace(TIDY, prepended_listens=prepended), users=30)
            before = {row.user_id: list(row.items) for row in one.table(Source.LISTEN_HISTORY).rows()}
            one.advance_one_day()
            for row in one.table(Source.LISTEN_HISTORY).rows():
                old = before.get(row.user_id, [])
                kept = row.items[len(row.items) - len(old) :] if prepended else row.items[: len(old)]
                self.assertEqual(kept, old)
