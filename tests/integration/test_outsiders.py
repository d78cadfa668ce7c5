"""What an outsider would try: 10,000 wrong requests, and only declared answers, nothing stored, nobody named in logs."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.drill.asking import Answer, ask
from ritournelle.serving.api.document import document
from ritournelle.serving.api.keyring import Scope
from ritournelle.serving.api.live import api_of, keyring_of
from ritournelle.serving.app import create_app
from ritournelle.serving.live import parts_of
from ritournelle.streaming.topics import Topic
from tests.api_server import home_after_a_night, platform_of, told

REQUESTS = 10_000
PROBLEM = "application/problem+json"
E_MAIL = "ada.lovelace@example.org"
LISTENER = 777_123_456_789
UNDECLARED = {400, 401, 403, 404, 405, 421}
"""Of addresses and methods that the document does not have."""
WRONG: list[Any] = [None, [], {}, "", "x\x00\x1b[31m", 1.5, 2**64, -(2**70), E_MAIL, "1e9", {"$ne": 1}, "☃" * 300]
TEXTS = ["", "x", "../../etc/passwd", "%00", "1%00", "-0", "1.0", "١٢", "9" * 40, "1'--", "%2e%2e", "a%0d%0ab", "☃"]
IDS = ["1", "0", "-1", str(2**63 - 1), str(2**63), str(-(2**63) - 1), str(LISTENER)]
ADDRESSES = (
    "/v1/users/{}/recommendations /v1/users/{}/history /v1/users/{}/taste-exclusions /v1/tracks/{}/similar /v1/popular"
    " /v1/listens /v1/feedback /v1/openapi.json /v1/health /health/live /health/ready /v1 /v1/ /v2/popular //v1/popular"
    " /v1/users /v1/users/{}/../{}/history /V1/popular /v1/popular/ /v1;/popular /v1/users/{} /v1/users/{}/export"
).split()
PAGES = (
    "/ /listen /listen/{} /tracks /tracks/{} /models /models/charts /health /health/incidents /health/incidents/{}"
    " /sign-in /sign-out /incidents /runbooks /runbooks/{} /runbooks/../{}"
).split()
OF_PAGES = {200, 303, 307, 400, 401, 403, 404, 405, 413, 415, 421, 422}
"""What a page may answer; nothing is done by one, since nobody here has a form of ours."""
METHODS = "GET GET GET POST PUT DELETE PATCH HEAD OPTIONS TRACE BREW".split()
MEDIA = ["application/json"] * 12 + ["text/plain", "", "application/xml", "application/json-seq", "a/b;" * 50, "\x01"]


@dataclass(frozen=True)
class Outsider:
    """Makes requests, none of which may be accepted by what tells; lists and histories may be read."""

    random: Random
    keys: list[str]
    bad_ids: list[str]
    seen: Counter[str] = field(default_factory=Counter)

    def request(self) -> tuple[str, str, list[tuple[str, str]], bytes]:
        """Method, target, headers, body."""
        pick = self.random
        address = pick.choice(ADDRESSES + PAGES)
        while "{}" in address:
            address = address.replace("{}", pick.choice(IDS if pick.random() < 0.7 else TEXTS), 1)
        return pick.choice(METHODS), address + self._query(), self._headers(), self._body()

    def telling(self) -> tuple[str, str, list[tuple[str, str]], bytes]:
        """A request to one of those that tell, with a good key mostly."""
        pick = self.random
        method, address = pick.choice(
            [("POST", "/v1/listens"), ("POST", "/v1/feedback"), ("PUT", "/v1/users/1/taste-exclusions")]
            + [("DELETE", f"/v1/users/{LISTENER}/taste-exclusions")]
            + [
                (
                    "POST",
                    pick.choice(["/listen/1", f"/listen/{LISTENER}", "/models", "/sign-in", "/health/incidents/1"]),
                )
            ]
        )
        if not address.startswith("/v1/"):
            return method, address, self._form_headers(), self._form()
        headers = [("Authorization", f"Bearer {self.keys[0]}")] if pick.random() < 0.9 else self._headers()
        media = pick.choice(MEDIA)
        return method, address, [*headers, ("Content-Type", media)], self._body(address)

    def _form_headers(self) -> list[tuple[str, str]]:
        """Of a form that a page of ours never sent, and of one that looks as if it had."""
        pick = self.random
        origin = pick.choice(["http://127.0.0.1", "http://evil.example", "null", ""])
        site = pick.choice(["same-origin", "same-origin", "cross-site", "none"])
        media = pick.choice(["application/x-www-form-urlencoded"] * 5 + MEDIA[-5:])
        accept = pick.choice(["text/html", "application/json", "*/*"])
        key = [("Authorization", f"Bearer {self.keys[0]}")] if pick.random() < 0.9 else []
        sent = [("Origin", origin), ("Sec-Fetch-Site", site), ("Content-Type", media), ("Accept", accept)]
        return [*key, *sent, ("Cookie", f"ritournelle_session={pick.choice(TEXTS)}")]

    def _form(self) -> bytes:
        """With every field but a token of ours."""
        pick = self.random
        if pick.random() < 0.1:
            return self._body()
        values = [*TEXTS, *self.bad_ids, "useful", "hide", "artist:x", "track:1", "session:now", "als-000001", E_MAIL]
        names = "token recommendation_id said exclude include private public promote roll_back why key".split()
        return urlencode({name: pick.choice(values) for name in names}).encode()[: pick.choice([9, 900, 20_000])]

    def _query(self) -> str:
        pick = self.random
        values = [*TEXTS, "5", "0", "-1", "1001", "1,2,3", ",", "1," * 80, "NaN", "%ff"]
        names = ["k", "context", "limit", "K", "k", "", "user_id", "a[]", "q", "said", "listener", "next", "lang"]
        if pick.random() < 0.4:
            return ""
        return "?" + "&".join(f"{pick.choice(names)}={pick.choice(values)}" for _ in range(pick.randint(1, 3)))

    def _headers(self) -> list[tuple[str, str]]:
        pick = self.random
        key = pick.choice(self.keys)
        credentials = [
            f"Bearer {key}",
            f"Bearer {key[:-1]}",
            f"bearer  {key}x",
            f"Basic {key}",
            "Basic ====",
            "Bearer",
            "",
            f"Digest {key}",
            "Bearer " + "a" * 20_000,
            "Bearer é\xff",
        ]
        headers = [("Authorization", pick.choice(credentials))] if pick.random() < 0.5 else []
        headers += [("Authorization", f"Bearer {key}")] if pick.random() < 0.6 else []  # twice, at times
        if pick.random() < 0.3:
            headers += [("Content-Type", pick.choice(MEDIA)), ("Content-Length", pick.choice(["-1", "0", "99", "x"]))]
        return headers + ([("X-Forwarded-For", "' OR 1=1"), ("Accept", "text/turtle")] if pick.random() < 0.1 else [])

    def _body(self, address: str = "") -> bytes:
        pick = self.random
        kind = pick.random()
        if kind < 0.01:
            return b'{"user_id": "' + b"a" * 1_200_000 + b'"}'
        if kind < 0.03:
            return pick.choice([b"[", b'{"a":']) * pick.choice([500, 100_000])
        if kind < 0.08:
            return pick.choice([b"", b"null", b"{}", b"{", b"\xff\xfe", b"NaN", b"\x00", b"[[]]", b'"x"', b"1"])
        body = self._wrong(self._good(address or pick.choice(["/v1/listens", "/v1/feedback", "taste"])))
        content = json.dumps([body] * pick.choice([1, 3, 1_001]) if kind < 0.12 else body)
        return content.encode("utf-8", "surrogatepass")

    def _good(self, address: str) -> dict[str, Any]:
        if address == "/v1/listens":
            return {"user_id": LISTENER, "track_id": 1, "listened_at": "2026-01-01T00:00:00Z"}
        if address == "/v1/feedback":
            return {"user_id": LISTENER, "recommendation_id": self.random.choice(self.bad_ids), "useful": True}
        return {"kind": "track", "target": 1}

    def _wrong(self, body: dict[str, Any]) -> dict[str, Any]:
        """With one field that no body may have; feedback has a bad id already."""
        pick = self.random
        if "recommendation_id" in body and pick.random() < 0.5:
            return body
        if pick.random() < 0.2:
            return body | {pick.choice(["e_mail", "", "__proto__", "id\x00"]): E_MAIL}
        name = pick.choice([name for name in body if name != "useful"])
        if pick.random() < 0.2:
            return {known: value for known, value in body.items() if known != name}
        moments = ["9999-12-31T00:00:00Z", "1800-01-01T00:00:00Z", "yesterday", "2026-01-01", "2026-13-01T00:00:00Z"]
        return body | {name: pick.choice(moments if name == "listened_at" else WRONG[:-1] + [E_MAIL * 300])}


def bad_ids(platform: Platform) -> list[str]:
    """Forged, cut off, foreign and expired."""
    now, ids = utc_now(), platform.recommendation_ids()
    expired = ids.issue(Issued(LISTENER, 1, "als-000001", "api", now - timedelta(days=400)))
    foreign = ids.issue(Issued(1, 1, "als-000001", "api", now))
    forged = expired[:-2] + ("AA" if not expired.endswith("AA") else "BB")
    return [expired, foreign, forged, foreign[:-8], "A" * 400, "\x00", "☃", f"{foreign}=", E_MAIL]


def declared(described: Mapping[str, Any], method: str, path: str) -> dict[str, set[str]] | None:
    """By status the media types that the document has for this method of this address; None when it has not."""
    for template, operations in described["paths"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path) and method.lower() in operations:
            answers = operations[method.lower()]["responses"]
            return {status: set(told.get("content", {})) for status, told in answers.items()}
    return None


def stored(platform: Platform) -> tuple[dict[Topic, int], bytes]:
    """How many messages each topic of what is told holds, and the online store."""
    online = platform.settings.home / "online.db"
    topics = (Topic.LISTENS, Topic.FEEDBACK, Topic.TASTE_EXCLUSIONS)
    return {topic: len(told(platform, topic)) for topic in topics}, online.read_bytes() if online.exists() else b""


def _is_page(path: str) -> bool:
    return any(re.fullmatch(page.replace("{}", "[^/]+"), path) for page in PAGES)


def complaint(described: Mapping[str, Any], method: str, target: str, answer: Answer) -> str:
    """What is wrong with an answer; empty when nothing is."""
    path = target.partition("?")[0]
    known = declared(described, method, path)
    if known is None:
        is_declared = answer.status in UNDECLARED and answer.media_type == PROBLEM
        if method == "POST" and answer.status < 400:
            return "accepted"
        is_page = answer.status in (OF_PAGES if _is_page(path) else (200,)) and method in ("GET", "POST")
        return "" if is_declared or is_page or method == "HEAD" else "undeclared"
    if answer.media_type not in known.get(str(answer.status), {"nothing is declared"}):
        return "undeclared"
    return "accepted" if method != "GET" and answer.status < 300 else ""


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_ten_thousand_wrong_requests(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    limits = {"requests_per_second": 0, "tellings_per_second": 0}
    platform = platform_of(home_after_a_night(tmp_path), serving=limits)
    keyring = keyring_of(platform)
    keys = [
        keyring.create(name, scopes, utc_now())[0]
        for name, scopes in (("app", [Scope.READ, Scope.WRITE]), ("page", [Scope.READ]))
    ]
    # The real rules: who is forgotten meanwhile is so by a run, whose sensors tell of this very machine.
    app = create_app(replace(parts_of(platform), look=lambda: None), api=api_of(platform))
    outsider = Outsider(Random(6), keys, bad_ids(platform))
    before, champion = stored(platform), platform.registry().champion()

    statuses, found = asyncio.run(_ask_all(app, outsider))

    assert found == []
    assert stored(platform) == before
    assert platform.registry().champion() == champion
    assert statuses.total() == REQUESTS
    assert {200, 400, 401, 403, 404, 405, 410, 413, 415, 422} <= set(statuses), statuses
    written = "".join(capfd.readouterr()) + caplog.text
    logs = (path for path in platform.settings.home.rglob("*.log*") if "events" not in path.parts)
    written += "".join(path.read_text("utf-8", "replace") for path in logs if path.is_file())
    for secret in (*keys, *(key[:-1] for key in keys), E_MAIL, str(LISTENER)):
        assert secret not in written


async def _ask_all(app: FastAPI, outsider: Outsider) -> tuple[Counter[int], list[str]]:
    described, statuses, found = document(app), Counter[int](), []
    for number in range(REQUESTS):
        method, target, headers, body = outsider.request() if number % 2 else outsider.telling()
        answer = await ask(app, method, target, headers, body)
        statuses[answer.status] += 1
        problem = complaint(described, method, target, answer)
        if problem:
            found.append(f"{problem}: {method} {target} {headers} {body[:300]!r}: {answer.status} {answer.media_type}")
    return statuses, found[:10]
