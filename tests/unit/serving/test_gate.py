"""Who is let in: keys and what they allow, names of hosts, and how often; and that no key is written anywhere."""

from __future__ import annotations

import logging
import tempfile
import unittest
from base64 import b64encode
from pathlib import Path

from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.errors import SettingsError
from ritournelle.serving.api.keyring import Keyring, Scope
from ritournelle.serving.api.limits import Buckets
from ritournelle.serving.api.live import keyring_of
from ritournelle.serving.server import check_address, names_of
from tests.api_server import client_of, platform_of, problem

FEEDBACK = {"recommendation_id": "x", "user_id": 1, "useful": True}


class KeysTest(unittest.TestCase):
    """Once there is a key, everybody needs one."""

    platform: Platform
    client: TestClient
    home: Path
    keyring: Keyring

    @classmethod
    def setUpClass(cls) -> None:
        cls.home = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.platform = platform_of(cls.home)
        cls.client = client_of(cls.platform)
        cls.keyring = keyring_of(cls.platform)

    def setUp(self) -> None:
        for key in self.keyring.keys():
            self.keyring.revoke(key.key_id)

    def key(self, *scopes: Scope) -> str:
        """A new one."""
        return self.keyring.create("a test", scopes, utc_now())[0]

    def status(self, method: str, address: str, token: str | None, **more: object) -> int:
        """Of the answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.request(method, address, headers=headers, **more).status_code  # type: ignore[arg-type]

    def test_without_keys_this_machine_is_let_in(self) -> None:
        self.assertEqual(self.status("GET", "/v1/popular", None), 200)

    def test_scopes(self) -> None:
        reader, writer, operator = (self.key(scope) for scope in Scope)
        for method, address, allowed in (
            ("GET", "/v1/popular", reader),
            ("GET", "/health", reader),
            ("GET", "/metrics", reader),
            ("POST", "/v1/feedback", writer),
            ("PUT", "/v1/users/1/taste-exclusions", writer),
            ("POST", "/health/incidents", operator),
        ):
            with self.subTest(address=address):
                for token in (reader, writer, operator):
                    status = self.status(method, address, token)
                    self.assertEqual(status == 403 and token is not allowed, token is not allowed, status)
                self.assertEqual(self.status(method, address, None), 401)
                self.assertEqual(self.status(method, address, allowed[:-1]), 401)
        self.assertEqual(self.status("GET", "/v1/popular", self.key(Scope.READ, Scope.WRITE)), 200)

    def test_probes_and_the_document_need_no_key(self) -> None:
        self.key(Scope.READ)
        for address in ("/health/live", "/v1/openapi.json", "/static/ritournelle.css"):
            self.assertEqual(self.status("GET", address, None), 200)
        self.assertEqual(self.status("GET", "/health/ready", None), 503)  # it is answered: nothing was published here
        self.assertEqual(self.status("GET", "/nowhere", None), 401)

    def test_browsers_give_it_as_a_password(self) -> None:
        token = self.key(Scope.READ)
        self.assertEqual(self.client.get("/health", auth=("anybody", token)).status_code, 200)
        refused = self.client.get("/health", auth=("anybody", "guess"))
        self.assertEqual((refused.status_code, problem(refused)["why"]), (401, "key"))
        self.assertIn("Basic", refused.headers["WWW-Authenticate"])
        for value in ("Basic !", "Basic", "", "Bearer", "Basic " + b64encode(b"\xff:\xff").decode(), "Digest x"):
            self.assertEqual(self.client.get("/health", headers={"Authorization": value}).status_code, 401)

    def test_a_revoked_key_opens_nothing_from_the_next_request_on(self) -> None:
        token, kept = self.key(Scope.READ), self.key(Scope.READ)
        self.assertEqual(self.status("GET", "/v1/popular", token), 200)
        self.assertTrue(self.keyring.revoke(self.keyring.keys()[0].key_id))
        self.assertFalse(self.keyring.revoke("nobody"))
        self.assertEqual(self.status("GET", "/v1/popular", token), 401)
        self.assertEqual(self.status("GET", "/v1/popular", kept), 200)

    def test_beyond_loopback_the_last_key_locks_the_door(self) -> None:
        client = client_of(self.platform, needs_keys=True)
        self.assertEqual(client.get("/v1/popular").status_code, 401)
        self.assertEqual(client.get("/health/live").status_code, 200)

    def test_keys_are_kept_as_hashes_that_only_the_owner_reads(self) -> None:
        token = self.key(Scope.READ)
        path = self.home / "secrets" / "api-keys.json"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertNotIn(token.split("_", 2)[2], path.read_text(encoding="utf-8"))
        self.assertNotIn(self.keyring.keys()[0].digest, repr(self.keyring.keys()))
        path.write_text("{half", encoding="utf-8")
        try:
            self.assertEqual(self.status("GET", "/v1/popular", token), 503)
            with self.assertRaises(SettingsError):
                self.keyring.keys()
        finally:
            path.unlink()

    def test_no_key_and_nobody_in_logs(self) -> None:
        token = self.key(Scope.READ)
        with self.assertLogs(level=logging.DEBUG) as logs:
            logging.getLogger("test").debug("there is a log")
            for address in ("/v1/users/123456789/recommendations", "/v1/users/123456789/history"):
                self.assertEqual(self.status("GET", address, token), 200)
            self.status("POST", "/v1/feedback", token, json=FEEDBACK | {"user_id": 123456789})
        told = "\n".join(line for line in logs.output if ":httpx" not in line)  # the test's own client
        self.assertNotIn(token, told)
        self.assertNotIn("123456789", told)


class HostsTest(unittest.TestCase):
    """Pages of other sites cannot ask by a name of their own."""

    def test_only_known_names_are_answered(self) -> None:
        home = Path(self.enterContext(tempfile.TemporaryDirectory()))
        client = client_of(platform_of(home), names_of("127.0.0.1", ()))
        for host, status in (
            ("127.0.0.1:8000", 200),
            ("LOCALHOST", 200),
            ("[::1]:8000", 200),
            ("evil.example", 421),
            ("127.0.0.1.evil.example:8000", 421),
            ("", 421),
        ):
            with self.subTest(host=host):
                answer = client.get("/health/live", headers={"Host": host})
                self.assertEqual(answer.status_code, status)
        self.assertEqual(problem(answer)["why"], "host")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    def test_names_in_force(self) -> None:
        self.assertEqual(names_of("10.0.0.7", ()), ())
        self.assertEqual(names_of("127.0.0.1", ("music.example",)), ("music.example",))
        self.assertIn("127.0.0.2", names_of("127.0.0.2", ()))

    def test_beyond_loopback_needs_keys(self) -> None:
        with self.assertRaisesRegex(SettingsError, "ritournelle keys create"):
            check_address("10.0.0.7", 8000)


class LimitsTest(unittest.TestCase):
    """Token buckets."""

    def test_a_burst_then_the_rate(self) -> None:
        now = [0.0]
        buckets = Buckets(2.0, lambda: now[0])
        self.assertEqual([buckets.take("a") for _ in range(11)], [0] * 10 + [1])
        self.assertEqual(buckets.take("b"), 0)
        now[0] = 0.5
        self.assertEqual([buckets.take("a"), buckets.take("a")], [0, 1])
        now[0] = 1_000.0
        self.assertEqual([buckets.take("a") for _ in range(11)], [0] * 10 + [1])

    def test_slow_rates_say_when_to_come_again(self) -> None:
        buckets = Buckets(0.01, lambda: 0.0)
        self.assertEqual([buckets.take("a"), buckets.take("a")], [0, 100])

    def test_none_is_no_limit(self) -> None:
        buckets = Buckets(0)
        self.assertEqual({buckets.take("a") for _ in range(1_000)}, {0})

    def test_requests_and_tellings_over_http(self) -> None:
        home = Path(self.enterContext(tempfile.TemporaryDirectory()))
        client = client_of(platform_of(home, serving={"requests_per_second": 2, "tellings_per_second": 0.2}))
        listen = {"user_id": 7, "track_id": 1, "listened_at": "2026-11-25T08:00:00Z"}
        self.assertEqual(client.post("/v1/listens", json=listen).status_code, 202)
        refused = client.post("/v1/listens", json=listen)
        self.assertEqual((refused.status_code, problem(refused)["why"]), (429, "too_often"))
        self.assertGreater(int(refused.headers["Retry-After"]), 0)
        self.assertEqual(client.post("/v1/listens", json=listen | {"user_id": 8}).status_code, 202)
        self.assertIn(429, {client.get("/v1/popular").status_code for _ in range(20)})
