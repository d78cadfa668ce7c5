"""The simulated world: the same from the same seed, true to its oracle, and honest about what a day changes."""

from __future__ import annotations

import unittest
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ritournelle.domain.sources import Source
from ritournelle.errors import SettingsError
from ritournelle.simulator.config import DailyRates, WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.world import World

BUSY = DailyRates(
    new_users=0.1, new_tracks=0.1, updated_users=0.1, updated_tracks=0.1, deleted_users=0.1, deleted_tracks=0.1
)
small_worlds = st.builds(
    WorldConfig,
    users=st.integers(1, 40),
    tracks=st.integers(1, 40),
    seed=st.integers(0, 2**32),
    mean_listens=st.floats(1, 12),
    rates=st.sampled_from([DailyRates(), BUSY]),
    habits=st.sampled_from([Habits(), Habits.tidy(), Habits(uniform_listens=True), Habits(prepended_listens=True)]),
)


def dump(world: World) -> list[bytes]:
    return [row for source in Source for row in world.table(source).encoded()]


def heard_by_slot(world: World) -> dict[int, list[int]]:
    table, slots = world.histories.table, world.audience.members.living().tolist()
    return {slot: list(table[slot].items or []) for slot in slots}


class DeterminismTest(unittest.TestCase):
    @settings(max_examples=25, deadline=None)
    @given(small_worlds, st.integers(0, 3))
    def test_same_config_and_days_give_the_same_rows(self, config: WorldConfig, days: int) -> None:
        first, second = World(config), World(config)
        reports = [[world.advance_one_day() for _ in range(days)] for world in (first, second)]
        self.assertEqual(reports[0], reports[1])
        self.assertEqual(dump(first), dump(second))
        self.assertEqual(dump(first.restart()), dump(second.restart()))

    def test_another_seed_gives_another_world(self) -> None:
        self.assertNotEqual(
            dump(World(WorldConfig(users=9, tracks=9))), dump(World(WorldConfig(users=9, tracks=9, seed=8)))
        )

    def test_encoded_rows_follow_the_rows_through_a_day(self) -> None:
        world = World(WorldConfig(users=60, tracks=60, rates=BUSY))
        world.advance_one_day()
        for source in Source:
            self.assertEqual(len(world.table(source)), len(world.table(source).encoded()))
            self.assertEqual(len(world.ids(source)), len(world.table(source)))


class DayTest(unittest.TestCase):
    @settings(max_examples=25, deadline=None)
    @given(small_worlds)
    def test_totals_follow_the_report(self, config: WorldConfig) -> None:
        world = World(config)
        self.assertEqual(world.ids(Source.TRACKS), list(dict.fromkeys(world.ids(Source.TRACKS))))
        report = world.advance_one_day()
        for source, change, before in (
            (Source.TRACKS, report.tracks, config.tracks),
            (Source.USERS, report.users, config.users),
        ):
            self.assertEqual(len(world.table(source)), before + change.inserted - change.deleted)
        self.assertEqual(len(world.table(Source.LISTEN_HISTORY)), len(world.table(Source.USERS)))

    @settings(max_examples=25, deadline=None)
    @given(small_worlds)
    def test_a_day_never_loses_a_listen_without_saying_so(self, config: WorldConfig) -> None:
        world = World(config)
        before, listens = heard_by_slot(world), world.histories.listens()
        report = world.advance_one_day()
        after = heard_by_slot(world)
        for slot in before.keys() & after.keys():
            old, new = before[slot], after[slot]
            self.assertEqual(old, new[len(new) - len(old) :] if config.habits.prepended_listens else new[: len(old)])
        gone = sum(len(before[slot]) for slot in before.keys() - after.keys())
        self.assertEqual(gone, report.listens_lost)
        added = report.listens_added + report.listens_of_new_users
        self.assertEqual(world.histories.listens(), listens + added - gone)

    def test_quiet_days_change_nothing_but_the_date(self) -> None:
        world = World(WorldConfig(users=20, tracks=20))
        before = dump(world)
        report = world.advance_one_day(quiet=True)
        self.assertEqual((report.day, report.date.isoformat()), (1, "2024-01-02"))
        self.assertEqual(dump(world), before)

    def test_updates_are_seen_in_updated_at(self) -> None:
        world = World(WorldConfig(users=100, tracks=100, habits=Habits.tidy()))
        world.listen(users=10, tracks=2, prepend=True)
        touched = [row for row in world.histories.table.rows() if row.updated_at.startswith("2024-01-01")]
        self.assertEqual(len(touched), 10)

    def test_the_last_user_and_track_stay(self) -> None:
        world = World(WorldConfig(users=3, tracks=3))
        self.assertEqual((world.delete_tracks(10), world.delete_users(10)[0]), (2, 2))
        self.assertEqual(len(world.table(Source.TRACKS)), 1)

    def test_tastes_drift(self) -> None:
        world = World(WorldConfig(users=20, tracks=20))
        users, tracks = world.audience.members.ids, world.catalogue.members.ids
        before = world.affinity(users, tracks)
        world.advance_one_day()
        moved = np.abs(world.affinity(users, tracks) - before).max()
        self.assertTrue(0 < moved < 0.2, moved)


class OracleTest(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World(WorldConfig(users=400, tracks=300, habits=Habits.tidy()))

    def test_people_play_what_they_like(self) -> None:
        users, tracks = self.world.audience.members.ids, self.world.catalogue.members.ids
        affinity = self.world.affinity(users, tracks)
        place = {track: number for number, track in enumerate(tracks.tolist())}
        heard = [
            affinity[number, place[track]]
            for number, row in enumerate(self.world.histories.table.rows())
            for track in row.items or []
        ]
        self.assertEqual(affinity.shape, (400, 300))
        self.assertGreater(np.mean(heard), affinity.mean() + 0.3)

    def test_sessions_hold_related_tracks(self) -> None:
        tastes, slots = self.world.catalogue.members.tastes, self.world.catalogue.members.slots
        sessions = [
            tastes[slots(row.items or [])] for row in self.world.histories.table.rows() if len(row.items or ()) > 1
        ]
        within = np.mean([float(one[0] @ one[1]) for one in sessions])
        self.assertGreater(within, float((tastes @ tastes.T).mean()) + 0.3)

    def test_popularity_has_a_long_tail(self) -> None:
        world = World(replace(self.world.config, users=2000, tracks=1000, taste_strength=0, session_strength=0))
        plays = np.zeros(1000)
        for row in world.histories.table.rows():
            plays[world.catalogue.members.slots(row.items or [])] += 1
        plays = np.sort(plays)[::-1]
        self.assertGreater(plays[:100].sum() / plays.sum(), 0.3)
        self.assertGreater(plays[0], 10 * np.median(plays))

    def test_preferences_are_probabilities_of_living_tracks(self) -> None:
        self.world.delete_tracks(5)
        user = self.world.ids(Source.USERS)[0]
        assert user is not None
        tracks, chances = self.world.true_preferences(user)
        self.assertEqual(tracks.tolist(), self.world.ids(Source.TRACKS))
        self.assertAlmostEqual(float(chances.sum()), 1, places=4)

    def test_unknown_ids_are_refused(self) -> None:
        with self.assertRaises(KeyError):
            self.world.affinity([1], [2])

    def test_records_hold_about_five_distinct_tracks(self) -> None:
        lengths = [len(row.items or []) for row in self.world.histories.table.rows()]
        self.assertTrue(4.5 < np.mean(lengths) < 5.5)
        self.assertTrue(
            all(len(set(row.items or [])) == len(row.items or []) for row in self.world.histories.table.rows())
        )

    def test_longer_records_are_made_of_several_sessions(self) -> None:
        world = World(replace(self.world.config, users=50, mean_listens=20))
        self.assertGreater(world.histories.listens() / 50, 14)


class ConfigTest(unittest.TestCase):
    def test_worlds_that_cannot_be_are_refused(self) -> None:
        for wrong in ({"users": 0}, {"tracks": 0}, {"seed": -1}, {"mean_listens": 0.5}):
            with self.subTest(wrong), self.assertRaises(SettingsError):
                WorldConfig(**wrong)
        with self.assertRaises(SettingsError):
            Habits(null_user=1.5)
