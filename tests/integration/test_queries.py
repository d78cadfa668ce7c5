"""Every typed query against a warehouse that was just built, and what becomes of one whose column was renamed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any
from urllib.request import urlopen

import duckdb
import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.domain.clock import utc_now
from ritournelle.domain.feedback import Feedback, FeedbackKind
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.errors import WarehouseError
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.streaming.messages import outgoing
from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.marts import ANSWERED_LISTENERS, INTERACTIONS, LIVING_TRACKS, QUERIES
from ritournelle.warehouse.query import Query
from ritournelle.warehouse.watched import WATCHED
from tests.exposed import exposure
from tests.services.postgres_server import PostgresServer

CONFIG = WorldConfig(users=100, tracks=100, seed=9, habits=Habits.tidy())


@pytest.fixture(name="platform", scope="module", params=["duckdb", "postgres"])
def platform_with_one_day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    url = None
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.new_database()
    with RunningApp(CONFIG) as app:
        home = tmp_path_factory.mktemp("home")
        platform = Platform(load_settings(home=home, source={"url": app.url}, warehouse={"url": url}))
        told_by_everybody(platform, app.url)
        report = Day(platform).run("run")
    assert report.succeeded, report.message
    return platform


def told_by_everybody(platform: Platform, url: str) -> None:
    """Each user saw a recommendation, found it useful, keeps a minute of last year private and hides a track."""
    with urlopen(f"{url}/users?size=100") as answer:
        users = [user["id"] for user in json.load(answer)["items"]]
    with urlopen(f"{url}/tracks?size=1") as answer:
        (track,) = (track["id"] for track in json.load(answer)["items"])
    now, ids = datetime.now(UTC), platform.recommendation_ids()
    with platform.broker() as broker:
        for user_id in users:
            issued = Issued(user_id, 1, "als-000001", "page", now)
            shown = exposure(ids.issue(issued), issued)
            judged = Feedback.of(shown.recommendation_id, issued, FeedbackKind.USEFUL, now)
            last_year, minute = now - timedelta(days=365), timedelta(minutes=1)
            session = {"starts_at": last_year, "ends_at": last_year + minute}
            private = TasteExclusion.of(user_id, ExclusionKind.SESSION, None, now, **session)
            hidden = TasteExclusion.of(user_id, ExclusionKind.TRACK, track, now)
            broker.publish(outgoing([shown, judged, private, hidden]))


@pytest.fixture(name="parameters", scope="module")
def parameters_that_find_rows(platform: Platform) -> dict[str, Any]:
    with platform.read_published() as warehouse:
        (listener,) = ANSWERED_LISTENERS.run(warehouse, by_model=True, at_most=1)["user_id"].to_pylist()
        tracks = LIVING_TRACKS.run(warehouse)["track_id"].to_pylist()[:3]
    return {
        "user_id": listener,
        "track_ids": tracks,
        "track_id": tracks[0],
        "by_model": True,
        "at_most": 2,
        "latest": 3,
        "user_ids": [listener],
        "since": date(2020, 1, 1),
    }


@pytest.mark.slow
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_each_query_finds_rows_as_declared(query: Query, platform: Platform, parameters: dict[str, Any]) -> None:
    given = {name: parameters[name] for name in query.parameters}
    with platform.read_warehouse() as warehouse:
        working = query.run(warehouse, **given)
    with platform.read_published() as warehouse:
        published = query.run(warehouse, **given)
    assert working.schema == query.columns and working.num_rows > 0
    by = [(name, "ascending") for name in query.columns.names]
    assert published.sort_by(by).equals(working.sort_by(by))


@pytest.mark.slow
@pytest.mark.parametrize("query", WATCHED, ids=lambda query: query.name)
def test_what_health_asks_has_the_columns_that_it_declares(query: Query, platform: Platform) -> None:
    given = {"now": utc_now(), "run_id": "nobody", "run_number": 0, "since": utc_now()}
    with platform.read_warehouse() as warehouse:
        found = query.run(warehouse, **{name: given[name] for name in query.parameters})
    assert found.schema == query.columns


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["duckdb"], indirect=True)
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_renamed_column_is_named(
    query: Query, platform: Platform, parameters: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "warehouse.duckdb"
    copyfile(platform.settings.home / "warehouse.duckdb", path)
    column = [name for name in query.columns.names if name not in query.computed][-1]
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE renamed AS SELECT * RENAME ({column} AS renamed) FROM {query.table}")
        connection.execute(f"DROP TABLE {query.table}")
        connection.execute(f"CREATE TABLE {query.table} AS SELECT * FROM renamed")
    given = {name: parameters[name] for name in query.parameters}
    with connect(f"duckdb:///{path}", read_only=True) as warehouse, pytest.raises(WarehouseError) as caught:
        query.run(warehouse, **given)
    message = str(caught.value)
    for part in (f"query {query.name} on {query.table}", f"expected {column} (", "found ", "renamed", "transform"):
        assert part in message


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["duckdb"], indirect=True)
def test_a_night_with_a_renamed_column_fails_in_the_step_that_reads_it(platform: Platform, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    copyfile(platform.settings.home / "warehouse.duckdb", home / "warehouse.duckdb")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("ALTER TABLE marts.interactions RENAME COLUMN weight TO strength")
    report = Day(Platform(load_settings(home=home))).run("train", ("train",))
    assert not report.succeeded
    assert f"query {INTERACTIONS.name}" in report.message and "weight (double)" in report.message
