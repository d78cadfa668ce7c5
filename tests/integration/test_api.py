"""The loop by HTTP: a day, lists, listens and feedback; a day again, and the marts hold what was told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.domain.clock import utc_now
from ritournelle.serving.api.live import api_of
from ritournelle.serving.app import create_app
from ritournelle.serving.live import parts_of
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.marts import ANSWERED_LISTENERS

CONFIG = WorldConfig(users=100, tracks=100, seed=9, habits=Habits.tidy())


@pytest.fixture(name="app", scope="module")
def simulated_app() -> Iterator[RunningApp]:
    with RunningApp(CONFIG) as running:
        yield running


@pytest.fixture(name="platform", scope="module")
def platform_after_one_day(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    platform = Platform(load_settings(home=tmp_path_factory.mktemp("home"), source={"url": app.url}))
    report = Day(platform).run("run")
    assert report.succeeded, report.message
    return platform


def listener_of(platform: Platform) -> int:
    """Somebody who has a list by the model, or, without a champion, by the fallback."""
    with platform.read_published() as warehouse:
        for by_model in (True, False):
            for user in ANSWERED_LISTENERS.run(warehouse, by_model=by_model, at_most=1)["user_id"].to_pylist():
                return int(user)
    raise AssertionError("nobody has a list")


@pytest.mark.slow
def test_what_is_told_by_http_is_in_the_marts_after_the_next_run(platform: Platform) -> None:
    user = listener_of(platform)
    app = create_app(parts_of(platform), api=api_of(platform))
    with TestClient(app, raise_server_exceptions=False) as client:
        shown = client.get(f"/v1/users/{user}/recommendations?k=5").json()["recommendations"]
        assert len(shown) == 5 and all(one["name"] for one in shown)
        useful, bad, excluded = shown[0], shown[1], shown[2]
        for _ in range(2):
            for one, is_useful in ((useful, True), (bad, False)):
                judged = {"recommendation_id": one["recommendation_id"], "user_id": user, "useful": is_useful}
                assert client.post("/v1/feedback", json=judged).status_code == 202
        heard_at = (utc_now() - timedelta(seconds=1)).isoformat()
        listen = {"user_id": user, "track_id": useful["track_id"], "listened_at": heard_at}
        for _ in range(2):
            answer = client.post("/v1/listens", json=[listen])
            assert answer.status_code == 202
        exclusion = {"kind": "artist", "target": excluded["artist"]}
        assert client.put(f"/v1/users/{user}/taste-exclusions", json=exclusion).status_code == 200
        before = client.get(f"/v1/users/{user}/recommendations?k=5").json()["recommendations"]
        assert excluded["artist"] not in [one["artist"] for one in before]

        report = Day(platform).run("run")
        assert report.succeeded, report.message

        after = client.get(f"/v1/users/{user}/recommendations?k=5").json()["recommendations"]
        assert excluded["artist"] not in [one["artist"] for one in after]
        (listen_id,) = answer.json()["listen_ids"]
        history = client.get(f"/v1/users/{user}/history").json()["listens"]
        assert [one["track_id"] for one in history if one["listen_id"] == listen_id] == [useful["track_id"]]
        told = client.get(f"/v1/users/{user}/taste-exclusions").json()["exclusions"]
        assert [(one["kind"], one["target"]) for one in told] == [("artist", excluded["artist"])]

    with platform.read_published() as warehouse:
        rows = warehouse.read(
            f"SELECT recommendation_id, is_useful, surface FROM {warehouse.schema('marts')}.recommendation_feedback"
            " WHERE user_id = ? AND surface = 'api'",
            [user],
        ).to_pylist()
    judged_useful = {row["recommendation_id"]: row["is_useful"] for row in rows}
    assert len(rows) == len(judged_useful) >= 10
    assert judged_useful[useful["recommendation_id"]] is True
    assert judged_useful[bad["recommendation_id"]] is False
    assert judged_useful[excluded["recommendation_id"]] is None
