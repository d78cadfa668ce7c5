"""Lists by HTTP: the stored one, one made now, what answers when something is missing, and what is on record of it."""

from __future__ import annotations

import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import rmtree
from threading import Event
from typing import Any

from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.domain.exposures import Exposure
from ritournelle.streaming.topics import Topic
from tests.api_server import client_of, home_after_a_night, platform_of, problem, told
from tests.published import K, STRANGER, interactions, promote, publish

RECOMMENDATIONS = "/v1/users/{}/recommendations"


class ApiTest(unittest.TestCase):
    """A server on a home with one night's publication."""

    platform: Platform
    client: TestClient

    @classmethod
    def setUpClass(cls) -> None:
        home = home_after_a_night(Path(cls.enterClassContext(tempfile.TemporaryDirectory())))
        cls.platform = platform_of(home)
        cls.client = cls.enterClassContext(client_of(cls.platform))

    def listed(self, user_id: int, **query: Any) -> dict[str, Any]:
        """The list of a listener, which there has to be."""
        answer = self.client.get(RECOMMENDATIONS.format(user_id), params=query)
        self.assertEqual(answer.status_code, 200, answer.text)
        found: dict[str, Any] = answer.json()
        return found

    def tracks(self, user_id: int, **query: Any) -> list[int]:
        """Ids of the tracks of that list."""
        return [one["track_id"] for one in self.listed(user_id, **query)["recommendations"]]


class ListTest(ApiTest):
    """Who is answered with what."""

    def test_the_stored_list_with_signed_ids_is_on_record_before_it_is_answered(self) -> None:
        answer = self.listed(7)
        self.assertEqual((answer["answered_by"], answer["model_version"]), ("model", "als-000001"))
        self.assertEqual([one["rank"] for one in answer["recommendations"]], list(range(1, K + 1)))
        shown = told(self.platform, Topic.EXPOSURES)[-K:]
        self.assertEqual(len(shown), K)
        ids = self.platform.recommendation_ids()
        for exposure, one in zip(shown, answer["recommendations"], strict=True):
            assert isinstance(exposure, Exposure)
            self.assertEqual(exposure.recommendation_id, one["recommendation_id"])
            issued = ids.check(one["recommendation_id"], user_id=7, now=utc_now())
            self.assertEqual((issued.track_id, issued.surface), (one["track_id"], "api"))

    def test_shown_twice_it_has_two_sets_of_ids(self) -> None:
        first, again = self.listed(7)["recommendations"], self.listed(7)["recommendations"]
        self.assertEqual([one["track_id"] for one in first], [one["track_id"] for one in again])
        ids = {one["recommendation_id"] for one in (*first, *again)}
        self.assertEqual(len(ids), 2 * K)

    def test_a_longer_list_is_made_now_and_begins_like_the_stored_one(self) -> None:
        longer = self.listed(7, k=12)
        self.assertEqual(longer["answered_by"], "fold_in")
        made = [one["track_id"] for one in longer["recommendations"]]
        self.assertEqual((len(made), made[:K]), (12, self.tracks(7)))
        self.assertEqual(self.tracks(7, k=2), made[:2])

    def test_strangers_hear_what_is_popular_and_why(self) -> None:
        for user_id, reason in ((9_999, "unknown user 9999"), (STRANGER, "no listen of a track that the model knows")):
            answer = self.listed(user_id)
            self.assertEqual((answer["answered_by"], answer["fallback_reason"]), ("fallback", reason))
            self.assertEqual([one["track_id"] for one in answer["recommendations"]], [529, 528, 527, 526, 525])

    def test_what_was_just_heard_makes_a_strangers_list_personal(self) -> None:
        answer = self.listed(9_999, context="503,-1,510")
        self.assertEqual((answer["answered_by"], answer["fallback_reason"]), ("fold_in", None))
        tracks = {one["track_id"] for one in answer["recommendations"]}
        self.assertFalse(tracks & {503, 510})
        self.assertNotEqual(self.tracks(9_999, context="503"), self.tracks(9_999, context="517"))

    def test_impossible_questions_are_refused(self) -> None:
        for user, query in (("x", {}), ("1", {"k": 0}), ("1", {"k": 1001}), (str(2**63), {}), ("1", {"context": "a"})):
            answer = self.client.get(RECOMMENDATIONS.format(user), params=query)
            self.assertEqual((answer.status_code, problem(answer)["why"]), (422, "invalid"))
        many = ",".join(["1"] * 51)
        self.assertEqual(self.client.get(RECOMMENDATIONS.format(1), params={"context": many}).status_code, 422)


class TroubleTest(ApiTest):
    """Models and publications that come, go, and break: each test on a home of its own."""

    def setUp(self) -> None:
        self.platform = platform_of(home_after_a_night(Path(self.enterContext(tempfile.TemporaryDirectory()))))
        self.client = self.enterContext(client_of(self.platform))

    def folder(self, version: str) -> Path:
        """The artefact of a version."""
        return self.platform.registry().load(version).folder

    def test_stored_lists_outlive_their_model_and_others_say_that_it_is_damaged(self) -> None:
        rmtree(self.folder("als-000001"))
        self.assertEqual(self.listed(7)["answered_by"], "model")
        answer = self.listed(7, k=12)
        self.assertEqual((answer["answered_by"], len(answer["recommendations"])), ("fallback", 12))
        self.assertEqual(answer["fallback_reason"], "the files of the model are missing or damaged")
        similar = self.client.get("/v1/tracks/503/similar").json()
        self.assertEqual((similar["answered_by"], similar["fallback_reason"]), ("content", answer["fallback_reason"]))

    def test_aliases_that_cannot_be_read_leave_the_fallback(self) -> None:
        (self.platform.settings.registry_folder / "champion.json").write_text("{half", encoding="utf-8")
        answer = self.listed(9_999)
        self.assertEqual((answer["answered_by"], len(answer["recommendations"])), ("fallback", K))
        self.assertEqual(answer["fallback_reason"], "the files of the model are missing or damaged")

    def test_a_promotion_and_a_rollback_are_picked_up_at_once(self) -> None:
        self.assertEqual(self.listed(7, k=9)["model_version"], "als-000001")
        promote(self.platform)
        self.assertEqual(self.listed(7, k=9)["model_version"], "als-000002")
        self.platform.registry().rollback()
        self.assertEqual(self.listed(7, k=9)["model_version"], "als-000001")

    def test_a_new_publication_is_read_with_the_next_request(self) -> None:
        self.assertEqual(self.listed(7)["model_version"], "als-000001")
        promote(self.platform)
        publish(self.platform, "second")
        self.assertEqual(self.listed(7)["model_version"], "als-000002")

    def test_no_request_fails_while_publications_and_champions_change(self) -> None:
        ended = Event()
        seen: list[tuple[int, str, str]] = []

        def ask() -> None:
            while not ended.is_set():
                answer = self.client.get(RECOMMENDATIONS.format(7), params={"k": K + len(seen) % 2})
                seen.append((answer.status_code, answer.json()["answered_by"], answer.json()["model_version"]))

        with ThreadPoolExecutor() as pool:
            asking = [pool.submit(ask) for _ in range(3)]
            for version in ("second", "third"):
                promote(self.platform)
                publish(self.platform, version)
            ended.set()
        self.assertEqual([one.exception() for one in asking], [None] * 3)
        self.assertEqual({(status, by == "fallback") for status, by, _ in seen}, {(200, False)})
        self.assertEqual(self.listed(7)["model_version"], "als-000003")

    def test_without_a_publication_every_answer_says_so(self) -> None:
        home = Path(self.enterContext(tempfile.TemporaryDirectory()))
        client = client_of(platform_of(home))
        why = "nothing was published yet"
        found = client.get(RECOMMENDATIONS.format(7)).json()
        self.assertEqual((found["answered_by"], found["fallback_reason"]), ("fallback", why))
        self.assertEqual(client.get("/v1/popular").json()["reason"], why)
        self.assertEqual(client.get("/v1/tracks/3/similar").json()["fallback_reason"], why)
        self.assertEqual(client.get("/v1/users/7/history").json()["listens"], [])

    def test_a_publication_that_cannot_be_read_leaves_an_empty_list_that_says_so(self) -> None:
        link = self.platform.settings.home / "published" / "current.duckdb"
        link.unlink()
        link.symlink_to("broken.duckdb")
        (link.parent / "broken.duckdb").write_bytes(b"this is no database" * 1_000)
        answer = self.listed(7)
        self.assertEqual(answer["fallback_reason"], "what was published cannot be read now")
        refused = self.client.get("/v1/popular")
        self.assertEqual((refused.status_code, problem(refused)["why"]), (503, "unavailable"))
        self.assertNotIn(str(link.parent), refused.text)


class TracksTest(ApiTest):
    """Popular, similar, heard."""

    def test_popular_tracks_with_their_names(self) -> None:
        answer = self.client.get("/v1/popular?k=3").json()
        self.assertEqual(answer["reason"], "popular in the last 28 days")
        self.assertEqual(
            [(one["rank"], one["name"]) for one in answer["tracks"]], [(1, "song 29"), (2, "song 28"), (3, "song 27")]
        )

    def test_similar_tracks_by_the_model(self) -> None:
        answer = self.client.get("/v1/tracks/503/similar?k=4").json()
        self.assertEqual((answer["answered_by"], answer["model_version"]), ("model", "als-000001"))
        self.assertEqual(len({one["track_id"] for one in answer["tracks"]} - {503}), 4)

    def test_a_track_that_nobody_knows_is_like_the_popular_ones(self) -> None:
        answer = self.client.get("/v1/tracks/3/similar?k=2").json()
        self.assertEqual(answer["answered_by"], "popularity")
        self.assertEqual(answer["fallback_reason"], "the model does not know this track")
        self.assertEqual([one["track_id"] for one in answer["tracks"]], [529, 528])

    def test_a_history_begins_with_the_latest_listen(self) -> None:
        listens = self.client.get("/v1/users/7/history?limit=4").json()["listens"]
        heard = interactions().filter(interactions()["user_id"].to_numpy() == 7)["track_id"].to_pylist()
        self.assertEqual([one["track_id"] for one in listens], heard[:4])
        self.assertTrue(all(one["name"] and one["listen_id"] for one in listens))
        self.assertEqual(self.client.get("/v1/users/9999/history").json()["listens"], [])
