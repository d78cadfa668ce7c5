"""The short way to stored lists: the same answers as the long one, and when it stands back."""

from __future__ import annotations

import json
import tempfile
import unittest
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.errors import StreamUnavailableError
from ritournelle.inference.reading import read_list
from ritournelle.serving.api.live import api_of
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.app import create_app
from ritournelle.streaming.broker import Broker, Outgoing
from ritournelle.streaming.topics import Topic
from tests.api_server import home_after_a_night, platform_of, problem, told
from tests.published import K, STRANGER, promote, publish
from tests.served import parts

LIST = "/v1/users/{}/recommendations"


class StoredTest(unittest.TestCase):
    """A server on a home of its own, that has read what it answers stored lists with."""

    platform: Platform
    api: ApiParts
    client: TestClient

    def setUp(self) -> None:
        self.platform = platform_of(home_after_a_night(Path(self.enterContext(tempfile.TemporaryDirectory()))))
        self.api = api_of(self.platform)
        app = create_app(parts(self.platform.settings.home), api=self.api)
        self.client = self.enterContext(TestClient(app, raise_server_exceptions=False))
        self.listed(40)

    def listed(self, user_id: int, query: str = "") -> dict[str, Any]:
        """The answer, which there has to be."""
        answer = self.client.get(LIST.format(user_id) + query)
        self.assertEqual(answer.status_code, 200, answer.text)
        found: dict[str, Any] = answer.json()
        return found

    def is_stored(self, user_id: int, k: int = K) -> bool:
        """Whether the short way knows the answer."""
        return self.api.stored.find(user_id, k) is not None

    def without_ids(self, answer: dict[str, Any]) -> str:
        """As text, keys in their order."""
        entries = [one | {"recommendation_id": ""} for one in answer["recommendations"]]
        return json.dumps(answer | {"recommendations": entries})


class SameTest(StoredTest):
    def test_every_listener_is_answered_as_from_what_is_published(self) -> None:
        with self.platform.read_published() as warehouse:
            for user_id in (*range(1, 41), STRANGER):
                self.assertTrue(self.is_stored(user_id))
                registry = self.platform.registry()
                long = read_list(warehouse, registry, user_id, k=K, stored_length=K, now=utc_now()).to_dict()
                self.assertEqual(self.without_ids(self.listed(user_id)), self.without_ids(long))

    def test_a_shorter_list_is_its_beginning(self) -> None:
        whole = self.listed(7)["recommendations"]
        for k in (1, 3, K):
            found = self.listed(7, f"?k={k}")["recommendations"]
            self.assertEqual([one["track_id"] for one in found], [one["track_id"] for one in whole[:k]])

    def test_what_it_shows_is_on_record_with_ids_of_its_own(self) -> None:
        shown = [self.listed(7) for _ in range(2)]
        ids = [one["recommendation_id"] for each in shown for one in each["recommendations"]]
        self.assertEqual(len(set(ids)), 2 * K)
        on_record = told(self.platform, Topic.EXPOSURES)[-2 * K :]
        self.assertEqual([one.recommendation_id for one in on_record], ids)  # type: ignore[union-attr]
        for one, entry in zip(on_record, shown[0]["recommendations"] + shown[1]["recommendations"], strict=True):
            issued = self.platform.recommendation_ids().check(
                entry["recommendation_id"], user_id=7, now=utc_now() + timedelta(seconds=1)
            )
            self.assertEqual((issued.track_id, issued.surface), (entry["track_id"], "api"))
            self.assertEqual((one.rank, one.exposed_at), (entry["rank"], issued.issued_at))  # type: ignore[union-attr]

    def test_it_is_measured_under_the_address_of_the_route(self) -> None:
        self.listed(7)
        routes = {route for route, _, _ in self.api.traffic.routes()}
        self.assertEqual(routes, {"/v1/users/{id}/recommendations"})
        self.assertEqual(self.api.traffic.window()["lists"], 2)

    def test_headers_are_those_of_every_answer(self) -> None:
        short, long = (self.client.get(LIST.format(7) + query) for query in ("", f"?k={K + 1}"))
        self.assertEqual(set(short.headers), set(long.headers))


class StandsBackTest(StoredTest):
    def test_other_questions_go_the_long_way(self) -> None:
        for query in ("?k=0", "?k=1001", "?k=x", "?k=3&k=4x"):
            answer = self.client.get(LIST.format(7) + query)
            self.assertEqual((answer.status_code, problem(answer)["why"]), (422, "invalid"), query)
        self.assertEqual(self.listed(7, f"?k={K + 1}")["answered_by"], "fold_in")
        self.assertEqual(self.listed(7, "?context=503")["answered_by"], "fold_in")
        self.assertEqual(self.listed(9_999)["answered_by"], "fallback")
        self.assertEqual(self.client.post(LIST.format(7)).status_code, 405)

    def test_an_exclusion_told_by_another_process_counts_with_the_next_request(self) -> None:
        gone = self.listed(7)["recommendations"][0]["track_id"]
        other = api_of(self.platform)
        other.taste.keep(TasteExclusion.of(7, ExclusionKind.TRACK, gone, utc_now()))
        self.assertFalse(self.is_stored(7))
        self.assertNotIn(gone, [one["track_id"] for one in self.listed(7)["recommendations"]])
        other.close()

    def test_who_is_forgotten_by_another_process_is_unknown_with_the_next_request(self) -> None:
        self.assertTrue(self.is_stored(7))
        self.platform.forgotten().ask(7, utc_now())
        self.assertFalse(self.is_stored(7))
        self.assertEqual(self.listed(7)["fallback_reason"], "unknown user 7")

    def test_who_is_erased_and_let_in_again_has_no_list(self) -> None:
        self.assertTrue(self.is_stored(7))
        with self.platform.online_store() as store:
            self.assertEqual(store.erase(7), 1)
        self.assertFalse(self.is_stored(7))

    def test_a_promotion_and_a_rollback_count_with_the_next_request(self) -> None:
        promote(self.platform)
        self.assertFalse(self.is_stored(7))
        self.assertEqual(self.listed(7)["model_version"], "als-000002")
        self.platform.registry().rollback()
        self.assertTrue(self.is_stored(7))
        self.assertEqual(self.listed(7)["model_version"], "als-000001")

    def test_a_store_that_is_behind_the_publication_is_passed_over(self) -> None:
        with self.platform.open_warehouse() as warehouse:
            warehouse.publish(("core", "marts"), "second")
        self.assertFalse(self.is_stored(7))
        self.assertEqual(self.listed(7)["answered_by"], "model")
        promote(self.platform)
        publish(self.platform, "third")
        self.listed(40)  # reads what it answers with
        self.assertTrue(self.is_stored(7))
        self.assertEqual(self.listed(7)["model_version"], "als-000002")

    def test_without_a_store_lists_are_read_from_what_is_published(self) -> None:
        before = self.without_ids(self.listed(7))
        path = self.platform.settings.taste_path
        for file in path.parent.glob("online.db*"):
            file.unlink()
        self.assertFalse(self.is_stored(7))
        self.assertEqual(self.without_ids(self.listed(7)), before)
        self.assertFalse(path.exists())

    def test_nothing_is_shown_that_cannot_be_put_on_record(self) -> None:
        ready = self.api.stored.find(7, K)
        assert ready is not None
        self.api.publisher.broker = _Full(self.api.publisher.broker)
        answer = self.client.get(LIST.format(7))
        self.assertEqual((answer.status_code, problem(answer)["why"]), (503, "unavailable"))


class _Full:
    """A broker whose disk is full."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker

    def publish(self, messages: list[Outgoing]) -> None:
        raise StreamUnavailableError("no space left")
