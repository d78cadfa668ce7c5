"""What the data tests find, by name and severity, and that readers keep the last good publication meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.domain.sources import Source
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.base import Warehouse

CONFIG = WorldConfig(users=60, tracks=60, seed=5, habits=Habits.tidy())
BUILD = ("transform", "publish")


class Operated:
    """A home with one good day, and a second extract that a test spoils before it is transformed."""

    def __init__(self, home: Path, app: RunningApp, **source: Any) -> None:
        options = {"url": app.url, "retries": 0, "timeout_seconds": 5, **source}
        self.platform = Platform(load_settings(home=home, source=options, privacy={"key": "the same in every home"}))
        self.day = Day(self.platform)

    def spoil(self, *statements: str) -> None:
        """Change raw as somebody with a client of their own would, past what the protocol allows."""
        with self.platform.open_warehouse() as warehouse:
            for statement in statements:
                warehouse._run(statement)  # type: ignore[attr-defined]  # pylint: disable=protected-access

    def found(self, kind: str, target: str | None = None) -> set[tuple[str, str]]:
        """Severity and outcome of the checks of a kind in the last transform."""
        where = f"kind = '{kind}'" + (f" AND target = '{target}'" if target else "")
        query = f"SELECT * FROM ops.check_results WHERE {where} ORDER BY run_number"
        with self.platform.open_warehouse() as warehouse:
            rows = warehouse.read(query).to_pylist()
        return {(row["severity"], row["outcome"]) for row in rows if row["run_number"] == rows[-1]["run_number"]}

    def published(self) -> dict[str, Any]:
        """What readers see of the marts, and which run it is of."""
        with self.platform.read_published() as warehouse:
            return {table: _rows(warehouse, table) for table in ("core.fact_listen_history", "marts.interactions")}


def _rows(warehouse: Warehouse, table: str) -> list[Any]:
    return sorted(map(str, warehouse.read(f"SELECT * FROM {table}").to_pylist()))


@pytest.fixture(scope="module", name="yesterday")
def _yesterday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, RunningApp]]:
    home = tmp_path_factory.mktemp("yesterday")
    with RunningApp(CONFIG) as app:
        assert Operated(home, app).day.run("run").succeeded
        app.advance()
        assert Operated(home, app).day.run("ingest", ("ingest",)).succeeded
        yield home, app


@pytest.fixture(name="app")
def _app(yesterday: tuple[Path, RunningApp]) -> Iterator[RunningApp]:
    yield yesterday[1]
    yesterday[1].clear_faults()


@pytest.fixture(name="operated")
def _operated(yesterday: tuple[Path, RunningApp], tmp_path: Path) -> Operated:
    home = copytree(yesterday[0], tmp_path / "home", symlinks=True)
    return Operated(home, yesterday[1])


@pytest.mark.parametrize(
    ("statements", "kind", "target", "severity"),
    [
        pytest.param(
            ["ALTER TABLE raw.src_users DROP COLUMN gender", "ALTER TABLE raw.src_users ADD COLUMN gender BLOB"],
            "has_columns", "src_users", "block", id="a type changed",
        ),
        pytest.param(
            ["INSERT INTO raw.src_tracks SELECT * FROM raw.src_tracks WHERE run_number > 1"],
            "one_row_per", "stg_tracks", "block", id="a duplicate key",
        ),
        pytest.param(
            ["UPDATE raw.src_listen_history SET change_type = 'lost' WHERE run_number > 1"],
            "holds", "stg_listen_records", "block", id="a value that must not be",
        ),
        pytest.param(
            ["UPDATE ops.run_steps SET landed = landed - 1 WHERE source = 'users' AND run_number > 1"],
            "landed_is_announced", None, "error", id="fewer landed than announced",
        ),
    ],
)  # fmt: skip
def test_what_must_not_be_holds_the_publication(
    operated: Operated, statements: list[str], kind: str, target: str | None, severity: str
) -> None:
    before = operated.published()
    operated.spoil(*statements)
    report = operated.day.run("transform", BUILD)
    assert not report.succeeded
    assert kind in report.message
    assert (severity, "failed") in operated.found(kind, target)
    assert [step.status for step in report.steps if step.step != "health"] == ["failed", "skipped"]
    assert operated.published() == before


def test_a_block_stops_what_depends_on_it_and_an_error_does_not(operated: Operated) -> None:
    operated.spoil("UPDATE ops.run_steps SET landed = landed - 1 WHERE source = 'users' AND run_number > 1")
    operated.day.run("transform", BUILD)
    built = "SELECT count(*) AS n FROM core.fact_listen_history WHERE run_number > 1"
    with operated.platform.open_warehouse() as warehouse:
        assert warehouse.read(built)["n"][0].as_py() > 0  # an error: everything is built, nothing is published
    with operated.platform.read_published() as warehouse:
        assert warehouse.read(built)["n"][0].as_py() == 0


def test_an_orphan_is_a_warning_and_is_published(operated: Operated, app: RunningApp) -> None:
    app.fault("unknown_track", source=Source.LISTEN_HISTORY)
    report = operated.day.run("run")
    assert report.succeeded, report.message
    assert operated.found("refers_to_known") == {("warn", "warned")}
    with operated.platform.read_published() as warehouse:
        query = "SELECT count(*) AS n FROM core.fact_listen_history WHERE track_id = -1 AND track_key = 'unknown'"
        assert warehouse.read(query)["n"][0].as_py() > 0


def test_a_row_that_breaks_two_conditions_is_one_row(operated: Operated) -> None:
    operated.spoil("UPDATE raw.src_users SET gender = NULL, updated_at = TIMESTAMP '1970-01-01 00:00:00'")
    assert operated.day.run("transform", BUILD, full_refresh=True).succeeded
    failures = "SELECT max_by(failures, run_number) AS n FROM ops.check_results WHERE kind = 'holds'"
    with operated.platform.open_warehouse() as warehouse:
        users = warehouse.read("SELECT count(*) - 1 AS n FROM core.dim_users")["n"][0].as_py()
        assert warehouse.read(f"{failures} AND target = 'dim_users'")["n"][0].as_py() == users


def test_an_extract_without_anything_in_it(tmp_path: Path, yesterday: tuple[Path, RunningApp]) -> None:
    operated = Operated(tmp_path / "home", yesterday[1])
    operated.spoil("SELECT 1")  # the tables are there, and empty
    report = operated.day.run("transform", BUILD)
    assert not report.succeeded
    assert operated.found("not_empty", "dim_tracks") == {("block", "failed")}
    assert not (tmp_path / "home" / "published").exists()


@pytest.mark.parametrize(
    ("fault", "options", "said"),
    [
        ("field_missing", {"rows": None}, "break the contract"),
        ("type_changed", {"rows": None}, "break the contract"),
        ("empty_endpoint", {}, "no rows at all"),
        ("shrunken_endpoint", {}, "are gone at once"),
    ],
)
def test_what_the_app_spoils_never_reaches_readers(
    operated: Operated, app: RunningApp, fault: str, options: dict[str, Any], said: str
) -> None:
    before = operated.published()
    app.fault(fault, source=Source.TRACKS, **options)
    report = operated.day.run("run")
    assert not report.succeeded
    assert "tracks: " in report.message and said in report.message
    assert operated.published() == before


def test_a_collapse_that_was_allowed_is_still_told(operated: Operated, app: RunningApp) -> None:
    """90 % fewer tracks pass the ingestion when its guard is off; the volume checks compare with the weeks before."""
    for _ in range(3):
        assert operated.day.run("ingest", ("ingest",)).succeeded
    before = operated.published()
    app.fault("shrunken_endpoint", source=Source.TRACKS)
    unguarded = Operated(operated.platform.settings.home, app, max_vanished_share=1.0, min_known_share=0.0)
    report = unguarded.day.run("run")
    assert not report.succeeded
    assert unguarded.found("volume_of_sources_collapsed") == {("error", "failed")}
    assert unguarded.found("volume_of_sources_is_unusual") == {("warn", "warned")}
    assert unguarded.published() == before
