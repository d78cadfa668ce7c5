"""The Models page: who serves and why, in words; promote and roll back, by our own form only."""

from __future__ import annotations

import re
import tempfile
import unittest
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.registry.manifest import Manifest
from ritournelle.serving.api.keyring import Scope
from ritournelle.serving.api.live import keyring_of
from tests.api_server import client_of, home_after_a_night, platform_of
from tests.published import promote

HERE = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
REFUSED = "not better than popularity with 95% confidence: ndcg@20 differs by +0.0100 [-0.0100, +0.0300] from 0.1163"


def challenger() -> Manifest:
    """One that the gate refused."""
    moment = datetime(2026, 11, 25, 8, tzinfo=UTC)
    return Manifest(
        model="ease",
        config={},
        seed=1,
        data_from=moment,
        data_to=moment,
        n_users=3,
        n_tracks=2,
        n_interactions=4321,
        content_hash="0",
        trained_at=moment,
        code_version="0",
        library_versions={},
        metrics={"ndcg@20": 0.1263, "coverage": 0.5},
        compared={"popularity": {"ndcg@20": 0.1163}},
        decision={"promote": False, "reasons": [REFUSED, "<script>alert(1)</script>"]},
    )


class ModelsPageTest(unittest.TestCase):
    """A home with a champion, the one before it, and a challenger."""

    platform: Platform
    client: TestClient

    def setUp(self) -> None:
        self.platform = platform_of(home_after_a_night(Path(self.enterContext(tempfile.TemporaryDirectory()))))
        registry = self.platform.registry()
        promote(self.platform)
        self.challenger = registry.register(challenger(), lambda folder: None)
        registry.challenge(self.challenger)
        self.client = self.enterContext(client_of(self.platform))

    def page(self, address: str = "/models") -> str:
        """Its text."""
        answer = self.client.get(address)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.text

    def change(self, headers: dict[str, str] | None = None, **fields: str) -> Any:
        """The answer to a button; it is not followed."""
        sent = HERE | (headers or {})
        token = re.findall(r'name="token" value="([^"]+)"', self.client.get("/models", headers=sent).text)[0]
        return self.client.post("/models", data={"token": token} | fields, headers=sent, follow_redirects=False)

    def test_who_serves_and_what_the_gate_said(self) -> None:
        page = self.page()
        self.assertIn("als-000002", page.split('id="over-time"')[0])
        for words in ("Champion", "Challenger", "was champion", "The gate refused it.", "4,321 pairs"):
            self.assertIn(words, page)
        self.assertIn("Not better than popularity with 95% confidence: NDCG@20 differs by +0.0100", page)
        self.assertIn("0.126", page)
        self.assertNotIn("<script>alert", page)
        self.assertIn('lang="en">&lt;script&gt;', page)
        french = self.page("/models?lang=fr")
        self.assertIn("Pas meilleur que la popularité avec 95 % de confiance : NDCG@20 diffère de +0,0100", french)
        self.assertEqual(page.count("<table>"), page.count("<caption>"))
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        self.assertTrue(all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False)), levels)

    def test_the_chart_and_its_table_say_the_same(self) -> None:
        told = self.client.get("/models/charts").json()
        (chart,) = told["charts"]
        values = chart["spec"]["data"]["values"]
        self.assertEqual({row["value"] for row in values}, {0.21, 0.09})
        self.assertIn("<td>0.21</td>", self.page())

    def test_promote_and_roll_back(self) -> None:
        answer = self.change(promote="als-000001", why="it was better")
        self.assertEqual((answer.status_code, answer.headers["Location"]), (303, "/models?done=promoted#told"))
        self.assertEqual(self.platform.registry().champion(), "als-000001")
        page = self.page("/models?done=promoted")
        self.assertIn("is the champion now", page)
        self.assertIn("it was better", page)
        answer = self.change(roll_back="yes")
        self.assertEqual(answer.headers["Location"], "/models?done=rolled_back#told")
        self.assertEqual(self.platform.registry().champion(), "als-000002")
        self.assertIn("By hand, on this page.", self.page())
        listed = self.client.get("/v1/users/7/recommendations?context=503").json()
        self.assertEqual(listed["model_version"], "als-000002")

    def test_what_cannot_be_done_is_told_in_words(self) -> None:
        for fields, status, words in (
            ({"promote": "als-999999"}, 422, "there is no model version"),
            ({"promote": "../../etc"}, 422, "there is no model version"),
            ({}, 422, "no button that says that"),
            ({"promote": "als-000001", "why": "a\x1b[31m"}, 422, "no button that says that"),
        ):
            answer = self.change(**fields)
            self.assertEqual(answer.status_code, status)
            self.assertIn(words, answer.text)
        with self.platform.run_lock():
            answer = self.change(promote="als-000001")
        self.assertEqual(answer.status_code, 409)
        self.assertIn("A run is under way", answer.text)
        self.assertEqual(self.platform.registry().champion(), "als-000002")

    def test_only_our_own_page_can_send_it(self) -> None:
        data = {"promote": "als-000001"}
        self.assertEqual(self.client.post("/models", data=data, headers=HERE).status_code, 403)
        self.assertEqual(self.change(headers={"Origin": "http://evil.example"}, **data).status_code, 403)
        self.assertEqual(self.platform.registry().champion(), "als-000002")

    def test_with_keys_it_needs_the_scope_operate(self) -> None:
        tokens = {scope: keyring_of(self.platform).create(scope, [Scope.READ, scope], utc_now())[0] for scope in Scope}
        self.assertEqual(self.client.get("/models").status_code, 401)
        for scope, status in ((Scope.READ, 403), (Scope.WRITE, 403), (Scope.OPERATE, 303)):
            headers = {"Authorization": f"Bearer {tokens[scope]}"}
            self.assertEqual(self.change(headers=headers, promote="als-000001").status_code, status)

    def test_a_damaged_version_is_shown_as_such_and_cannot_be_promoted(self) -> None:
        folder = self.platform.settings.registry_folder / "versions" / "als-000001"
        (folder / "track_ids.npy").write_bytes(b"x")
        page = self.page()
        self.assertIn("Its files are damaged or missing.", page)
        self.assertNotIn('value="als-000001"', page)

    def test_before_anything_is_registered(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            client = client_of(platform_of(Path(folder)))
            page = client.get("/models").text
            for words in ("Popularity answers until", "No model is registered yet", "Nobody was promoted yet"):
                self.assertIn(words, page)
            self.assertNotIn("<form", page)
            token = re.findall(r'name="token" value="([^"]+)"', client.get("/listen/7").text)[0]
            answer = client.post("/models", data={"token": token, "roll_back": "yes"}, headers=HERE)
            self.assertEqual(answer.status_code, 422)
            self.assertIn("no sound champion before", answer.text)
