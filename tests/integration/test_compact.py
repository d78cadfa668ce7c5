"""Retention, end to end: a home whose old raw rows are gone lives on exactly as one that keeps everything."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import duckdb
import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day, RunReport
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from tests.integration.tables import contents, count

CONFIG = WorldConfig(users=120, tracks=120, seed=4, habits=Habits.tidy())
TODAY = datetime.now(UTC).date()
BUILT = ("history", "core", "marts")
OF_OPERATIONS = {"marts.pipeline_health_days"}
"""Tells of the runs themselves, of which a compacted home has one more."""


def day_of(home: Path, url: str, *, raw_days: int | None = 3, landing_days: int = 4) -> Day:
    settings = {
        "source": {"url": url},
        "raw": {"retention_days": raw_days},
        "landing": {"retention_days": landing_days},
    }
    return Day(Platform(load_settings(home=home, privacy={"key": "the same key in every home"}, **settings)))


def run_day(home: Path, url: str, days_ago: int) -> None:
    report = day_of(home, url, landing_days=30).run("run", logical_date=days_before(days_ago))
    assert report.succeeded, report.message


def days_before(number: int) -> date:
    return TODAY - timedelta(days=number)


def built(home: Path) -> dict[str, Any]:
    return {name: rows for name, rows in contents(home, schemas=BUILT).items() if name not in OF_OPERATIONS}


def details_of(report: RunReport, step: str) -> dict[str, Any]:
    (found,) = [one.to_dict()["details"] for one in report.steps if one.step == step]
    return dict(found)


@pytest.fixture(name="app", scope="module")
def running_app() -> Any:
    with RunningApp(CONFIG) as app:
        yield app


@pytest.fixture(name="old", scope="module")
def home_of_old_days(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four days, the last one of yesterday: users and tracks change, go and come, listens are added and taken away."""
    home = tmp_path_factory.mktemp("old")
    for days_ago in (8, 7, 6, 1):
        run_day(home, app.url, days_ago)
        app.advance(1)
        app.listen(users=40, prepend=True)
    return home


@pytest.fixture(name="homes")
def one_that_keeps_and_one_that_is_compacted(old: Path, tmp_path: Path, app: RunningApp) -> tuple[Path, Path]:
    kept, compacted = tmp_path / "kept", tmp_path / "compacted"
    for home in (kept, compacted):
        copytree(old, home, symlinks=True)
    report = day_of(compacted, app.url).compact()
    assert report.succeeded, report.message
    return kept, compacted


@pytest.mark.slow
def test_what_goes_and_what_is_said(homes: tuple[Path, Path]) -> None:
    kept, compacted = homes
    with duckdb.connect(str(compacted / "warehouse.duckdb"), read_only=True) as connection:
        query = (
            "SELECT step, status, deleted, message, details FROM ops.run_steps WHERE run_number = 5 ORDER BY started_at"
        )
        steps = connection.execute(query).fetchall()
    assert [(step, status) for step, status, *_ in steps] == [
        ("landing", "succeeded"),
        ("compact", "succeeded"),
        ("reclaim", "succeeded"),
        ("health", "succeeded"),
    ]
    landing, raw, space = (json.loads(details) for *_, details in steps[:3])
    assert landing["days"] == [str(days_before(number)) for number in (8, 7, 6)]
    assert landing["bytes_before"] > landing["bytes_after"] > 0
    assert [path.name for path in compacted.glob("landing/*")] == [f"date={days_before(1)}"]
    gone = {table: count(kept, table) - count(compacted, table) for table in raw["rows"]}
    assert raw["rows"] == gone and raw["whole_after_run"] == 3
    assert steps[1][2] == sum(gone.values()) > 0
    assert space["bytes_before"] >= space["bytes_after"] > 0


@pytest.mark.slow
def test_days_go_on_as_if_nothing_had_gone(homes: tuple[Path, Path], app: RunningApp) -> None:
    assert built(homes[0]) == built(homes[1])
    for _ in range(2):
        app.advance(1)
        for home in homes:
            run_day(home, app.url, 0)
        assert built(homes[0]) == built(homes[1])


@pytest.mark.slow
def test_a_full_refresh_keeps_what_only_staging_holds(homes: tuple[Path, Path], app: RunningApp) -> None:
    for home in homes:
        report = day_of(home, app.url).run("transform", ("transform", "publish"), full_refresh=True)
        assert report.succeeded, report.message
    assert built(homes[0]) == built(homes[1])


@pytest.mark.slow
def test_a_backfill_of_a_day_within_the_retention(homes: tuple[Path, Path], app: RunningApp) -> None:
    wanted = built(homes[0])
    with duckdb.connect(str(homes[1] / "warehouse.duckdb")) as connection:
        connection.execute("DELETE FROM raw.src_users WHERE run_number = 4")
    report = day_of(homes[1], app.url).backfill(days_before(1))
    assert report.succeeded, report.message
    assert built(homes[1]) == wanted
    refused = day_of(homes[1], app.url).backfill(days_before(6))
    assert not refused.succeeded and "RITOURNELLE_" in refused.message


@pytest.mark.slow
def test_without_the_setting_raw_is_kept_for_ever(old: Path, tmp_path: Path, app: RunningApp) -> None:
    home = tmp_path / "home"
    copytree(old, home, symlinks=True)
    before = contents(home, schemas=("raw",))
    report = day_of(home, app.url, raw_days=None).compact()
    assert report.succeeded and contents(home, schemas=("raw",)) == before
    assert [step.status for step in report.steps] == ["succeeded", "skipped", "succeeded", "succeeded"]
    assert "RITOURNELLE_RAW__RETENTION_DAYS" in report.steps[1].message
    assert details_of(report, "reclaim")["bytes_after"] > 0
