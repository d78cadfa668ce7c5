"""The loop by HTTP: a day, lists, listens and feedback; a day again, and the marts hold what was told.

On every engine that a server reads what is published from.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.domain.clock import utc_now
from ritournelle.errors import RunInProgressError
from ritournelle.serving.api.live import api_of
from ritournelle.serving.app import create_app
from ritournelle.serving.live import parts_of
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.marts import ANSWERED_LISTENERS
from ritournelle.warehouse.publication_watch import ASK_AGAIN_SECONDS

CONFIG = WorldConfig(users=100, tracks=100, seed=9, habits=Habits.tidy())
PATIENCE_SECONDS = 10 * ASK_AGAIN_SECONDS
"""A server of warehouses is asked for its publication now and then; on a busy machine that takes a while."""

pytestmark = pytest.mark.slow


@pytest.fixture(name="app", scope="module")
def simulated_app() -> Iterator[RunningApp]:
    with RunningApp(CONFIG) as running:
        yield running


@pytest.fixture(name="platform", params=["duckdb", "postgres"])
def platform_after_one_day(request: pytest.FixtureRequest, app: RunningApp, tmp_path: Path) -> Platform:
    url = request.getfixturevalue("postgres").new_database() if request.param == "postgres" else None
    platform = Platform(load_settings(home=tmp_path / "home", source={"url": app.url}, warehouse={"url": url}))
    run(platform)
    return platform


@pytest.fixture(name="client")
def client_of_a_server(platform: Platform) -> Iterator[TestClient]:
    app = create_app(parts_of(platform), api=api_of(platform))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def run(platform: Platform) -> None:
    """A good day, once the server that erases somebody has let go of the lock."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            report = Day(platform).run("run")
            break
        except RunInProgressError:
            assert time.monotonic() < until
            time.sleep(0.2)
    assert report.succeeded, report.message


def listener_of(platform: Platform) -> int:
    """Somebody who has a list by the model, or, without a champion, by the fallback."""
    with platform.read_published() as warehouse:
        for by_model in (True, False):
            for user in ANSWERED_LISTENERS.run(warehouse, by_model=by_model, at_most=1)["user_id"].to_pylist():
                return int(user)
    raise AssertionError("nobody has a list")


def listed(client: TestClient, user: int) -> list[dict[str, Any]]:
    """A list of five."""
    answer = client.get(f"/v1/users/{user}/recommendations?k=5")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["recommendations"]
    return found


def history_with(client: TestClient, user: int, listen_id: str) -> list[int]:
    """Tracks of this listen in their history, once the server sees the publication that holds it."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        history = client.get(f"/v1/users/{user}/history").json()["listens"]
        found = [one["track_id"] for one in history if one["listen_id"] == listen_id]
        if found or time.monotonic() > until:
            return found
        time.sleep(0.2)


def erased(client: TestClient, erasure_id: str) -> dict[str, Any]:
    """The erasure once it is fulfilled."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        found: dict[str, Any] = client.get(f"/v1/erasures/{erasure_id}").json()
        if found["state"] == "erased" or time.monotonic() > until:
            return found
        time.sleep(0.2)


def feedback_rows(platform: Platform, user: int) -> dict[str, bool | None]:
    """What the mart holds of this listener: whether each recommendation shown by the API was useful."""
    with platform.read_published() as warehouse:
        rows = warehouse.read(
            f"SELECT recommendation_id, is_useful FROM {warehouse.schema('marts')}.recommendation_feedback"
            " WHERE user_id = ? AND surface = 'api'",
            [user],
        ).to_pylist()
    judged = {row["recommendation_id"]: row["is_useful"] for row in rows}
    assert len(judged) == len(rows)
    return judged


def test_what_is_told_by_http_is_in_the_marts_after_the_next_run(platform: Platform, client: TestClient) -> None:
    user = listener_of(platform)
    shown = listed(client, user)
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
    assert excluded["artist"] not in [one["artist"] for one in listed(client, user)]

    run(platform)

    (listen_id,) = answer.json()["listen_ids"]
    assert history_with(client, user, listen_id) == [useful["track_id"]]
    assert excluded["artist"] not in [one["artist"] for one in listed(client, user)]
    told = client.get(f"/v1/users/{user}/taste-exclusions").json()["exclusions"]
    assert [(one["kind"], one["target"]) for one in told] == [("artist", excluded["artist"])]
    judgements = feedback_rows(platform, user)
    assert len(judgements) >= 10
    assert judgements[useful["recommendation_id"]] is True
    assert judgements[bad["recommendation_id"]] is False
    assert judgements[excluded["recommendation_id"]] is None


def test_who_is_erased_by_http_is_gone_before_and_after_the_next_run(platform: Platform, client: TestClient) -> None:
    user = listener_of(platform)
    shown = listed(client, user)
    judged = {"recommendation_id": shown[0]["recommendation_id"], "user_id": user, "useful": True}
    assert client.post("/v1/feedback", json=judged).status_code == 202
    assert client.get(f"/v1/users/{user}/export").status_code == 200
    asked = client.delete(f"/v1/users/{user}")
    assert asked.status_code == 202
    answer = client.get(f"/v1/users/{user}/recommendations?k=5").json()
    assert (answer["answered_by"], answer["fallback_reason"]) == ("fallback", f"unknown user {user}")
    certificate = erased(client, asked.json()["erasure_id"])["certificate"]
    assert {store["store"]: store["removed"] for store in certificate["stores"]}["warehouse"]
    run(platform)
    assert not feedback_rows(platform, user)
    with platform.read_published() as warehouse:
        for table in ("marts.recommendations", "marts.interactions", "core.fact_listen_history"):
            schema, name = table.split(".")
            query = f"SELECT count(*) AS n FROM {warehouse.schema(schema)}.{name} WHERE user_id = ?"
            assert warehouse.read(query, [user])["n"].to_pylist() == [0], table
