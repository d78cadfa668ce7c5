"""Every definition loads as Dagster loads it; the graph of assets is the one that the docs show; sensors and schedule."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from ritournelle.day import STAGES
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.orchestration import defs
from ritournelle.orchestration.definitions import definitions_of
from ritournelle.orchestration.reference import reference_page
from ritournelle.orchestration.stages import WAREHOUSE_POOL, stage_of
from ritournelle.settings import Settings, load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.running import RunningApp

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "orchestration.md"


@pytest.fixture(name="home", scope="module")
def home_without_anything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newcomer's home, before the first run."""
    return tmp_path_factory.mktemp("definitions") / "home"


@pytest.fixture(name="settings")
def default_settings(home: Path) -> Settings:
    """The defaults, with an app that nobody can reach."""
    return load_settings(home=home, source={"url": "http://127.0.0.1:9"})


@pytest.fixture(name="definitions")
def all_definitions(settings: Settings) -> dg.Definitions:
    """All of them."""
    return definitions_of(settings)


def test_all_load_without_an_app_and_without_a_warehouse(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RITOURNELLE_HOME", str(home))
    dg.Definitions.validate_loadable(defs())
    assert [path.name for path in home.iterdir()] == ["orchestration"]


def test_importing_the_module_parses_nothing() -> None:
    loaded = "import sys, ritournelle.orchestration; print('dbt' in sys.modules, 'duckdb' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]


def test_the_graph_is_the_one_that_the_docs_show(settings: Settings) -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_page(settings), "write it anew: make docs"


def test_the_job_has_an_op_for_every_stage_of_the_day_in_their_order(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("daily")
    assert tuple(node.name for node in job.nodes_in_topological_order) == STAGES
    graph = definitions.resolve_asset_graph()
    assert {stage_of(key) for key in graph.materializable_asset_keys} == set(STAGES)


def test_the_job_has_the_data_tests_and_leaves_the_sensors_to_the_day_itself(definitions: dg.Definitions) -> None:
    names = {sensor.name for sensor in SENSORS}
    graph = definitions.resolve_asset_graph()
    checks = definitions.resolve_job_def("daily").asset_layer.asset_graph.asset_check_keys
    assert checks == {key for key in graph.asset_check_keys if key.name not in names}
    assert {key.name for key in graph.asset_check_keys - checks} == names
    everything = [node.name for node in definitions.resolve_implicit_global_asset_job_def().nodes_in_topological_order]
    assert everything[-1] == "health"  # who materializes all by hand gets them after the last stage


def test_all_that_writes_is_in_the_pool_and_in_one_process(definitions: dg.Definitions) -> None:
    for job in definitions.resolve_all_job_defs():
        assert job.executor_def.name == "in_process"
        assert {node.definition.pool for node in job.nodes_in_topological_order} == {WAREHOUSE_POOL}  # type: ignore[attr-defined]


def test_marts_and_publication_have_a_freshness_policy(definitions: dg.Definitions) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    aged = {key.path[0] for key, spec in specs.items() if spec.freshness_policy is not None}
    assert aged == {"marts", "published"}
    assert all(spec.owners for key, spec in specs.items() if key.path[0] in ("raw", "marts", "model", "published"))


def test_the_schedule_is_no_partitioned_one_so_that_missed_days_are_one_run(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily")
    assert type(schedule) is dg.ScheduleDefinition  # those made from a job's partitions make up for each of them
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 4 * * *", "UTC")
    repository, now = definitions.get_repository_def(), datetime.now(UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        for due, partition in ((now, now.date().isoformat()), (now - timedelta(days=3), None)):
            with dg.build_schedule_context(instance, due, repository_def=repository) as context:
                (request,) = schedule.evaluate_tick(context).run_requests or []
            assert request.partition_key == partition


def test_an_arrival_is_noticed_and_an_app_that_is_away_is_none(home: Path) -> None:
    with RunningApp(WorldConfig(users=60, tracks=60, seed=11)) as app, dg.DagsterInstance.ephemeral() as instance:
        definitions = definitions_of(load_settings(home=home, source={"url": app.url}))
        sensor = definitions.resolve_sensor_def("source_arrival")
        cursor, asked = None, []
        for days in (0, 0, 2, 0):
            app.advance(days) if days else None
            with dg.build_sensor_context(instance, cursor, definitions=definitions) as context:
                tick = sensor.evaluate_tick(context)
            cursor, asked = tick.cursor, [*asked, len(tick.run_requests or [])]
        assert asked == [0, 0, 0, 1]
        app.stop()
        with dg.build_sensor_context(instance, cursor, definitions=definitions) as context:
            away = sensor.evaluate_tick(context)
    assert not away.run_requests and "127.0.0.1" in (away.skip_message or "")
