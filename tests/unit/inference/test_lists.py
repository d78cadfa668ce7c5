"""From a champion to the rows of one night, and from rows to one answered list."""

from __future__ import annotations

import json
import tempfile
import unittest
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.domain.recommendations import AnsweredBy, recommendation_id
from ritournelle.errors import ModelError, NothingToLearnError
from ritournelle.inference.batch import (
    NO_CHAMPION,
    NOTHING_HEARD,
    NOTHING_LEFT,
    Night,
    all_nightly_lists,
    nightly_blocks,
)
from ritournelle.inference.champion import Champion, load_champion
from ritournelle.inference.explaining import carriers
from ritournelle.inference.fallback import Fallback
from ritournelle.inference.lists import fallback_rows, list_from_rows
from ritournelle.inference.reasons import reason_with_names
from ritournelle.inference.rows import RECOMMENDATION_SCHEMA
from ritournelle.registry.store import LocalRegistry
from tests.champions import promote_model

NOW = datetime(2024, 6, 1, 3, tzinfo=UTC)
USERS, TRACKS, K = 20, 30, 5


def interactions() -> pa.Table:
    """Even users 100 … heard even tracks 500 …, odd ones odd: ten of fifteen each."""
    random = np.random.default_rng(3)
    pairs = [
        (100 + user, 500 + track)
        for user in range(USERS)
        for track in random.permutation(np.arange(user % 2, TRACKS, 2))[:10].tolist()
    ]
    users, tracks = zip(*pairs, strict=True)
    moments = pa.array([NOW] * len(pairs), pa.timestamp("us", "UTC"))
    weights = [1.0] * len(pairs)
    return pa.table({"user_id": users, "track_id": tracks, "weight": weights, "last_listened_at": moments})


def popularity(**recent: int) -> pa.Table:
    """All tracks were played in all, the later the more; in the last 28 days only as many as asked for."""
    plays = np.arange(1, TRACKS + 1)
    days_28 = np.where(np.arange(TRACKS) < recent.get("days_28", TRACKS), plays, 0)
    days_365 = np.where(np.arange(TRACKS) < recent.get("days_365", TRACKS), plays, 0)
    ids = np.arange(500, 500 + TRACKS)
    return pa.table({"track_id": ids, "plays_28_days": days_28, "plays_365_days": days_365, "plays_total": plays})


def catalogue() -> pa.Table:
    ids = range(500, 500 + TRACKS)
    return pa.table(
        {
            "track_id": list(ids),
            "name": [f"song {track}" for track in ids],
            "artist": ["someone"] * TRACKS,
            "album": ["something"] * TRACKS,
            "duration_seconds": [180] * TRACKS,
        }
    )


def of_user(rows: pa.Table, user_id: int) -> pa.Table:
    return rows.filter(pc.equal(rows.column("user_id"), user_id))


class InferenceTestCase(unittest.TestCase):
    """A registry with a champion trained on the two camps."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        cls.addClassCleanup(folder.cleanup)
        cls.registry = LocalRegistry(Path(folder.name))
        promote_model(cls.registry, interactions(), NOW, factors=2)

    def champion(self) -> Champion:
        champion = load_champion(self.registry)
        assert champion is not None
        return champion

    def night(self, **changes: Any) -> Night:
        parts: dict[str, Any] = {
            "champion": self.champion(),
            "fallback": Fallback.of(popularity(), list_length=K),
            "interactions": interactions(),
            "list_length": K,
            "computed_at": NOW,
        }
        return Night(**(parts | changes))

    def listeners(self) -> list[int]:
        return list(range(100, 100 + USERS))


class NightlyListsTest(InferenceTestCase):
    def test_everybody_gets_what_their_camp_hears_and_they_did_not(self) -> None:
        rows = all_nightly_lists(self.night(), self.listeners())
        self.assertEqual(rows.schema, RECOMMENDATION_SCHEMA)
        self.assertEqual(rows.num_rows, USERS * K)
        heard = set(zip(*(interactions().column(name).to_pylist() for name in ("user_id", "track_id")), strict=True))
        for row in rows.to_pylist():
            self.assertNotIn((row["user_id"], row["track_id"]), heard)
            self.assertEqual(row["track_id"] % 2, row["user_id"] % 2)
            self.assertIsNone(row["fallback_reason"])
        self.assertEqual(of_user(rows, 103).column("rank").to_pylist(), [1, 2, 3, 4, 5])
        scores = of_user(rows, 103).column("score").to_pylist()
        self.assertEqual(scores, sorted(scores, reverse=True))

    def test_block_size_changes_nothing(self) -> None:
        listeners = [*self.listeners(), 7, 8]
        whole = all_nightly_lists(self.night(), listeners).sort_by([("user_id", "ascending"), ("rank", "ascending")])
        blocks = all_nightly_lists(self.night(), listeners, block_size=3)
        self.assertEqual(blocks.sort_by([("user_id", "ascending"), ("rank", "ascending")]), whole)

    def test_a_night_again_gives_the_same_rows(self) -> None:
        self.assertEqual(
            all_nightly_lists(self.night(), self.listeners()), all_nightly_lists(self.night(), self.listeners())
        )

    def test_batches_hold_one_block_each(self) -> None:
        blocks = list(nightly_blocks(self.night(), self.listeners(), block_size=8))
        self.assertEqual([rows.num_rows for _, rows in blocks], [8 * K, 8 * K, 4 * K])
        self.assertEqual([len(users) for users, _ in blocks], [8, 8, 4])
        for users, rows in blocks:
            self.assertEqual(set(rows.column("user_id").to_pylist()), set(users.tolist()))

    def test_an_id_never_changes_its_meaning(self) -> None:
        self.assertEqual(recommendation_id(1, 7, "als-000001"), "d3e86bf53ab33e7619652b63e3a0b776")
        others = {recommendation_id(11, 7, "als-000001"), recommendation_id(1, 17, "als-000001")}
        self.assertEqual(len(others | {recommendation_id(1, 7, "als-000002")}), 3)

    def test_who_never_listened_gets_the_popular_tracks(self) -> None:
        rows = all_nightly_lists(self.night(), [7])
        self.assertEqual(rows.column("track_id").to_pylist(), [529, 528, 527, 526, 525])
        self.assertEqual(set(rows.column("fallback_reason").to_pylist()), {NOTHING_HEARD})
        self.assertEqual(set(rows.column("reason").to_pylist()), {"popular in the last 28 days"})
        self.assertEqual(set(rows.column("model_version").to_pylist()), {"als-000001"})

    def test_listens_that_the_model_does_not_know_are_still_left_out(self) -> None:
        new = pa.table({"user_id": [7], "track_id": [600], "weight": [1.0]})
        plays = pa.table(
            {"track_id": [600, 500], "plays_28_days": [9, 1], "plays_365_days": [9, 1], "plays_total": [9, 1]}
        )
        night = self.night(interactions=new, fallback=Fallback.of(plays, list_length=2))
        self.assertEqual(all_nightly_lists(night, [7]).column("track_id").to_pylist(), [500])

    def test_who_heard_everything_gets_no_row(self) -> None:
        everything = pa.table({"user_id": [7] * TRACKS, "track_id": range(500, 530), "weight": [1.0] * TRACKS})
        self.assertEqual(all_nightly_lists(self.night(interactions=everything), [7]).num_rows, 0)

    def test_who_heard_all_that_the_model_may_recommend_gets_the_fallback(self) -> None:
        heard = pa.table({"user_id": [7], "track_id": [500], "weight": [1.0]})
        rows = all_nightly_lists(self.night(interactions=heard, recommendable=[500]), [7])
        self.assertEqual(set(rows.column("fallback_reason").to_pylist()), {NOTHING_LEFT})

    def test_only_recommendable_tracks_are_recommended(self) -> None:
        allowed = [*range(500, 515), 9999]
        rows = all_nightly_lists(
            self.night(recommendable=allowed, fallback=Fallback.of(popularity(), list_length=K, recommendable=allowed)),
            [*self.listeners(), 7],
        )
        self.assertLessEqual(set(rows.column("track_id").to_pylist()), set(allowed))
        self.assertEqual(of_user(rows, 7).num_rows, K)

    def test_without_a_champion_the_fallback_answers_everybody(self) -> None:
        rows = all_nightly_lists(self.night(champion=None), self.listeners())
        self.assertEqual(set(rows.column("fallback_reason").to_pylist()), {NO_CHAMPION})
        self.assertEqual(set(rows.column("model_version").to_pylist()), {"none"})
        self.assertEqual(rows.num_rows, USERS * K)

    def test_nobody_gets_an_empty_table(self) -> None:
        rows = all_nightly_lists(self.night(), [])
        self.assertEqual((rows.num_rows, rows.schema), (0, RECOMMENDATION_SCHEMA))


class FallbackTest(unittest.TestCase):
    def test_takes_the_freshest_window_that_fills_a_list(self) -> None:
        for recent, reason in (
            ({"days_28": 5}, "popular in the last 28 days"),
            ({"days_28": 4}, "popular in the last 365 days"),
            ({"days_28": 0, "days_365": 4}, "popular since the beginning"),
        ):
            with self.subTest(recent=recent):
                self.assertEqual(Fallback.of(popularity(**recent), list_length=5).reason, reason)
        self.assertEqual(Fallback.of(popularity(), list_length=99).reason, "popular since the beginning")

    def test_no_plays_at_all_are_refused(self) -> None:
        for nothing in (popularity().slice(0, 0), popularity().filter(pc.equal(popularity().column("track_id"), 1))):
            with self.assertRaisesRegex(NothingToLearnError, "no track was ever played"):
                Fallback.of(nothing, list_length=5)
        with self.assertRaises(NothingToLearnError):
            Fallback.of(popularity(), list_length=5, recommendable=[1])


class LoadChampionTest(InferenceTestCase):
    def test_none_before_the_first_promotion(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.assertIsNone(load_champion(LocalRegistry(Path(folder))))

    def test_a_version_can_be_asked_for(self) -> None:
        champion = load_champion(self.registry, "als-000001")
        self.assertEqual(None if champion is None else champion.model.name, "als")
        with self.assertRaisesRegex(ModelError, "als-000077"):
            load_champion(self.registry, "als-000077")


class AnsweredListTest(InferenceTestCase):
    def test_has_exactly_the_keys_of_the_design(self) -> None:
        rows = all_nightly_lists(self.night(), [104])
        answered = json.loads(json.dumps(list_from_rows(rows, catalogue()).to_dict()))
        entries = answered.pop("recommendations")
        expected = {
            "user_id": 104,
            "model_version": "als-000001",
            "computed_at": "2024-06-01T03:00:00+00:00",
            "answered_by": "model",
            "fallback_reason": None,
        }
        self.assertEqual(answered, expected)
        keys = "recommendation_id rank track_id name artist album duration_seconds score reason because_of"
        self.assertEqual([list(entry) for entry in entries], [keys.split()] * K)
        first = entries[0]
        self.assertEqual((first["rank"], first["name"]), (1, f"song {first['track_id']}"))

    def test_the_reason_names_the_tracks_that_carried_it(self) -> None:
        rows = all_nightly_lists(self.night(), [104])
        because_of = carriers(self.champion(), rows, interactions(), None)
        mine = of_user(interactions(), 104).column("track_id").to_pylist()
        first = list_from_rows(rows, catalogue(), because_of).recommendations[0]
        self.assertLessEqual(set(first.because_of), set(mine))
        names = [f"song {track}" for track in first.because_of]
        self.assertEqual(first.reason, f"because you listened to {names[0]}, {names[1]} and {names[2]}")

    def test_without_carriers_the_reason_is_the_models(self) -> None:
        rows = all_nightly_lists(self.night(), [104])
        first = list_from_rows(rows, catalogue()).recommendations[0]
        self.assertEqual((first.reason, first.because_of), ("close to your listening as a whole", ()))

    def test_ids_are_those_of_user_track_and_version(self) -> None:
        first = list_from_rows(all_nightly_lists(self.night(), [104]), catalogue()).recommendations[0]
        self.assertEqual(first.recommendation_id, recommendation_id(104, first.track_id, "als-000001"))

    def test_a_listener_whose_history_is_gone_has_no_carriers(self) -> None:
        rows = all_nightly_lists(self.night(), [104])
        self.assertEqual(carriers(self.champion(), rows, interactions().slice(0, 0), None), {})

    def test_tracks_that_left_the_catalogue_keep_their_place(self) -> None:
        rows = all_nightly_lists(self.night(), [104])
        answered = list_from_rows(rows, catalogue().slice(0, 0), {rows["track_id"][0].as_py(): [500]})
        self.assertEqual(len(answered.recommendations), K)
        self.assertIsNone(answered.recommendations[0].name)
        self.assertEqual(answered.recommendations[0].reason, "because of tracks you listened to")

    def test_an_unknown_user_is_told_so(self) -> None:
        fallback = Fallback.of(popularity(), list_length=3)
        rows = fallback_rows(-1, fallback, k=3, model_version="als-000001", computed_at=NOW)
        answered = list_from_rows(rows, catalogue())
        self.assertEqual(answered.answered_by, AnsweredBy.FALLBACK)
        self.assertEqual(answered.fallback_reason, "unknown user -1")
        self.assertEqual([each.track_id for each in answered.recommendations], [529, 528, 527])

    def test_a_fallback_list_leaves_out_what_was_heard(self) -> None:
        heard = pa.table({"user_id": [5, 6], "track_id": [529, 528]})
        fallback = Fallback.of(popularity(), list_length=3)
        rows = fallback_rows(5, fallback, k=1, model_version="x", computed_at=NOW, why="because", heard=heard)
        self.assertEqual(rows.column("track_id").to_pylist(), [528])
        self.assertEqual(rows.column("fallback_reason").to_pylist(), ["because"])

    def test_no_rows_are_no_list(self) -> None:
        with self.assertRaisesRegex(ValueError, "at least one row"):
            list_from_rows(RECOMMENDATION_SCHEMA.empty_table(), catalogue())

    def test_reasons_read_well(self) -> None:
        for names, text in (
            ([], "as stored"),
            (["A"], "because you listened to A"),
            (["A", "B"], "because you listened to A and B"),
            (["A", "B", "C"], "because you listened to A, B and C"),
        ):
            with self.subTest(names=names):
                self.assertEqual(reason_with_names("as stored", names), text)
