"""Moving a warehouse to another engine: everything arrives, nothing half, and the platform goes on as before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day, RunReport
from ritournelle.errors import PermanentError, WarehouseError
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.copy import ROWS_PER_BATCH, checksum, copy_warehouse
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import RUNS
from tests.integration.tables import tables_of
from tests.services.postgres_server import PostgresServer

STARS = Table(
    "core",
    "stars",
    pa.schema(
        [
            ("id", pa.int64()),
            ("small", pa.int32()),
            ("share", pa.float64()),
            ("is_so", pa.bool_()),
            ("text", pa.string()),
            ("day", pa.date32()),
            ("naive", pa.timestamp("us")),
            ("moment", pa.timestamp("us", tz="UTC")),
        ]
    ),
    key=(),
)
MANY = Table("marts", "many", pa.schema([("id", pa.int64()), ("text", pa.string())]), key=())
ROWS_OF_MANY = 2 * ROWS_PER_BATCH + 50_000
SCHEMAS = ("raw", "quarantine", "ops", "staging", "history", "core", "marts")

TARGETS: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "duckdb": lambda request: f"duckdb:///{request.getfixturevalue('tmp_path')}/target.duckdb",
    "postgres": lambda request: request.getfixturevalue("postgres").new_database(),
    "dlt on duckdb": lambda request: f"dlt+duckdb:///{request.getfixturevalue('tmp_path')}/target.duckdb",
}


@pytest.fixture(name="source_url")
def filled_source(tmp_path: Path) -> str:
    url = f"duckdb:///{tmp_path}/source.duckdb"
    extreme = {
        "id": 2**63 - 1,
        "small": -(2**31),
        "share": 0.1,
        "is_so": False,
        "text": "Zoë 🎵 \"'\\ \n",
        "naive": None,
    }
    times = {"day": date(1, 1, 1), "naive": datetime(9999, 12, 31), "moment": datetime(1970, 1, 1, 1, tzinfo=UTC)}
    with connect(url) as warehouse:
        warehouse.ensure([STARS, MANY, RUNS])
        warehouse.append(STARS, STARS.rows([extreme | times, extreme | times, {"id": 0}]))
        ids = pa.array(range(ROWS_OF_MANY), pa.int64())
        warehouse.append(MANY, pa.table({"id": ids, "text": ids.cast(pa.string())}))
        warehouse.append(RUNS, RUNS.rows([{"run_id": "one", "run_number": 1, "logical_date": date(2026, 1, 1)}]))
    return url


@pytest.fixture(name="source")
def open_source(source_url: str) -> Iterator[Warehouse]:
    with connect(source_url, read_only=True) as warehouse:
        yield warehouse


def everything(warehouse: Warehouse) -> object:
    return tables_of(warehouse, schemas=SCHEMAS)


# To each engine, and back


@pytest.mark.parametrize("engine", TARGETS)
def test_everything_arrives_in_batches_and_comes_back(
    engine: str, request: pytest.FixtureRequest, source: Warehouse, tmp_path: Path
) -> None:
    url = TARGETS[engine](request)
    steps: list[tuple[str, int]] = []
    with connect(url) as target:
        copied = list(copy_warehouse(source, target, on_progress=lambda *step: steps.append(step)))
        assert everything(target) == everything(source)
    assert {table.name: table.rows for table in copied} == {"core.stars": 3, "marts.many": ROWS_OF_MANY, "ops.runs": 1}
    assert {table.name: table.checksum for table in copied}["core.stars"] == str(checksum(source, STARS))
    assert len([step for step in steps if step[0] == "marts.many"]) >= 3
    with connect(url, read_only=True) as there, connect(f"duckdb:///{tmp_path}/back.duckdb") as back:
        list(copy_warehouse(there, back))
        assert everything(back) == everything(source)


# What is refused


def test_a_target_that_holds_data_is_left_alone_unless_it_is_to_be_replaced(source: Warehouse, tmp_path: Path) -> None:
    other = Table("history", "other", pa.schema([("id", pa.int64())]), key=())
    with connect(f"duckdb:///{tmp_path}/target.duckdb") as target:
        target.ensure([MANY, other])
        for table in (MANY, other):
            target.append(table, pa.table({"id": pa.array([-1], pa.int64())}))
        with pytest.raises(PermanentError, match=r"history\.other, marts\.many; --replace"):
            list(copy_warehouse(source, target))
        assert target.read("SELECT id FROM marts.many")["id"].to_pylist() == [-1]
        assert target.tables(SCHEMAS) == [("history", "other"), ("marts", "many")]
        list(copy_warehouse(source, target, replace=True))
        assert checksum(target, MANY) == checksum(source, MANY)
        assert target.read("SELECT id FROM history.other").num_rows == 0


def test_an_empty_source_is_refused_before_the_target_is_touched(source: Warehouse, tmp_path: Path) -> None:
    with connect(f"duckdb:///{tmp_path}/empty.duckdb") as empty, pytest.raises(PermanentError, match="right warehouse"):
        list(copy_warehouse(empty, empty, replace=True))
    assert checksum(source, MANY).rows == ROWS_OF_MANY


# All of a table, or nothing


class Torn(DuckDBWarehouse):
    """A source that breaks off in the middle of the large table."""

    def batches(self, query: str, rows: int = 1) -> Iterator[pa.Table]:
        """The first batch, then an error."""
        for number, batch in enumerate(super().batches(query, rows)):
            if number == 1:
                raise WarehouseError("the disk was pulled out")
            yield batch


class Forgetful(DuckDBWarehouse):
    """A target that loses a row of every large batch and says nothing."""

    def append(self, table: Table, rows: pa.Table) -> None:
        """All but the first row of a hundred or more."""
        super().append(table, rows.slice(1) if rows.num_rows > 100 else rows)


def test_a_copy_that_breaks_off_leaves_whole_tables_only(source_url: str, tmp_path: Path) -> None:
    with Torn(Path(source_url.removeprefix("duckdb:///")), read_only=True) as source:
        with DuckDBWarehouse(tmp_path / "target.duckdb") as target:
            with pytest.raises(WarehouseError, match="pulled out"):
                list(copy_warehouse(source, target))
            assert checksum(target, STARS).rows == 3
            assert checksum(target, MANY).rows == 0


def test_a_table_that_arrives_otherwise_is_emptied_and_named(source: Warehouse, tmp_path: Path) -> None:
    with Forgetful(tmp_path / "target.duckdb") as target:
        with pytest.raises(WarehouseError, match=rf"marts\.many is not the same.*: {ROWS_OF_MANY} rows"):
            list(copy_warehouse(source, target))
        assert checksum(target, MANY).rows == 0


# The command, and life after it


def command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RITOURNELLE_HOME": str(home)}
    program = Path(sys.executable).with_name("ritournelle")
    return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_the_command_says_what_it_copied(source_url: str, postgres: PostgresServer, tmp_path: Path) -> None:
    target = postgres.new_database()
    done = command(tmp_path, "warehouse", "copy", source_url, target, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [(table["name"], table["rows"]) for table in told["tables"]] == [
        ("core.stars", 3),
        ("marts.many", ROWS_OF_MANY),
        ("ops.runs", 1),
    ]
    again = command(tmp_path, "warehouse", "copy", source_url, target)
    assert again.returncode == 1
    assert "--replace" in again.stderr
    same = command(tmp_path, "warehouse", "copy", source_url, source_url)
    assert same.returncode == 2
    password = target.split("@", maxsplit=1)[0].rsplit(":", maxsplit=1)[1]
    assert not any(password in text for run in (done, again) for text in (run.stdout, run.stderr))


def test_a_run_in_the_new_place_goes_on_as_if_nothing_had_happened(postgres: PostgresServer, tmp_path: Path) -> None:
    target = postgres.new_database()
    with RunningApp(WorldConfig(users=60, tracks=80, seed=11, habits=Habits.tidy())) as app:
        assert run_day(tmp_path, app).succeeded
        before = f"duckdb:///{tmp_path}/warehouse.duckdb"
        with connect(before, read_only=True) as source, connect(target) as warehouse:
            list(copy_warehouse(source, warehouse))
        report = run_day(tmp_path, app, url=target)
    assert report.succeeded, report.steps
    for outcome in report.sources.values():
        found = outcome.to_dict()
        assert (found["inserted"], found["updated"], found["deleted"]) == (0, 0, 0)
    with connect(before, read_only=True) as source, connect(target, read_only=True) as warehouse:
        schemas = ("raw", "history", "core")
        assert tables_of(warehouse, schemas=schemas) == tables_of(source, schemas=schemas)


def run_day(home: Path, app: RunningApp, url: str | None = None) -> RunReport:
    source = {"url": app.url, "retries": 1, "backoff_seconds": 0.01, "timeout_seconds": 5}
    return Day(Platform(load_settings(home=home, source=source, warehouse={"url": url}))).run("run")
