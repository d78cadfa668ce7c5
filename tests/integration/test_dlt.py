"""The whole day on a warehouse that dlt loads: what BigQuery and Redshift get, as far as engines at hand can show it."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import ritournelle
from ritournelle.bootstrap import Platform
from ritournelle.day import Day, RunReport
from ritournelle.errors import WarehouseBusyError
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.connect import connect, connect_published
from tests.integration.tables import RUN_MARKS, tables_of

TABLES = ("raw", "staging", "quarantine", "history", "core", "marts")
OF_THE_DAY = {"marts.pipeline_health_days", "marts.recommendations"}
"""Tables that say when something happened, or by which run: they differ between any two homes."""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_two_days_through_dlt_give_the_tables_of_two_days_without(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    plain = f"duckdb:///{tmp_path}/plain/warehouse.duckdb"
    loaded = f"dlt+duckdb:///{tmp_path}/loaded/warehouse.duckdb"
    (tmp_path / "loaded").mkdir()
    if engine == "postgres":
        loaded = "dlt+" + request.getfixturevalue("postgres").new_database()
    with RunningApp(WorldConfig(users=60, tracks=80, seed=11, habits=Habits())) as app:
        for day in range(2):
            if day:
                app.advance(1)
            reports = [run_day(tmp_path / name, app, url) for name, url in (("plain", plain), ("loaded", loaded))]
            assert [report.status for report in reports] == ["succeeded", "succeeded"], reports[1].steps
            assert counts(reports[0]) == counts(reports[1])
        for name, url in (("plain", plain), ("loaded", loaded)):
            again = run_day(tmp_path / name, app, url)
            assert {count for source in counts(again).values() for count in source} == {0}
    assert held(loaded) == held(plain)
    with connect_published(loaded) as published:
        query = f"SELECT count(*) AS n FROM {published.schema('marts')}.interactions"
        assert published.read(query)["n"][0].as_py() == len(held(loaded)["marts.interactions"][1])


def run_day(home: Path, app: RunningApp, url: str) -> RunReport:
    source = {"url": app.url, "retries": 1, "backoff_seconds": 0.01, "timeout_seconds": 5}
    privacy = {"key": "the same key in every home"}
    settings = load_settings(home=home, source=source, warehouse={"url": url}, privacy=privacy)
    return Day(Platform(settings)).run("run")


def counts(report: RunReport) -> dict[str, tuple[int, ...]]:
    found = {str(source): outcome.to_dict() for source, outcome in report.sources.items()}
    return {source: tuple(one[name] for name in ("inserted", "updated", "deleted")) for source, one in found.items()}


def held(url: str) -> dict[str, Any]:
    with connect(url, read_only=True) as warehouse:
        tables = tables_of(warehouse, schemas=TABLES, without=frozenset(RUN_MARKS))
    return {name: rows for name, rows in tables.items() if name not in OF_THE_DAY}


# Servers


def test_a_server_that_is_not_there_is_a_matter_of_time() -> None:
    with pytest.raises(WarehouseBusyError, match="cannot be opened") as error:
        connect("redshift://loader:secret-word@127.0.0.1:9/music")
    assert "secret-word" not in str(error.value)


class Eavesdropper(BaseHTTPRequestHandler):
    """Stands where dlt would send its reports."""

    heard: list[str] = []

    def do_POST(self) -> None:  # pylint: disable=invalid-name  # the name that its base class calls
        """Notes that somebody called."""
        self.heard.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object, **__: object) -> None:  # pylint: disable=arguments-differ
        """Nothing on standard error."""


LOAD = """
import sys, pyarrow as pa
from ritournelle.warehouse.base import Table
from ritournelle.warehouse.connect import connect
words = Table("raw", "words", pa.schema([("id", pa.int64())]), key=("id",))
with connect(sys.argv[1]) as warehouse:
    warehouse.ensure([words])
    warehouse.append(words, words.rows([{"id": 1}]))
"""
LOAD_BY_DLT_ITSELF = """
import sys, dlt
dlt.pipeline("reported", destination=dlt.destinations.duckdb(sys.argv[1].removeprefix("dlt+duckdb:///"))).run(
    [{"id": 1}], table_name="words"
)
"""


@pytest.mark.parametrize("script, reports", [(LOAD, False), (LOAD_BY_DLT_ITSELF, True)])
def test_nobody_is_told_of_a_load(script: str, reports: bool, tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Eavesdropper)
    Eavesdropper.heard = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    source = str(Path(ritournelle.__file__).parents[1])
    there = f"http://127.0.0.1:{server.server_port}/reports"
    environment = {"PYTHONPATH": source, "HOME": str(tmp_path), "RUNTIME__DLTHUB_TELEMETRY_ENDPOINT": there}
    try:
        command = [sys.executable, "-c", script, f"dlt+duckdb:///{tmp_path}/music.duckdb"]
        subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert bool(Eavesdropper.heard) is reports  # dlt by itself does report: the eavesdropper stands in the right place
