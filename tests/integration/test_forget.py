"""Forgetting, whole: a listener with everything that a home can hold of one is in no file of it any more."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.day import Day, RunReport
from ritournelle.domain.clock import utc_now
from ritournelle.domain.sources import Source
from ritournelle.monitoring.reports import Report
from ritournelle.serving.api.live import api_of
from ritournelle.serving.app import create_app
from ritournelle.serving.live import parts_of
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from tests.integration.tables import count
from tests.services.postgres_server import PostgresServer
from tests.traces import traces, traces_in_warehouse

CONFIG = WorldConfig(users=60, tracks=60, seed=9, habits=Habits.tidy())
KEY = "the same key in every home"
LONG = bool(os.environ.get("RITOURNELLE_LONG_TESTS"))

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Lived:
    """A home in which somebody left everything that there is, and what they are known by."""

    home: Path
    url: str
    user_id: int
    email: str
    recommendation_ids: tuple[str, ...]
    warehouse_url: str | None = None

    @property
    def needles(self) -> list[str]:
        """What must be nowhere."""
        return [str(self.user_id), self.email, *self.recommendation_ids]

    def platform(self, home: Path | None = None) -> Platform:
        """Of this home, or of a copy."""
        return platform_at(home or self.home, self.url, self.warehouse_url)


def platform_at(home: Path, url: str, warehouse_url: str | None = None) -> Platform:
    """Settings that are the same in every home."""
    source = {"url": url, "retries": 1, "backoff_seconds": 0.01}
    return Platform(load_settings(home=home, source=source, warehouse={"url": warehouse_url}, privacy={"key": KEY}))


def run(platform: Platform) -> RunReport:
    """A good day."""
    report = Day(platform).run("run")
    assert report.succeeded, report.message
    return report


@pytest.fixture(name="app", scope="module")
def simulated_app() -> Iterator[RunningApp]:
    with RunningApp(CONFIG) as running:
        yield running


def live(app: RunningApp, home: Path, warehouse_url: str | None = None) -> Lived:
    """Two days with bad rows in the second, listens, feedback, exposures and exclusions, told before and after it."""
    platform = platform_at(home, app.url, warehouse_url)
    run(platform)
    somebody = app.rows(Source.USERS)[0]
    user, email = int(somebody["id"]), str(somebody["email"])
    shown = tell(platform, user)
    for source in (Source.USERS, Source.LISTEN_HISTORY):  # of the first row of the page, which is theirs
        app.fault("dates_garbage", source=source)
    assert app.rows(Source.LISTEN_HISTORY)[0]["user_id"] == user
    run(platform)
    app.clear_faults()
    shown += tell(platform, user)
    platform.journal().open_by_person(Report("page", f"listener {user} ({email}) sees nothing"), utc_now())
    log = home / "dbt" / "logs" / "dbt.log"
    log.write_text(f"{log.read_text()}a line about {email}\n", encoding="utf-8")
    if warehouse_url is None:
        (home / "warehouse.duckdb.rewritten").write_text(f"a copy with {email} that a killed process left behind")
    return Lived(home, app.url, user, email, tuple(shown), warehouse_url)


def tell(platform: Platform, user: int) -> list[str]:
    """Lists that are shown, and what is said of them; the ids of the recommendations."""
    with TestClient(create_app(parts_of(platform), api=api_of(platform)), raise_server_exceptions=False) as client:
        shown = client.get(f"/v1/users/{user}/recommendations?k=5").json()["recommendations"]
        judged = {"recommendation_id": shown[0]["recommendation_id"], "user_id": user, "useful": True}
        assert client.post("/v1/feedback", json=judged).status_code == 202
        heard = {"user_id": user, "track_id": shown[0]["track_id"]}
        heard_at = (utc_now() - timedelta(seconds=1)).isoformat()
        assert client.post("/v1/listens", json=heard | {"listened_at": heard_at}).status_code == 202
        excluded = {"kind": "artist", "target": shown[1]["artist"]}
        assert client.put(f"/v1/users/{user}/taste-exclusions", json=excluded).status_code == 200
    return [one["recommendation_id"] for one in shown]


@pytest.fixture(name="lived", scope="module")
def somebody_lived(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return live(app, tmp_path_factory.mktemp("lived") / "home")


def tables(platform: Platform) -> dict[str, list[str]]:
    """Every row of every table of the working warehouse, as text."""
    schemas = ("raw", "quarantine", "staging", "history", "core", "marts", "ops")
    with platform.read_warehouse() as warehouse:
        return {
            f"{schema}.{name}": sorted(map(repr, warehouse.read(f"SELECT * FROM {schema}.{name}").to_pylist()))
            for schema, name in warehouse.tables(schemas)
        }


OF_RUNS = ("ops.runs", "ops.run_steps", "ops.transform_scope", "ops.incidents")
"""A forgetting is a run of its own, and lets the next transform make everything anew."""
BY_OTHERS = ("staging.stg_rejected_listens", "staging.changed_exposures")


def require_only_theirs_went(before: dict[str, list[str]], after: dict[str, list[str]], lived: Lived) -> None:
    """Every row of others is as it was."""
    for name in before.keys() - set(OF_RUNS):
        gone = set(before[name]) - set(after[name])
        assert set(after[name]) <= set(before[name]), name
        strangers = [row for row in gone if not any(needle in row for needle in lived.needles)]
        assert name in BY_OTHERS or not strangers, (name, strangers[:3])


def test_nothing_of_them_is_left_and_nothing_comes_back(app: RunningApp, lived: Lived, tmp_path: Path) -> None:
    home = copytree(lived.home, tmp_path / "home", symlinks=True)
    platform = lived.platform(home)
    held = {place.partition(":")[0].partition("/")[0] for place in traces(home, lived.needles)}
    stores = {"events", "landing", "online.db", "operations.db", "published", "warehouse.duckdb", "dbt"}
    assert held >= stores | {"warehouse.duckdb.rewritten"}, held
    before = tables(platform)

    report, (certificate,) = Day(platform).forget(lived.user_id)

    assert report.succeeded, report.message
    assert traces(home, lived.needles) == []
    require_only_theirs_went(before, tables(platform), lived)
    removed = {store.store: store.removed for store in certificate.stores}
    assert all(store.verified for store in certificate.stores)
    assert removed["event log"]["messages"] == 8 and removed["online store"]["taste_exclusions"] >= 1
    assert removed["landing"] == {"users rows": 2, "listen_history rows": 2}  # of two days, the bad row among them
    assert removed["warehouse"]["quarantine.rows"] == 2 and removed["warehouse"]["raw.src_feedback"] == 1
    assert removed["warehouse"]["marts.recommendations"] and removed["publications"]["rows"]
    assert removed["operator's journal"] and removed["logs and scratch"] and removed["left behind by killed processes"]

    assert lived.user_id in app.ids(Source.USERS)  # the app does not know
    again = run(platform)

    assert traces(home, lived.needles) == []
    for source in (Source.USERS, Source.LISTEN_HISTORY):
        found = again.sources[source]
        assert found.erased == 1 and found.announced == found.landed + found.quarantined + found.erased, source
        assert found.inserted == found.deleted == 0, source
    assert again.sources[Source.TRACKS].erased == 0
    (trained,) = [step for step in again.steps if step.step == "train"]
    assert (trained.details or {})["trained"], trained.message  # without them: the data is another
    assert not [one for one in platform.journal().open_incidents() if one.sensor == "completeness"]


def interactions_of_others(platform: Platform, lived: Lived) -> list[Any]:
    """What others did, as models learn from it, apart from the moment that weights count from."""
    query = f"SELECT user_id, track_id, plays FROM marts.interactions WHERE user_id <> {lived.user_id} ORDER BY 1, 2"
    with platform.read_warehouse() as warehouse:
        rows: list[Any] = warehouse.read(query).to_pylist()
    return rows


def test_what_is_told_later_is_left_out_until_they_are_let_in_again(lived: Lived, tmp_path: Path) -> None:
    platform = lived.platform(copytree(lived.home, tmp_path / "home", symlinks=True))
    others = interactions_of_others(platform, lived)
    Day(platform).forget(lived.user_id)
    run(platform)
    assert interactions_of_others(platform, lived) == others
    assert platform.forgotten().readmit(lived.user_id)

    back = run(platform)

    assert back.sources[Source.USERS].inserted == back.sources[Source.LISTEN_HISTORY].inserted == 1
    assert back.sources[Source.USERS].erased == 0
    assert count(platform.settings.home, "core.dim_users", f"user_id = {lived.user_id} AND NOT is_deleted") == 1
    assert count(platform.settings.home, "raw.src_feedback") == 0  # what was erased stays erased


def test_the_next_run_fulfils_what_waits(lived: Lived, tmp_path: Path) -> None:
    platform = lived.platform(copytree(lived.home, tmp_path / "home", symlinks=True))
    platform.forgotten().ask(lived.user_id, utc_now())
    report = run(platform)
    assert [step.step for step in report.steps][0] == "forget"
    assert traces(platform.settings.home, lived.needles) == []
    assert report.sources[Source.USERS].erased == 1 and not platform.forgotten().waiting()
    assert len(list(platform.settings.certificates_folder.glob("*.json"))) == 1


def test_past_days_can_still_be_loaded_again(lived: Lived, tmp_path: Path) -> None:
    platform = lived.platform(copytree(lived.home, tmp_path / "home", symlinks=True))
    Day(platform).forget(lived.user_id)
    report = Day(platform).backfill(utc_now().date())
    assert report.succeeded, report.message
    assert traces(platform.settings.home, lived.needles) == []
    assert count(platform.settings.home, "core.dim_users", "user_id >= 0") == CONFIG.users - 1


@pytest.mark.parametrize("seed", range(10 if LONG else 3))
def test_killed_at_random_moments_and_done_again(seed: int, lived: Lived, tmp_path: Path) -> None:
    home = copytree(lived.home, tmp_path / "home", symlinks=True)
    before, moments = tables(lived.platform(home)), random.Random(seed)
    environment = os.environ | {"RITOURNELLE_HOME": str(home), "RITOURNELLE_PRIVACY__KEY": KEY}
    environment |= {"RITOURNELLE_SOURCE__URL": lived.url}
    command = [Path(sys.executable).with_name("ritournelle"), "forget", str(lived.user_id), "--json"]
    for _ in range(3):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(moments.uniform(0.3, 2.5))
            process.send_signal(signal.SIGKILL)
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    assert traces(home, lived.needles) == []
    require_only_theirs_went(before, tables(lived.platform(home)), lived)


def test_on_postgresql(app: RunningApp, postgres: PostgresServer, tmp_path: Path) -> None:
    lived = live(app, tmp_path / "home", postgres.new_database())
    platform = lived.platform()
    before = tables(platform)
    with platform.read_warehouse() as warehouse:
        held = traces_in_warehouse(warehouse, lived.needles)
    assert any(place.startswith("published_marts_v") for place in held) and "raw.src_users" in held

    with platform.read_published() as reader:  # whoever reads is not in the way
        report, (certificate,) = Day(platform).forget(lived.user_id)
        assert reader.read(f"SELECT count(*) AS n FROM {reader.schema('core')}.dim_users")["n"][0].as_py()

    assert report.succeeded, report.message
    with platform.read_warehouse() as warehouse:
        assert traces_in_warehouse(warehouse, lived.needles) == []
    assert traces(lived.home, lived.needles) == []
    require_only_theirs_went(before, tables(platform), lived)
    assert {store.store for store in certificate.stores if store.removed} >= {"warehouse", "publications", "landing"}
    again = run(platform)
    assert again.sources[Source.USERS].erased == 1
    with platform.read_warehouse() as warehouse:
        assert traces_in_warehouse(warehouse, lived.needles) == []
