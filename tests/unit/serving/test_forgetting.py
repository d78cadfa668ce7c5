"""Erasure and export by HTTP: durable at once, silent from then on, done as soon as no run is under way."""

from __future__ import annotations

import json
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.runs.lock import single_run
from ritournelle.serving.api.keyring import Scope
from ritournelle.serving.api.live import keyring_of
from ritournelle.streaming.messages import outgoing
from ritournelle.streaming.topics import Topic
from tests.api_server import client_of, home_after_a_night, platform_of, problem, told

LISTEN = {"track_id": 503, "listened_at": "2026-11-25T08:00:00Z"}
EXCLUSION = {"kind": "track", "target": 510}
UNKNOWN = 4_711
_LONGEST_SECONDS = 30.0


class ForgettingTest(unittest.TestCase):
    """Each listener is forgotten in one test only; 1 … 40 have lists."""

    platform: Platform
    client: TestClient

    @classmethod
    def setUpClass(cls) -> None:
        home = home_after_a_night(Path(cls.enterClassContext(tempfile.TemporaryDirectory())))
        cls.platform = platform_of(home, serving={"tellings_per_second": 0})
        cls.client = cls.enterClassContext(client_of(cls.platform))

    def erase(self, user_id: int) -> str:
        """Ask for it; the address of the erasure."""
        answer = self.client.delete(f"/v1/users/{user_id}")
        self.assertEqual(answer.status_code, 202, answer.text)
        self.assertEqual(answer.json()["state"], "waiting")
        self.assertEqual(answer.headers["Location"], f"/v1/erasures/{answer.json()['erasure_id']}")
        return answer.headers["Location"]

    def wait_for(self, address: str) -> dict[str, Any]:
        """The erasure, once it is done."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        while True:
            found: dict[str, Any] = self.client.get(address).json()
            if found["state"] == "erased":
                return found
            self.assertLess(time.monotonic(), deadline, "the server did not come to it")
            time.sleep(0.1)

    def listed(self, user_id: int, **query: Any) -> dict[str, Any]:
        """The list of a listener."""
        found: dict[str, Any] = self.client.get(f"/v1/users/{user_id}/recommendations", params=query).json()
        return found

    def as_stranger(self, user_id: int, **query: Any) -> None:
        """They are answered as somebody whom nobody knows, and nothing is on record of it."""
        before = len(told(self.platform, Topic.EXPOSURES))
        answer = self.listed(user_id, **query)
        self.assertEqual(len(told(self.platform, Topic.EXPOSURES)), before)
        stranger = self.listed(UNKNOWN, **query)
        for one in (answer, stranger):
            for each in one["recommendations"]:
                each.pop("recommendation_id")
            one.pop("computed_at")
        told_of = json.loads(json.dumps(stranger).replace(str(UNKNOWN), str(user_id)))
        self.assertEqual(answer, told_of)
        self.assertEqual(self.client.get(f"/v1/users/{user_id}/history").json()["listens"], [])
        self.assertEqual(self.client.get(f"/v1/users/{user_id}/taste-exclusions").json()["exclusions"], [])

    def test_an_erasure_from_asking_to_the_certificate(self) -> None:
        shown = self.listed(7)["recommendations"]
        self.assertEqual(self.client.put("/v1/users/7/taste-exclusions", json=EXCLUSION).status_code, 200)
        address = self.erase(7)
        done = self.wait_for(address)
        removed = {store["store"]: store["removed"] for store in done["certificate"]["stores"]}
        self.assertEqual(removed["online store"], {"lists": 1, "taste_exclusions": 1})
        self.assertEqual(removed["event log"], {"messages": 2})  # the list, as one, and the exclusion
        self.assertEqual(removed["warehouse"]["marts.recommendations"], len(shown))
        self.assertTrue(all(store["verified"] for store in done["certificate"]["stores"]))
        self.assertNotIn("user_id", json.dumps(done))
        self.as_stranger(7)
        self.as_stranger(7, context="503")
        self.as_stranger(7, k=12)
        empty = self.client.get("/v1/users/7/export").json()
        self.assertEqual((empty["tables"], empty["event_log"], empty["online_store"]), ({}, [], []))
        self.assertEqual(self.listed(8)["answered_by"], "model")  # others are served as before

    def test_lists_and_single_exposures_of_a_former_version_are_exported_alike_and_erased(self) -> None:
        shown = self.listed(33)["recommendations"]
        single = told(self.platform, Topic.EXPOSURES)[-len(shown) :]
        with self.platform.broker() as broker:
            broker.publish(outgoing(single))
        told_of = [json.loads(one["message"]) for one in self.client.get("/v1/users/33/export").json()["event_log"]]
        self.assertEqual(
            [one["recommendation_id"] for one in shown], [one["recommendation_id"] for one in told_of[: len(shown)]]
        )
        self.assertEqual(told_of[: len(shown)], told_of[len(shown) :])
        done = self.wait_for(self.erase(33))
        removed = {store["store"]: store["removed"] for store in done["certificate"]["stores"]}
        self.assertEqual(removed["event log"], {"messages": 1 + len(shown)})
        files = (self.platform.settings.home / "events").rglob("*.log")
        written = b"".join(file.read_bytes() for file in files)
        self.assertFalse([one for one in shown if one["recommendation_id"].encode() in written])

    def test_while_a_run_is_under_way_it_waits_and_they_are_unknown_already(self) -> None:
        self.assertEqual(self.listed(9)["answered_by"], "model")
        with single_run(self.platform.settings.home):
            address = self.erase(9)
            self.assertEqual(self.erase(9), address)  # the same erasure
            self.as_stranger(9)
            self.assertEqual(self.client.get(address).json()["state"], "waiting")
        self.assertEqual(self.wait_for(address)["certificate"]["erasure_id"], address.rpartition("/")[2])

    def test_nothing_is_taken_in_of_them(self) -> None:
        shown = self.listed(11)["recommendations"][0]["recommendation_id"]
        self.wait_for(self.erase(11))
        before = [len(told(self.platform, topic)) for topic in (Topic.LISTENS, Topic.FEEDBACK, Topic.TASTE_EXCLUSIONS)]
        batch = [LISTEN | {"user_id": user} for user in (12, 11, 13, 11)]
        feedback = {"recommendation_id": shown, "user_id": 11, "useful": True}
        for answer in (
            self.client.post("/v1/listens", json=LISTEN | {"user_id": 11}),
            self.client.post("/v1/listens", json=batch),
            self.client.post("/v1/feedback", json=feedback),
            self.client.put("/v1/users/11/taste-exclusions", json=EXCLUSION),
            self.client.request("DELETE", "/v1/users/11/taste-exclusions", json=EXCLUSION),
        ):
            self.assertEqual((answer.status_code, problem(answer)["why"]), (410, "forgotten"), answer.text)
        self.assertIn("places 1, 3", problem(self.client.post("/v1/listens", json=batch))["detail"])
        after = [len(told(self.platform, topic)) for topic in (Topic.LISTENS, Topic.FEEDBACK, Topic.TASTE_EXCLUSIONS)]
        self.assertEqual(before, after)
        self.assertEqual(self.client.post("/v1/listens", json=batch[0]).status_code, 202)

    def test_who_is_let_in_again_is_heard(self) -> None:
        self.wait_for(self.erase(15))
        self.assertTrue(self.platform.forgotten().readmit(15))
        self.assertEqual(self.client.post("/v1/listens", json=LISTEN | {"user_id": 15}).status_code, 202)

    def test_an_export_holds_what_the_stores_hold(self) -> None:
        shown = self.listed(21)["recommendations"]
        self.client.post("/v1/listens", json=LISTEN | {"user_id": 21})
        self.client.put("/v1/users/21/taste-exclusions", json=EXCLUSION)
        found = self.client.get("/v1/users/21/export").json()
        self.assertEqual(found["user_id"], 21)
        self.assertEqual(len(found["tables"]["marts.recommendations"]), len(shown))
        self.assertEqual(len(found["tables"]["core.fact_listen_history"]), 6)
        for rows in found["tables"].values():
            self.assertEqual({row["user_id"] for row in rows}, {21})
        topics = [message["topic"] for message in found["event_log"]]
        self.assertEqual((topics.count("exposures"), topics.count("listens")), (len(shown), 1))
        self.assertEqual({json.loads(message["message"])["user_id"] for message in found["event_log"]}, {21})
        excluded, stored = found["online_store"]
        self.assertEqual(excluded["target"], "510")
        self.assertEqual(stored["tracks"], [one["track_id"] for one in shown])

    def test_what_nobody_can_be_told_or_forgotten(self) -> None:
        for address in ("/v1/erasures/erasure-0123456789abcdef", "/v1/erasures/..", "/v1/erasures/%2e%2e%2fforgotten"):
            self.assertEqual(self.client.get(address).status_code, 404, address)
        self.assertEqual(self.client.delete("/v1/users/-1").status_code, 422)
        self.assertEqual(self.client.delete("/v1/users/x").status_code, 422)
        self.assertEqual(self.client.delete(f"/v1/users/{2**63}").status_code, 422)
        unknown = self.client.get(f"/v1/users/{UNKNOWN + 1}/export").json()
        self.assertEqual((unknown["tables"], unknown["event_log"]), ({}, []))

    def test_an_unreadable_list_lets_nobody_in(self) -> None:
        path = self.platform.settings.home / "forgotten.json"
        kept = path.read_bytes() if path.exists() else None
        try:
            path.write_text("{")
            self.assertEqual(self.client.get("/v1/users/22/recommendations").status_code, 503)
            self.assertEqual(self.client.post("/v1/listens", json=LISTEN | {"user_id": 22}).status_code, 503)
        finally:
            if kept is None:
                path.unlink()
            else:
                path.write_bytes(kept)
        self.assertEqual(self.listed(22)["answered_by"], "model")


class ScopesTest(unittest.TestCase):
    """Once there are keys."""

    def test_who_may_erase_and_who_may_export(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            platform = platform_of(home_after_a_night(Path(folder)))
            keyring = keyring_of(platform)
            tokens = {scope: keyring.create("a test", [scope], utc_now())[0] for scope in Scope}
            with single_run(platform.settings.home), client_of(platform) as client:
                for method, address, allowed, status in (
                    ("DELETE", "/v1/users/7", Scope.OPERATE, 202),
                    ("DELETE", "/v1/users/7/", Scope.OPERATE, 404),  # not the address, and still not for everybody
                    ("GET", "/v1/users/7/export", Scope.READ, 200),
                    ("GET", "/v1/erasures/x", Scope.READ, 404),
                ):
                    for scope, token in tokens.items():
                        answer = client.request(method, address, headers={"Authorization": f"Bearer {token}"})
                        with self.subTest(address=address, scope=scope):
                            self.assertEqual(answer.status_code, status if scope is allowed else 403)


if __name__ == "__main__":
    unittest.main()
