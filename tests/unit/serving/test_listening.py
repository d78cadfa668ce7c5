"""What listeners tell by HTTP: durable, checked, once; and what an exclusion changes at the next request."""

from __future__ import annotations

import tempfile
import unittest
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.domain.listens import ListenEvent
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.streaming.topics import Topic
from tests.api_server import client_of, home_after_a_night, platform_of, problem, told

LISTEN = {"user_id": 7, "track_id": 503, "listened_at": "2026-11-25T08:00:00Z"}


class TellingTest(unittest.TestCase):
    """A server whose event log is read after each request."""

    platform: Platform
    client: TestClient

    @classmethod
    def setUpClass(cls) -> None:
        home = home_after_a_night(Path(cls.enterClassContext(tempfile.TemporaryDirectory())))
        cls.platform = platform_of(home, serving={"most_listens": 5, "most_kilobytes": 2, "tellings_per_second": 0})
        cls.client = cls.enterClassContext(client_of(cls.platform))

    def assert_refused(self, answer: Any, status: int, why: str) -> None:
        """A problem that names its case."""
        self.assertEqual((answer.status_code, problem(answer).get("why")), (status, why), answer.text)


class ListensTest(TellingTest):
    """`POST /v1/listens`."""

    def post(self, body: Any, **more: Any) -> Any:
        """The answer."""
        return self.client.post("/v1/listens", json=body, **more)

    def test_one_or_a_batch_is_in_the_log_under_its_id(self) -> None:
        record = LISTEN | {"source_record_at": "2026-11-25T07:59:00", "occurrence": 1, "position": 4}
        one, batch = self.post(LISTEN), self.post([LISTEN, record])
        self.assertEqual((one.status_code, batch.status_code), (202, 202))
        first, second = batch.json()["listen_ids"]
        self.assertEqual(one.json(), {"accepted": 1, "listen_ids": [first]})
        events = [event for event in told(self.platform, Topic.LISTENS) if isinstance(event, ListenEvent)]
        self.assertEqual([event.listen_id for event in events[-3:]], [first, first, second])
        self.assertEqual((events[-1].occurrence, events[-1].position), (1, 4))

    def test_the_id_may_be_sent_and_must_be_true(self) -> None:
        (listen_id,) = self.post(LISTEN).json()["listen_ids"]
        self.assertEqual(self.post(LISTEN | {"listen_id": listen_id}).json()["listen_ids"], [listen_id])
        self.assert_refused(self.post(LISTEN | {"listen_id": "mine"}), 422, "listen_id")

    def test_one_bad_listen_and_none_is_taken(self) -> None:
        before = len(told(self.platform, Topic.LISTENS))
        ahead = (utc_now() + timedelta(days=3)).isoformat()
        for wrong in (
            {"user_id": "7"},
            {"user_id": 2**63},
            {"user_id": True},
            {"listened_at": "2026-11-25T08:00:00"},
            {"listened_at": "0001-01-01T00:00:00+14:00"},
            {"listened_at": "9999-12-31T23:59:59-14:00"},
            {"listened_at": ahead},
            {"listened_at": 5},
            {"occurrence": 1},
            {"source_record_at": "2026-11-25T08:00:00Z"},
            {"e_mail": "ada@example.com"},
            {"listen_id": "a\x00b"},
        ):
            with self.subTest(wrong=wrong):
                self.assert_refused(self.post([LISTEN, LISTEN | wrong]), 422, "invalid")
        bodies: list[Any] = [5, "x", [[]], {}, [None]]
        for body in bodies:
            self.assertEqual(self.post(body).status_code, 422)
        self.assertEqual(len(told(self.platform, Topic.LISTENS)), before)

    def test_bodies_are_json_and_not_too_large(self) -> None:
        self.assert_refused(self.post([LISTEN] * 6), 413, "batch_too_large")
        as_json = {"Content-Type": "application/json"}
        for content, status, why in (
            (b" " * 3_000, 413, "body_too_large"),
            (b"{", 400, "not_json"),
            (b"\xff", 400, "not_json"),
            (b"", 400, "not_json"),
            (b"[" * 2_000, 422, "invalid"),
            (b'{"user_id":' * 180, 422, "invalid"),
        ):
            with self.subTest(content=content[:3]):
                self.assert_refused(self.client.post("/v1/listens", content=content, headers=as_json), status, why)
        self.assert_refused(self.client.post("/v1/listens", content=b"{}"), 415, "not_json")
        self.assert_refused(self.client.post("/v1/listens", data={"user_id": "7"}), 415, "not_json")


class FeedbackTest(TellingTest):
    """`POST /v1/feedback`."""

    def post(self, **fields: Any) -> Any:
        """The answer."""
        return self.client.post("/v1/feedback", json={"user_id": 7} | fields)

    def shown(self) -> str:
        """The id of something that user 7 was recommended."""
        answer = self.client.get("/v1/users/7/recommendations").json()
        found: str = answer["recommendations"][0]["recommendation_id"]
        return found

    def test_useful_or_not_and_what_was_done(self) -> None:
        shown = self.shown()
        said: list[tuple[dict[str, Any], str]] = [
            ({"useful": True}, "useful"),
            ({"useful": False}, "not_useful"),
            *(({"kind": kind}, kind) for kind in ("play", "skip", "like", "hide")),
        ]
        for fields, kind in said:
            answer = self.post(recommendation_id=shown, **fields)
            self.assertEqual((answer.status_code, answer.json()["kind"]), (202, kind))
        events = told(self.platform, Topic.FEEDBACK)[-6:]
        self.assertEqual([getattr(event, "recommendation_id") for event in events], [shown] * 6)

    def test_the_same_again_has_the_same_id(self) -> None:
        shown = self.shown()
        first, again = (self.post(recommendation_id=shown, useful=True).json() for _ in range(2))
        self.assertEqual(first, again)
        self.assertNotEqual(self.post(recommendation_id=shown, useful=False).json(), first)

    def test_ids_that_were_not_shown_to_this_listener_are_refused(self) -> None:
        before, ids = len(told(self.platform, Topic.FEEDBACK)), self.platform.recommendation_ids()
        shown, old = self.shown(), Issued(7, 503, "als-000001", "api", utc_now() - timedelta(days=31))
        forged = shown[:-2] + ("AA" if shown[-2:] != "AA" else "BB")
        self.assert_refused(self.post(recommendation_id=forged, useful=True), 404, "unknown")
        self.assert_refused(self.post(recommendation_id="é", useful=True), 404, "unknown")
        self.assert_refused(self.post(recommendation_id=shown, user_id=8, useful=True), 403, "foreign")
        self.assert_refused(self.post(recommendation_id=ids.issue(old), useful=True), 410, "expired")
        self.assertEqual(len(told(self.platform, Topic.FEEDBACK)), before)

    def test_it_says_one_thing(self) -> None:
        shown = self.shown()
        for fields in ({}, {"useful": True, "kind": "play"}, {"kind": "loved"}, {"useful": 1}):
            self.assert_refused(self.post(recommendation_id=shown, **fields), 422, "invalid")


class ExclusionsTest(TellingTest):
    """`PUT` and `DELETE /v1/users/{id}/taste-exclusions`."""

    def tell(self, method: str, user_id: int, **fields: Any) -> Any:
        """The answer."""
        return self.client.request(method, f"/v1/users/{user_id}/taste-exclusions", json=fields)

    def tracks(self, user_id: int) -> list[dict[str, Any]]:
        """Of the list."""
        found: list[dict[str, Any]] = self.client.get(f"/v1/users/{user_id}/recommendations").json()["recommendations"]
        return found

    def test_an_excluded_track_is_gone_from_the_next_list_and_comes_back(self) -> None:
        before = [one["track_id"] for one in self.tracks(7)]
        answer = self.tell("PUT", 7, kind="track", target=before[0])
        self.assertEqual([one["target"] for one in answer.json()["exclusions"]], [str(before[0])])
        after = [one["track_id"] for one in self.tracks(7)]
        self.assertEqual((after[:-1], len(after)), (before[1:], len(before)))
        self.assertEqual(self.tell("DELETE", 7, kind="track", target=str(before[0])).json()["exclusions"], [])
        self.assertEqual([one["track_id"] for one in self.tracks(7)], before)
        states = [event for event in told(self.platform, Topic.TASTE_EXCLUSIONS) if event.user_id == 7]
        self.assertEqual([getattr(event, "is_active") for event in states], [True, False])

    def test_an_excluded_artist_is_gone_whatever_the_case_and_for_others_is_not(self) -> None:
        artist = self.tracks(9)[0]["artist"]
        others = self.tracks(10)
        self.tell("PUT", 9, kind="artist", target=artist.upper())
        self.assertNotIn(artist, [one["artist"] for one in self.tracks(9)])
        self.assertEqual([one["track_id"] for one in self.tracks(10)], [one["track_id"] for one in others])

    def test_a_private_session_and_a_listen_change_what_the_list_is_made_of(self) -> None:
        before = [one["score"] for one in self.tracks(11)]
        listens = self.client.get("/v1/users/11/history").json()["listens"]
        self.tell("PUT", 11, kind="listen", target=listens[0]["listen_id"])
        without = [one["score"] for one in self.tracks(11)]
        self.assertNotEqual(before, without)
        latest = listens[0]["listened_at"]
        self.tell("DELETE", 11, kind="listen", target=listens[0]["listen_id"])
        self.tell("PUT", 11, kind="session", starts_at=latest)
        self.assertEqual([one["score"] for one in self.tracks(11)], without)
        reasons = [track for one in self.tracks(11) for track in one["because_of"]]
        self.assertNotIn(listens[0]["track_id"], reasons)

    def test_a_track_of_which_every_listen_is_excluded_may_be_recommended(self) -> None:
        listens = self.client.get("/v1/users/14/history").json()["listens"]
        track = listens[0]["track_id"]

        def offered() -> set[int]:
            answer = self.client.get("/v1/users/14/recommendations?k=1000").json()
            return {one["track_id"] for one in answer["recommendations"]}

        before = offered()
        self.assertNotIn(track, before)
        for one in listens:
            if one["track_id"] == track:
                self.tell("PUT", 14, kind="listen", target=one["listen_id"])
        self.assertEqual(offered(), before | {track})

    def test_a_wrong_method_is_told_all_right_ones(self) -> None:
        answer = self.client.options("/v1/users/1/taste-exclusions")
        self.assertEqual((answer.status_code, answer.headers["Allow"]), (405, "DELETE, GET, PUT"))

    def test_what_is_hidden_is_never_recommended_until_that_is_taken_back(self) -> None:
        before = self.tracks(13)
        hidden = {"recommendation_id": before[0]["recommendation_id"], "user_id": 13, "kind": "hide"}
        self.assertEqual(self.client.post("/v1/feedback", json=hidden).status_code, 202)
        left = [one["track_id"] for one in before[1:]]
        self.assertEqual([one["track_id"] for one in self.tracks(13)][:-1], left)
        self.assertEqual([one.user_id for one in told(self.platform, Topic.TASTE_EXCLUSIONS)][-1], 13)
        self.tell("DELETE", 13, kind="track", target=before[0]["track_id"])
        self.assertEqual([one["track_id"] for one in self.tracks(13)], [before[0]["track_id"], *left])

    def test_exclusions_are_known_after_a_restart(self) -> None:
        self.tell("PUT", 12, kind="artist", target="Artist 3")
        told_again = client_of(self.platform).get("/v1/users/12/taste-exclusions").json()
        self.assertEqual([one["target"] for one in told_again["exclusions"]], ["Artist 3"])

    def test_exclusions_that_make_no_sense_are_refused(self) -> None:
        for fields in (
            {"kind": "track", "target": "x"},
            {"kind": "track"},
            {"kind": "artist"},
            {"kind": "session"},
            {"kind": "everything", "target": "x"},
            {"kind": "session", "starts_at": "0001-01-01T00:00:00+14:00"},
            {"kind": "artist", "target": "x" * 501},
        ):
            with self.subTest(fields=fields):
                self.assert_refused(self.tell("PUT", 7, **fields), 422, "invalid")
        self.assertEqual(self.tell("PUT", 2**63, kind="artist", target="x").status_code, 422)
