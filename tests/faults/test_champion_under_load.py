"""Champions change while listeners ask: no request fails, and each change counts within seconds."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from ritournelle.bootstrap import Platform
from tests.api_server import home_after_a_night, platform_of
from tests.published import K, promote, publish
from tests.services.health_server import HealthServer, serving

pytestmark = pytest.mark.slow

_SETTINGS = {"RITOURNELLE_RECOMMENDATION__LIST_LENGTH": str(K)}
_SECONDS = 5.0


def promote_and_publish(platform: Platform) -> None:
    """As a night does."""
    promote(platform)
    publish(platform, "second")


def test_a_champion_and_a_rollback_count_within_seconds_and_no_request_fails(tmp_path: Path) -> None:
    platform, ended = platform_of(home_after_a_night(tmp_path)), Event()
    statuses: Counter[int] = Counter()

    def ask(server: HealthServer, user_id: int) -> None:
        while not ended.is_set():
            for query in ("", f"?k={K + 1}", "?context=503"):
                statuses[server.get(f"/v1/users/{user_id}/recommendations{query}")[0]] += 1

    def seconds_until(server: HealthServer, query: str, version: str, change: Callable[[], object]) -> float:
        change()
        started = time.monotonic()
        while time.monotonic() - started < 3 * _SECONDS:
            if json.loads(server.get(f"/v1/users/39/recommendations{query}")[1])["model_version"] == version:
                break
        return time.monotonic() - started

    with serving(platform.settings.home, _SETTINGS) as server, ThreadPoolExecutor() as pool:
        asking = [pool.submit(ask, server, user_id) for user_id in range(1, 4)]
        try:
            made_now, stored = f"?k={K + 1}", ""  # stored lists of another champion are made anew at once
            took = [
                seconds_until(server, made_now, "als-000002", lambda: promote(platform)),
                seconds_until(server, made_now, "als-000001", lambda: platform.registry().rollback()),
                seconds_until(server, stored, "als-000002", lambda: platform.registry().promote("als-000002")),
                seconds_until(server, stored, "als-000001", lambda: platform.registry().rollback()),
                seconds_until(server, stored, "als-000003", lambda: promote_and_publish(platform)),
            ]
        finally:
            ended.set()
        assert [one.exception() for one in asking] == [None] * 3
    assert max(took) < _SECONDS, took
    assert set(statuses) == {200} and statuses[200] > 30
