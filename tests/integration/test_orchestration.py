"""The day by Dagster, headless: the same tables as `ritournelle run`; what fails, what is tried again, what is skipped."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import dagster as dg
import duckdb
import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import STAGES, Day
from ritournelle.errors import RunInProgressError
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.orchestration.definitions import definitions_of
from ritournelle.orchestration.held_day import HeldDay
from ritournelle.orchestration.keys import EXTRACTS, INGESTED, PUBLICATION, QUARANTINE
from ritournelle.orchestration.quarantine_growth import OPEN_ROWS
from ritournelle.settings import Settings, load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from tests.integration.tables import contents, count

pytestmark = pytest.mark.slow  # twelve tests, 70 s of CPU
CONFIG = WorldConfig(users=60, tracks=60, seed=11, habits=Habits.tidy())
SCHEMAS = ("raw", "history", "core", "marts", "quarantine")
TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture(name="app", scope="module")
def running_app() -> Iterator[RunningApp]:
    """One simulated app for all tests of this module, on its first day."""
    with RunningApp(CONFIG) as app:
        yield app


def settings_of(home: Path, url: str, **orchestration: Any) -> Settings:
    """Quick to give up, quick to try again."""
    return load_settings(
        home=home,
        source={"url": url, "retries": 0, "backoff_seconds": 0.01},
        privacy={"key": "the same key in every home"},
        orchestration={"retries": 0, "backoff_seconds": 0.01, "first_day": YESTERDAY, **orchestration},
    )


def execute(settings: Settings, **options: Any) -> dg.ExecuteInProcessResult:
    """The daily job, or a part of it, in this process."""
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions_of(settings).resolve_job_def("daily")
        return job.execute_in_process(instance=instance, raise_on_error=False, **options)


def health_told(settings: Settings) -> dict[dg.AssetCheckKey, dg.AssetCheckEvaluation]:
    """What the sensor `health_readings` tells of a home that it has not seen before."""
    with dg.DagsterInstance.ephemeral() as instance:
        definitions = definitions_of(settings)
        with dg.build_sensor_context(instance, definitions=definitions) as context:
            told = definitions.resolve_sensor_def("health_readings").evaluate_tick(context).asset_events
    return {event.asset_check_key: event for event in told if isinstance(event, dg.AssetCheckEvaluation)}


def health_keys(graph: dg.AssetGraph) -> set[dg.AssetCheckKey]:
    """The checks of the op `health`."""
    sensors = {sensor.name for sensor in SENSORS}
    return {key for key in graph.asset_check_keys if key.name in sensors}


def steps(home: Path) -> list[tuple[Any, ...]]:
    """Every step on record, with the run that it belongs to."""
    query = (
        "SELECT run_number, verb, runs.status, step, source, steps.status FROM ops.run_steps AS steps"
        " JOIN ops.runs AS runs USING (run_id, run_number) ORDER BY run_number, step, source"
    )
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(name="by_dagster", scope="module")
def home_of_one_job(
    tmp_path_factory: pytest.TempPathFactory, app: RunningApp
) -> tuple[Path, dg.ExecuteInProcessResult]:
    """A home that the daily job has filled, as yesterday's partition of a schedule that ran late; and its result."""
    home = tmp_path_factory.mktemp("orchestration") / "dagster"
    late = {"dagster/schedule_name": "daily"}
    return home, execute(settings_of(home, app.url), partition_key=str(YESTERDAY), tags=late)


@pytest.fixture(name="home")
def copy_of_the_home(by_dagster: tuple[Path, dg.ExecuteInProcessResult], tmp_path: Path) -> Path:
    """The same home, for one test alone."""
    return copytree(by_dagster[0], tmp_path / "home", symlinks=True)


def test_the_job_makes_the_tables_of_the_command(
    by_dagster: tuple[Path, dg.ExecuteInProcessResult], tmp_path: Path, app: RunningApp
) -> None:
    home, result = by_dagster
    assert result.success
    report = Day(Platform(settings_of(tmp_path, app.url))).run("run", logical_date=YESTERDAY)
    assert report.succeeded, report.message
    assert contents(home, schemas=SCHEMAS) == contents(tmp_path, schemas=SCHEMAS)
    assert steps(home) == steps(tmp_path)
    assert {number for number, *_ in steps(home)} == {1}
    assert count(home, "ops.check_results") == count(tmp_path, "ops.check_results")
    assert count(home, "ops.runs", f"logical_date = '{YESTERDAY}'") == 1


def test_every_asset_is_told_and_every_check(by_dagster: tuple[Path, dg.ExecuteInProcessResult]) -> None:
    home, result = by_dagster
    told = {event.asset_key: event.materialization for event in result.get_asset_materialization_events()}
    graph = definitions_of(settings_of(home, "http://127.0.0.1:9")).resolve_asset_graph()
    assert set(told) == graph.materializable_asset_keys
    rows = told[dg.AssetKey(["marts", "interactions"])].metadata["dagster/row_count"].value
    assert rows == count(home, "marts.interactions") > 0
    assert told[EXTRACTS["users"]].metadata["landed"].value == CONFIG.users
    assert told[QUARANTINE].metadata[OPEN_ROWS].value == 0
    checks = {(found.asset_key, found.check_name): found.passed for found in result.get_asset_check_evaluations()}
    assert set(checks) == {(key.asset_key, key.name) for key in graph.asset_check_keys - health_keys(graph)}
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        kept = dict(connection.execute("SELECT check_name, outcome = 'passed' FROM ops.check_results").fetchall())
    assert {name: passed for (_, name), passed in checks.items() if name != "freshness"} == {
        name: passed for name, passed in kept.items() if not name.startswith("freshness_")
    }


def test_what_the_sensors_said_at_the_end_of_the_run_is_told_as_checks(
    by_dagster: tuple[Path, dg.ExecuteInProcessResult],
) -> None:
    settings = settings_of(by_dagster[0], "http://127.0.0.1:9")
    told = health_told(settings)
    assert set(told) <= health_keys(definitions_of(settings).resolve_asset_graph())
    readings = [one for one in Platform(settings).journal().latest_readings() if one.status != "unknown"]
    assert {check.name for check in told} == {one.sensor for one in readings}
    assert {check.name for check, event in told.items() if not event.passed} == {
        one.sensor for one in readings if one.has_fired
    }
    rules = Platform(settings).rules()
    (read,) = (one for one in readings if (one.sensor, one.subject) == ("source_reachable", "users"))
    found = told[dg.AssetCheckKey(EXTRACTS["users"], "source_reachable")]
    assert found.passed and found.description == rules.say(read)


def test_a_check_that_is_asked_for_looks_now_and_opens_no_run(home: Path) -> None:
    settings = settings_of(home, "http://127.0.0.1:9")
    definitions = definitions_of(settings)
    wanted = {dg.AssetCheckKey(PUBLICATION, name) for name in ("disk_space", "run_outcome")}
    before = {one.key: one.at for one in Platform(settings).journal().latest_readings()}
    job = definitions.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection=set(), asset_check_selection=wanted
    )
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance)
    assert {found.asset_check_key for found in result.get_asset_check_evaluations()} == wanted
    after = {one.key: one.at for one in Platform(settings).journal().latest_readings()}
    assert after["disk_space:home"] > before["disk_space:home"]
    assert {row[0] for row in steps(home)} == {1}


def test_a_source_that_fails_for_good_stops_the_rest_and_yesterday_is_served(home: Path, app: RunningApp) -> None:
    served = (home / "published" / "current.duckdb").resolve()
    app.fault("status_500", source="users", page=1, times=None)
    try:
        result = execute(settings_of(home, app.url), partition_key=str(TODAY))
    finally:
        app.clear_faults()
    assert not result.success
    assert {event.step_key for event in result.all_events if event.is_step_start} == {"ingest"}
    (failure,) = (event.step_failure_data for event in result.all_events if event.is_step_failure)
    assert failure.user_failure_data and "500" in str(failure.user_failure_data.description)
    landed = {event.asset_key for event in result.get_asset_materialization_events()}
    assert EXTRACTS["tracks"] in landed and EXTRACTS["users"] not in landed
    assert (home / "published" / "current.duckdb").resolve() == served
    last = [row for row in steps(home) if row[0] == 2]
    assert {row[2] for row in last} == {"failed"}
    assert {row[3] for row in last if row[5] == "skipped"} == set(STAGES) - {"ingest"}
    told = health_told(settings_of(home, app.url))
    for key, name in ((EXTRACTS["users"], "source_reachable"), (PUBLICATION, "run_outcome")):
        found = told[dg.AssetCheckKey(key, name)]
        assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR) and "500" in found.description
    assert told[dg.AssetCheckKey(EXTRACTS["tracks"], "source_reachable")].passed


def test_a_transient_failure_is_tried_again_as_a_run_of_its_own(home: Path, app: RunningApp) -> None:
    app.fault("status_500", source="users", page=1, times=1)
    result = execute(settings_of(home, app.url, retries=1), asset_selection=list(INGESTED))
    assert result.success
    assert [event.step_key for event in result.all_events if event.is_step_up_for_retry] == ["ingest"]
    tried = [row for row in steps(home) if row[0] > 1 and row[4] == "users"]
    assert tried == [
        (2, "ingest", "failed", "ingest", "users", "failed"),
        (3, "ingest", "succeeded", "ingest", "users", "succeeded"),
    ]


def test_an_error_that_no_attempt_cures_is_not_tried_again(home: Path, app: RunningApp) -> None:
    app.fault("status_403", source="users", page=1, times=None)
    try:
        result = execute(settings_of(home, app.url, retries=3), asset_selection=list(INGESTED))
    finally:
        app.clear_faults()
    assert not result.success
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    assert {row[0] for row in steps(home)} == {1, 2}


def test_while_another_run_holds_the_lock_the_job_waits_for_its_turn_and_touches_nothing(
    home: Path, app: RunningApp
) -> None:
    settings = settings_of(home, app.url, retries=1)
    with Platform(settings).run_lock():
        result = execute(settings)
    assert not result.success
    assert [event.step_key for event in result.all_events if event.is_step_up_for_retry] == ["ingest"]
    assert {row[0] for row in steps(home)} == {1}


def test_a_past_partition_is_loaded_again_from_its_landed_pages(home: Path) -> None:
    before = contents(home, schemas=("raw", "core", "marts"))
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE raw.src_tracks SET name = 'damaged'")
    nobody = settings_of(home, "http://127.0.0.1:9")  # the app is not asked
    result = execute(nobody, partition_key=str(YESTERDAY), asset_selection=list(INGESTED))
    assert result.success
    assert contents(home, schemas=("raw", "core", "marts")) == before
    told = {event.asset_key for event in result.get_asset_materialization_events()}
    assert {*EXTRACTS.values(), QUARANTINE, PUBLICATION, dg.AssetKey(["marts", "interactions"])} <= told
    assert {row[1] for row in steps(home) if row[0] == 2} == {"backfill"}


def test_one_model_alone_builds_what_changed_and_tells_of_all(home: Path, app: RunningApp) -> None:
    result = execute(settings_of(home, app.url), asset_selection=[dg.AssetKey(["marts", "interactions"])])
    assert result.success
    told = {event.asset_key for event in result.get_asset_materialization_events()}
    assert dg.AssetKey(["core", "dim_users"]) in told
    done = [row[1:] for row in steps(home) if row[0] == 2]
    assert done == [("transform", "succeeded", step, "", "succeeded") for step in ("health", "transform")]
    looked = {found.asset_check_key.to_user_string() for found in result.get_asset_check_evaluations()}
    assert "marts/interactions:data_tests" in looked  # a part of the day ends with a look at its assets


def test_what_waits_in_quarantine_is_counted_and_reviewed(home: Path, app: RunningApp) -> None:
    settings = settings_of(home, app.url)
    app.fault("garbage_date_null_email", source="users", rows=1, times=None)
    try:
        result = execute(settings, asset_selection=list(INGESTED))
    finally:
        app.clear_faults()
    assert result.success
    told = {event.asset_key: event.materialization for event in result.get_asset_materialization_events()}
    waiting = count(home, "quarantine.rows", "status = 'open'")
    assert told[QUARANTINE].metadata[OPEN_ROWS].value == waiting > 0
    review = definitions_of(settings).resolve_job_def("quarantine_review").execute_in_process()
    (output,) = (event.step_output_data for event in review.all_events if event.is_successful_output)
    assert output.metadata["open_rows"].value == waiting
    assert "created_at" in str(output.metadata["reasons"].value)


def test_a_run_that_dagster_ends_between_two_stages_is_no_good_run(home: Path) -> None:
    platform = Platform(settings_of(home, "http://127.0.0.1:9"))
    held = HeldDay(platform, ("publish", "train"))
    held.run("publish", logging.getLogger("test"))
    with pytest.raises(RunInProgressError), platform.run_lock():
        pass
    held.close()
    with platform.run_lock(), duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        query = "SELECT verb, status, message FROM ops.runs ORDER BY run_number DESC LIMIT 1"
        verb, status, message = connection.execute(query).fetchall()[0]
    assert (verb, status) == ("publish", "failed") and "before train" in message
