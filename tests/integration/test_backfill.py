"""Backfill, end to end: days of a simulated app, one of them damaged, brought back; killed on the way, and on a server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
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
from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.tables import TABLES
from tests.integration.tables import contents, count
from tests.services.postgres_server import PostgresServer
from tests.unit.ingestion.days_at_home import Home, app

CONFIG = WorldConfig(users=120, tracks=120, seed=3, habits=Habits.tidy())
FIRST_DAY = datetime.now(UTC).date() - timedelta(days=5)
COMPARED = ("raw", "history", "core", "marts", "quarantine")
KEY = "the same key in every home"


def day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number - 1)


def platform(home: Path, url: str) -> Platform:
    return Platform(load_settings(home=home, source={"url": url}, privacy={"key": KEY}))


def run_day(home: Path, url: str, number: int, **options: Any) -> RunReport:
    report = Day(platform(home, url)).run("run", logical_date=day(number), **options)
    assert report.succeeded, report.message
    return report


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command, without an app: a backfill reads landed pages only."""
    settings = {
        "RITOURNELLE_HOME": str(home),
        "RITOURNELLE_PRIVACY__KEY": KEY,
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
    }
    program = Path(sys.executable).with_name("ritournelle")
    pipe = subprocess.PIPE
    return subprocess.Popen([program, *arguments], env=os.environ | settings, text=True, stdout=pipe, stderr=pipe)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    out, errors = process.communicate(timeout=180)
    return process.returncode, out, errors


@pytest.fixture(name="undisturbed", scope="module")
def home_of_three_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three days of a living app, the second with a row that breaks its contract."""
    home = tmp_path_factory.mktemp("undisturbed")
    with RunningApp(CONFIG) as running:
        run_day(home, running.url, 1)
        running.advance(1)
        running.fault("garbage_date_null_email", source="users", rows=1, times=None)
        run_day(home, running.url, 2)
        running.clear_faults()
        running.advance(1)
        run_day(home, running.url, 3)
    yield home


@pytest.fixture(name="damaged")
def home_that_a_bug_went_through(undisturbed: Path, tmp_path: Path) -> Path:
    """The same, but that the second day's users were lost, and its listens given to somebody else."""
    home = tmp_path / "damaged"
    copytree(undisturbed, home, symlinks=True)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("DELETE FROM raw.src_users WHERE run_number = 2")
        connection.execute("UPDATE raw.src_listens SET track_id = track_id + 1 WHERE run_number >= 2")
    return home


def published(home: Path) -> str:
    return (home / "published" / "current.duckdb").resolve().name


@pytest.mark.slow
def test_every_table_is_again_that_of_an_undisturbed_home(damaged: Path, undisturbed: Path) -> None:
    code, out, errors = ended(start(damaged, "backfill", "--from", str(day(2)), "--json"))
    assert code == 0, errors
    report = json.loads(out)
    assert [(step["step"], step["status"]) for step in report["steps"]] == [
        ("backfill", "succeeded"),
        ("transform", "succeeded"),
        ("publish", "succeeded"),
        ("health", "succeeded"),
    ]
    details = report["steps"][0]["details"]
    assert (details["first_run"], details["runs"], details["loads"]) == (2, 2, 6)
    found, wanted = contents(damaged, schemas=COMPARED), contents(undisturbed, schemas=COMPARED)
    assert {name for name, rows in wanted.items() if found[name] != rows} <= {"marts.pipeline_health_days"}
    assert published(damaged) == f"{report['run_id']}.duckdb"
    assert count(damaged, "ops.runs", "verb = 'backfill' AND status = 'succeeded'") == 1


@pytest.mark.slow
def test_killed_on_the_way_raw_is_as_before_and_the_next_one_finishes(damaged: Path, undisturbed: Path) -> None:
    before, publication = contents(damaged, schemas=("raw", "quarantine")), published(damaged)
    for page in damaged.glob(f"landing/date={day(3)}/*/listen_history.parquet"):
        os.rename(page, page.with_suffix(".aside"))
        os.mkfifo(page)  # whoever reads it waits for ever: the last of six loads
        process = start(damaged, "backfill", "--from", str(day(2)))
        with page.open("wb"):  # returns when it is being read
            process.send_signal(signal.SIGKILL)
        assert ended(process)[0] == -signal.SIGKILL
        page.unlink()
        os.rename(page.with_suffix(".aside"), page)
    assert contents(damaged, schemas=("raw", "quarantine")) == before
    assert published(damaged) == publication
    code, _, errors = ended(start(damaged, "backfill", "--from", str(day(2))))
    assert code == 0, errors
    assert contents(damaged, schemas=("raw", "core")) == contents(undisturbed, schemas=("raw", "core"))
    assert count(damaged, "ops.runs", "status = 'killed'") == 1


@pytest.mark.slow
def test_what_breaks_in_the_transform_publishes_nothing_and_the_next_one_builds_everything(
    damaged: Path, undisturbed: Path
) -> None:
    publication, day_of_run = published(damaged), Day(platform(damaged, "http://127.0.0.1:9"))
    twice = "INSERT INTO raw.src_users SELECT * FROM raw.src_users WHERE run_number = 1 ORDER BY id LIMIT 1"
    with duckdb.connect(str(damaged / "warehouse.duckdb")) as connection:
        connection.execute(twice)  # of a day before: only a rebuild meets it
    report = day_of_run.backfill(day(2))
    assert [(step.step, step.status) for step in report.steps] == [
        ("backfill", "succeeded"),
        ("transform", "failed"),
        ("publish", "skipped"),
        ("health", "succeeded"),
    ]
    assert published(damaged) == publication
    with duckdb.connect(str(damaged / "warehouse.duckdb")) as connection:
        connection.execute("CREATE TABLE raw.once AS SELECT DISTINCT * FROM raw.src_users")
        connection.execute("DELETE FROM raw.src_users")
        connection.execute("INSERT INTO raw.src_users SELECT * FROM raw.once")
        connection.execute("DROP TABLE raw.once")
    assert day_of_run.run("transform", ("transform", "publish")).succeeded
    assert contents(damaged, schemas=("raw", "core")) == contents(undisturbed, schemas=("raw", "core"))


@pytest.mark.slow
def test_days_whose_pages_are_gone_are_refused_with_exit_code_1(damaged: Path) -> None:
    before = contents(damaged, schemas=COMPARED)
    for folder in damaged.glob(f"landing/date={day(2)}/*"):
        (folder / "tracks.parquet").unlink()
    code, out, errors = ended(start(damaged, "backfill", "--from", str(day(2)), "--json"))
    assert (code, json.loads(out)["status"]) == (1, "failed")
    assert str(day(2)) in errors and "RITOURNELLE_LANDING__RETENTION_DAYS" in errors
    assert contents(damaged, schemas=COMPARED) == before


def test_usage(tmp_path: Path) -> None:
    for arguments in ((), ("--from", "yesterday"), ("--from", "2024-03-02", "--to", "2024-03-01")):
        code, _, errors = ended(start(tmp_path, "backfill", *arguments))
        assert (code, "--from" in errors) == (2, True), errors
    assert not (tmp_path / "warehouse.duckdb").exists()


@pytest.mark.slow
def test_backfill_and_retention_on_a_server(postgres: PostgresServer, tmp_path: Path) -> None:
    with connect(postgres.new_database()) as warehouse:
        warehouse.ensure(TABLES)
        home = Home(warehouse, tmp_path)
        for number in range(1, 5):
            home.ingest(number, app(number))
        before = home.contents()
        home.damage(2)
        home.backfill(2)
        assert home.contents() == before
        home.transform(4)
        assert home.compact(5, oldest_kept=4).measures != {"deleted": 0}
        compacted = home.contents()
        home.damage(4)
        home.backfill(4)
        assert home.contents() == compacted
