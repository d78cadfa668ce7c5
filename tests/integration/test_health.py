"""Health through the day: what goes wrong opens an incident, is told in words, and closes itself when it is mended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day, RunReport
from ritournelle.errors import RunInProgressError, WarehouseBusyError, WarehouseError
from ritournelle.monitoring.health import Health
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp

CONFIG = WorldConfig(users=120, tracks=120, seed=3, habits=Habits.tidy())


@pytest.fixture(scope="module", name="running")
def one_app() -> Iterator[RunningApp]:
    with RunningApp(CONFIG) as app:
        yield app


@pytest.fixture(name="app")
def app_on_its_first_day(running: RunningApp) -> RunningApp:
    running.clear_faults()
    running.reset(CONFIG)
    return running


def platform(home: Path, app: RunningApp, **settings: Any) -> Platform:
    """The platform on a home and an app."""
    source = {"url": app.url, "retries": 1, "backoff_seconds": 0.01, "timeout_seconds": 5}
    return Platform(load_settings(home=home, source=source, **settings))


def ingest(home: Path, app: RunningApp, **settings: Any) -> RunReport:
    """The first stage alone: dbt is not needed to see most troubles."""
    return Day(platform(home, app, **settings)).run("ingest", ("ingest",))


def open_incidents(home: Path, app: RunningApp) -> set[str]:
    """Keys of those that are not resolved."""
    return {incident.key for incident in platform(home, app).journal().open_incidents()}


def health(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as its user runs it."""
    program = Path(sys.executable).with_name("ritournelle")
    environment = os.environ | {"RITOURNELLE_HOME": str(home)}
    return subprocess.run([program, "health", *arguments], env=environment, capture_output=True, text=True, check=False)


@contextmanager
def opened_by_somebody_else(path: Path) -> Iterator[None]:
    """Another process holds a DuckDB file."""
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "open\n"
        try:
            yield
        finally:
            process.communicate("")


def test_before_the_first_run_nothing_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    home = tmp_path / "home"
    found = health(home)
    assert (found.returncode, found.stderr) == (0, "")
    assert "nothing has run yet" in found.stdout
    assert not home.exists()
    assert json.loads(health(home, "--json").stdout)["health"] == "unknown"


def test_an_app_that_answers_500_for_ever_is_an_incident_until_it_is_mended(tmp_path: Path, app: RunningApp) -> None:
    assert ingest(tmp_path, app).health["health"] == "good"
    app.fault("status_500", source="users", page=2)
    for times in (1, 2):
        report = ingest(tmp_path, app)
        assert not report.succeeded and report.health["health"] == "critical"
        (incident,) = [
            one for one in platform(tmp_path, app).journal().open_incidents() if one.sensor == "source_reachable"
        ]
        assert (incident.subject, incident.times_seen) == ("users", times)
        assert "page 2" in incident.message and "500" in incident.message
    assert [step.step for step in report.steps][-1] == "health"
    assert open_incidents(tmp_path, app) == {"source_reachable:users", "run_outcome:pipeline"}
    told = health(tmp_path)
    assert told.returncode == 1
    assert "the app did not answer as it should" in told.stdout and "yesterday is still served" in told.stdout
    app.clear_faults()
    assert ingest(tmp_path, app).health["health"] == "good"
    assert open_incidents(tmp_path, app) == set()
    assert health(tmp_path).returncode == 0


def test_a_warehouse_that_somebody_has_open_is_an_incident(tmp_path: Path, app: RunningApp) -> None:
    assert ingest(tmp_path, app).succeeded
    with opened_by_somebody_else(tmp_path / "warehouse.duckdb"):
        with pytest.raises(WarehouseBusyError):
            ingest(tmp_path, app)
        assert "warehouse:warehouse" in open_incidents(tmp_path, app)
        found = health(tmp_path, "--json")
        assert found.returncode == 1
        (trouble,) = json.loads(found.stdout)["troubles"]
        assert trouble["sensor"] == "warehouse" and "open in another process" in trouble["what_broke"]
    assert health(tmp_path).returncode == 0
    assert open_incidents(tmp_path, app) == set()


def test_a_damaged_warehouse_is_an_incident(tmp_path: Path, app: RunningApp) -> None:
    assert ingest(tmp_path, app).succeeded
    (tmp_path / "warehouse.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(WarehouseError):
        ingest(tmp_path, app)
    assert open_incidents(tmp_path, app) == {"warehouse:warehouse"}
    assert health(tmp_path).returncode == 1


def test_a_run_that_meets_another_one_is_told_of(tmp_path: Path, app: RunningApp) -> None:
    one = platform(tmp_path, app)
    assert ingest(tmp_path, app).succeeded
    with one.run_lock():
        with pytest.raises(RunInProgressError):
            ingest(tmp_path, app)
        assert one.rounds().report().health is Health.WARNING
        assert open_incidents(tmp_path, app) == {"run_overlap:pipeline"}
    assert ingest(tmp_path, app).succeeded
    assert open_incidents(tmp_path, app) == set()


def test_a_run_that_was_killed_is_seen_without_another_run(tmp_path: Path, app: RunningApp) -> None:
    assert ingest(tmp_path, app).succeeded
    script = (
        "import os, sys\n"
        "from ritournelle.bootstrap import Platform\n"
        "from ritournelle.day import Day\n"
        "from ritournelle.settings import load_settings\n"
        "day = Day(Platform(load_settings()))\n"
        "with day.open('run'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    environment = os.environ | {"RITOURNELLE_HOME": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == -9
    assert platform(tmp_path, app).rounds().look().health is Health.CRITICAL
    assert open_incidents(tmp_path, app) == {"run_outcome:pipeline"}
    assert ingest(tmp_path, app).succeeded
    assert open_incidents(tmp_path, app) == set()


def test_what_the_app_sends_anew_and_wrongly_is_told(tmp_path: Path, app: RunningApp) -> None:
    assert ingest(tmp_path, app).succeeded
    app.fault("field_added", source="users", field="shoe_size", value=42)
    app.fault("gender_new_value", source="users")
    app.fault("duration_99_99", source="tracks")
    app.fault("wrong_content_type", source="listen_history")
    report = ingest(tmp_path, app)
    assert report.succeeded and report.health["health"] == "warning"
    found = {(one["sensor"], one["subject"]): one["message"] for one in report.health["fired"]}
    assert "+shoe_size" in found["schema_drift", "users"] and "gender=Two-spirit" in found["schema_drift", "users"]
    assert "Content-Type" in found["schema_drift", "listen_history"]
    assert "duration" in found["quarantine", "tracks"]


def test_new_ids_hold_training_until_they_are_accepted(tmp_path: Path, app: RunningApp) -> None:
    assert ingest(tmp_path, app).succeeded
    app.restart(seed=4)
    assert "source_epoch:users" in open_after(ingest(tmp_path, app), tmp_path, app)
    held = Day(platform(tmp_path, app)).run("train", ("train",))
    assert held.status == "failed" and held.steps[0].details == {"held_by": ("source_epoch",)}
    assert held.message.startswith("held: ")
    accepted = Day(platform(tmp_path, app)).run("ingest", ("ingest",), accept_new_epoch=True)
    assert accepted.succeeded
    severities = {one["sensor"]: one["severity"] for one in accepted.health["fired"]}
    assert severities == {"source_epoch": "warn"}


def open_after(report: RunReport, home: Path, app: RunningApp) -> set[str]:
    """The open incidents, once a run has ended badly."""
    assert not report.succeeded
    return open_incidents(home, app)


def test_rules_of_your_own_are_followed(tmp_path: Path, app: RunningApp) -> None:
    (tmp_path / "sensors.toml").write_text('[source_reachable]\nseverity = "off"\n', encoding="utf-8")
    app.fault("status_500", source="users")
    assert open_after(ingest(tmp_path, app), tmp_path, app) == {"run_outcome:pipeline"}


@pytest.mark.slow
def test_a_collapsed_mart_is_not_published_and_readers_see_yesterday(tmp_path: Path, app: RunningApp) -> None:
    one = platform(tmp_path, app)
    assert Day(one).run("run", ("ingest", "transform", "publish")).health["health"] == "good"
    before = (tmp_path / "published" / "current.duckdb").resolve()
    journal = one.journal()
    (row,) = journal.rows("SELECT * FROM run_steps WHERE step = 'transform'")
    details = json.loads(row["details"])
    usual = details["rows"]["marts.interactions"]
    details["rows"]["marts.interactions"] = 10 * usual
    journal.keep_rows("run_steps", [row | {"details": json.dumps(details)}])
    report = Day(one).run("transform", ("transform", "publish"))
    assert [(step.step, step.status) for step in report.steps] == [
        ("transform", "succeeded"),
        ("publish", "failed"),
        ("health", "succeeded"),
    ]
    assert f"only {usual} rows are left of the usual {10 * usual}" in report.message
    assert (tmp_path / "published" / "current.duckdb").resolve() == before
    assert open_incidents(tmp_path, app) == {"mart_volume:marts.interactions", "run_outcome:pipeline"}
    assert health(tmp_path).returncode == 1
    journal.keep_rows("run_steps", [row])
    assert Day(one).run("publish", ("publish",)).succeeded
    assert open_incidents(tmp_path, app) == set()
    assert (tmp_path / "published" / "current.duckdb").resolve() != before
