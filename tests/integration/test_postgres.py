"""The same day on PostgreSQL: whole runs against the simulated app, and every table equal to DuckDB's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import PUBLISHED_SCHEMAS, Day, RunReport
from ritournelle.domain.clock import utc_now
from ritournelle.inference.reading import read_list
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.transform.runner import build, run_unit_tests
from ritournelle.transform.session import DbtSettings
from ritournelle.warehouse.connect import connect
from tests.integration.tables import RUN_MARKS, tables_of
from tests.integration.test_transform import RawVersions, four_days, new_epoch
from tests.services.postgres_server import PASSWORD, PostgresServer

CONFIG = WorldConfig(users=200, tracks=200, seed=11, habits=Habits.tidy())
KEY = r"a key with blanks, \back\slashes and é"
CLOCKS = frozenset(RUN_MARKS | {"last_success_at", "longest_run_seconds"})
"""Columns that differ between two warehouses filled one after the other."""
BUILT = ("staging", "history", "core", "marts")

pytestmark = pytest.mark.slow


@pytest.fixture(name="platforms")
def _platforms(tmp_path: Path, postgres: PostgresServer) -> Callable[[RunningApp], dict[str, Platform]]:
    """A platform per engine on the same app, with a new home and an empty warehouse each."""
    urls = {"duckdb": None, "postgres": postgres.new_database()}

    def make(app: RunningApp) -> dict[str, Platform]:
        source = {"url": app.url, "retries": 1, "backoff_seconds": 0.01, "timeout_seconds": 5}
        return {
            engine: Platform(
                load_settings(home=tmp_path / engine, source=source, warehouse={"url": url}, privacy={"key": KEY})
            )
            for engine, url in urls.items()
        }

    return make


def run(platform: Platform) -> RunReport:
    """A good day."""
    report = Day(platform).run("run")
    assert report.succeeded, report.message
    return report


def counts(report: RunReport) -> dict[str, tuple[int | None, ...]]:
    """What a run found of each source."""
    return {
        str(source): (found.announced, found.landed, found.inserted, found.updated, found.deleted, found.quarantined)
        for source, found in report.sources.items()
    }


def everything(platform: Platform, *schemas: str, without: frozenset[str] = CLOCKS) -> dict[str, Any]:
    """All tables of a platform's warehouse."""
    with platform.read_warehouse() as warehouse:
        return tables_of(warehouse, schemas=schemas, without=without)


def test_the_same_days_give_the_same_tables(platforms: Callable[[RunningApp], dict[str, Platform]]) -> None:
    def bad_rows() -> None:
        app.advance(1)
        app.fault("garbage_date_null_email", source="users", rows=1, times=None)

    def mended() -> None:
        app.clear_faults()
        app.advance(1)

    with RunningApp(CONFIG) as app:
        both = platforms(app)
        for what_happens in (lambda: None, lambda: app.advance(1), bad_rows, mended):
            what_happens()
            reports = {engine: run(platform) for engine, platform in both.items()}
            tables = {engine: everything(platform, "raw", *BUILT, "quarantine") for engine, platform in both.items()}
            assert list(tables["postgres"]) == list(tables["duckdb"])
            for name, expected in tables["duckdb"].items():
                assert tables["postgres"][name] == expected, name
            assert counts(reports["postgres"]) == counts(reports["duckdb"])


def test_a_run_repeated_changes_nothing_and_readers_see_it(
    platforms: Callable[[RunningApp], dict[str, Platform]],
) -> None:
    with RunningApp(CONFIG) as app:
        platform = platforms(app)["postgres"]
        run(platform)
        before = everything(platform, *BUILT, without=frozenset())
        again = run(platform)
    for found in again.sources.values():
        assert (found.inserted, found.updated, found.deleted) == (0, 0, 0)
    after = everything(platform, *BUILT, without=frozenset())
    about_runs = "marts.pipeline_health_days"
    assert after.pop(about_runs) != before.pop(about_runs)
    assert after == before
    empty = {name for name, (_, rows) in before.items() if name.startswith("core.") and not rows}
    assert empty == {"core.excluded_listens", "core.taste_exclusions"}  # nobody has taken anything out of their taste
    with platform.read_published() as reader:
        for name in before:
            schema, table = name.split(".")
            if schema in PUBLISHED_SCHEMAS:
                published = reader.read(f"SELECT * FROM {reader.schema(schema)}.{table}")
                assert published.num_rows == len(before[name][1]), name
        user = reader.read(f"SELECT min(user_id) AS id FROM {reader.schema('marts')}.recommendations")["id"][0].as_py()
        listed = read_list(reader, platform.registry(), user, k=7, stored_length=20, now=utc_now())
    assert listed.answered_by == "model" and len(listed.recommendations) == 7


@pytest.mark.parametrize("fill", [(four_days,), (four_days, new_epoch)], ids=["four days", "five days"])
def test_the_same_raw_gives_the_same_tables_to_the_last_column(
    tmp_path: Path, postgres: PostgresServer, fill: tuple[Callable[[RawVersions], None], ...]
) -> None:
    found = {}
    for engine, url in {
        "duckdb": f"duckdb:///{tmp_path}/warehouse.duckdb",
        "postgres": postgres.new_database(),
    }.items():
        with connect(url) as warehouse:
            for one in fill:
                one(RawVersions(warehouse))
        built = build(dbt_settings(url, tmp_path / engine))
        assert built.problems == []
        with connect(url, read_only=True) as warehouse:
            found[engine] = tables_of(warehouse, schemas=BUILT)
    assert found["postgres"] == found["duckdb"]


def test_dbt_unit_tests(tmp_path: Path, postgres: PostgresServer) -> None:
    settings = dbt_settings(postgres.new_database(), tmp_path)
    with connect(settings.warehouse_url) as warehouse:
        four_days(RawVersions(warehouse))
    assert build(settings).problems == []
    tested = run_unit_tests(settings)
    assert len(tested.tests) > 10
    assert tested.problems == []


def test_password_and_key_are_in_no_file(tmp_path: Path, postgres: PostgresServer) -> None:
    settings = dbt_settings(postgres.new_database(), tmp_path)
    with connect(settings.warehouse_url) as warehouse:
        four_days(RawVersions(warehouse))
    build(settings)
    written = [*tmp_path.rglob("*"), postgres.log_path]
    texts = [path.read_bytes() for path in written if path.is_file()]
    assert len(texts) > 3
    for secret in (PASSWORD, PASSWORD.replace(" ", "%20"), KEY, KEY.replace("\\", "\\\\").replace(" ", "\\ ")):
        assert not [text for text in texts if secret.encode() in text]


def dbt_settings(url: str, folder: Path) -> DbtSettings:
    """A transform with a key that needs care on its way to the server."""
    return DbtSettings(url, folder, "Europe/Paris", 10.0, KEY)
