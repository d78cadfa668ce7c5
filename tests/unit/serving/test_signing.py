"""Signing in: a browser keeps a session and no key; what the key allows and how long it lasts is the session's measure."""

from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.serving.api.keyring import Keyring, Scope
from ritournelle.serving.api.live import keyring_of
from ritournelle.serving.api.sessions import COOKIE, LIFETIME_SECONDS, Sessions
from ritournelle.serving.routes.signing import own_address
from tests.api_server import client_of, home_after_a_night, platform_of, problem

HERE = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin", "Accept": "text/html,*/*"}


class SigningTest(unittest.TestCase):
    """A server with keys."""

    platform: Platform
    keyring: Keyring

    @classmethod
    def setUpClass(cls) -> None:
        cls.platform = platform_of(home_after_a_night(Path(cls.enterClassContext(tempfile.TemporaryDirectory()))))
        cls.keyring = keyring_of(cls.platform)
        cls.keyring.create("so that one is needed", [Scope.READ], utc_now())

    def setUp(self) -> None:
        self.client: TestClient = client_of(self.platform)
        self.client.headers.update(HERE)
        self.client.follow_redirects = False

    def sign_in(self, key: str, wanted: str = "/listen/7") -> Any:
        """The answer to the form."""
        token = re.findall(r'name="token" value="([^"]+)"', self.client.get("/sign-in").text)[0]
        return self.client.post("/sign-in", params={"next": wanted}, data={"token": token, "key": key})

    def key(self, *scopes: Scope) -> str:
        """A new one."""
        return self.keyring.create("a test", scopes, utc_now())[0]

    def test_a_browser_is_led_there_and_back(self) -> None:
        answer = self.client.get("/tracks?q=a%26b")
        self.assertEqual(
            (answer.status_code, answer.headers["Location"]), (303, "/sign-in?next=%2Ftracks%3Fq%3Da%2526b")
        )
        page = self.client.get(answer.headers["Location"])
        self.assertEqual(page.status_code, 200)
        self.assertIn('type="password"', page.text)
        answer = self.sign_in(self.key(Scope.READ), "/tracks?q=a%26b")
        self.assertEqual((answer.status_code, answer.headers["Location"]), (303, "/tracks?q=a%26b"))
        page = self.client.get("/tracks?q=a%26b")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Sign out", page.text)

    def test_programs_are_told_as_before(self) -> None:
        for headers in ({"Accept": "*/*"}, {"Accept": "application/json"}):
            answer = self.client.get("/health", headers=headers)
            self.assertEqual((answer.status_code, problem(answer)["why"]), (401, "key"))
            self.assertIn("Basic", answer.headers["WWW-Authenticate"])
        self.assertEqual(self.client.get("/v1/popular").status_code, 401)

    def test_the_cookie_holds_no_key_and_no_script_reads_it(self) -> None:
        token = self.key(Scope.READ)
        cookie = self.sign_in(token).headers["Set-Cookie"]
        self.assertNotIn(token, cookie)
        self.assertNotIn(token.split("_")[1], cookie)
        for word in ("HttpOnly", "SameSite=strict", f"Max-Age={LIFETIME_SECONDS}", "Path=/"):
            self.assertIn(word, cookie)
        self.assertNotIn("Secure", cookie)

    def test_wrong_keys_open_nothing(self) -> None:
        for key in ("", "rit_00000000_x", "é☃", "x" * 5_000):
            answer = self.sign_in(key)
            self.assertEqual(answer.status_code, 401, key)
            self.assertNotIn("Set-Cookie", answer.headers)
            self.assertIn("There is no such key", answer.text)
        for cookie in ("x", self.key(Scope.READ), ""):
            answer = self.client.get("/listen", headers={"Cookie": f"{COOKIE}={cookie}"})
            self.assertEqual(answer.status_code, 303)
        self.assertEqual(self.client.post("/sign-in", data={"key": self.key(Scope.READ)}).status_code, 403)

    def test_a_session_may_do_what_its_key_may(self) -> None:
        self.sign_in(self.key(Scope.READ))
        page = self.client.get("/listen/7").text
        token = re.findall(r'name="token" value="([^"]+)"', page)[0]
        answer = self.client.post("/listen/7", data={"token": token, "private": "now"})
        self.assertEqual(answer.status_code, 403)
        self.assertIn("does not allow this", answer.text)
        self.sign_in(self.key(Scope.READ, Scope.WRITE))
        self.assertEqual(self.client.post("/listen/7", data={"token": token, "private": "now"}).status_code, 303)
        self.assertEqual(self.client.post("/models", data={"token": token, "roll_back": "x"}).status_code, 403)

    def test_it_ends_with_the_key_and_with_signing_out(self) -> None:
        self.sign_in(self.key(Scope.READ))
        self.assertEqual(self.client.get("/listen").status_code, 200)
        self.keyring.revoke(self.keyring.keys()[-1].key_id)
        self.assertEqual(self.client.get("/listen").status_code, 303)
        self.sign_in(self.key(Scope.READ))
        page, cookie = self.client.get("/listen/7").text, self.client.cookies[COOKIE]
        token = re.findall(r'name="token" value="([^"]+)"', page)[0]
        self.assertEqual(self.client.post("/sign-out", data={"token": "x"}).status_code, 403)
        answer = self.client.post("/sign-out", data={"token": token})
        self.assertEqual(answer.headers["Location"], "/sign-in")
        self.assertEqual(self.client.get("/listen", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code, 303)

    def test_it_is_for_pages_and_not_for_what_the_api_changes(self) -> None:
        self.sign_in(self.key(*Scope))
        self.assertEqual(self.client.get("/v1/health").status_code, 200)
        for method, address in (("POST", "/v1/feedback"), ("DELETE", "/v1/users/7"), ("POST", "/v1/listens")):
            self.assertEqual(self.client.request(method, address, json={}).status_code, 401)

    def test_another_name_is_refused_in_words(self) -> None:
        client = client_of(self.platform, ["music.example"])
        answer = client.get("/listen", headers={"Accept": "text/html"})
        self.assertEqual(answer.status_code, 421)
        self.assertIn("does not answer to that name", answer.text)


class SessionsTest(unittest.TestCase):
    """In memory."""

    def test_they_grow_old_and_the_oldest_goes(self) -> None:
        now = [0.0]
        sessions = Sessions(lambda: now[0])
        first, second = sessions.begin("a"), sessions.begin("b")
        self.assertEqual([sessions.key_id(one) for one in (first, second, "", "x")], ["a", "b", None, None])
        for _ in range(999):
            sessions.begin("c")
        self.assertEqual([sessions.key_id(one) for one in (first, second)], [None, "b"])
        now[0] = LIFETIME_SECONDS
        self.assertIsNone(sessions.key_id(second))

    def test_nobody_is_led_elsewhere(self) -> None:
        for text in (
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "evil",
            "/a\r\nX: y",
            "/é",
            "/" + "a" * 3_000,
        ):
            self.assertEqual(own_address(text), "/health")
        self.assertEqual(own_address("/listen/7?lang=fr"), "/listen/7?lang=fr")
