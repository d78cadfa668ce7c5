"""Each verb as its user calls it, a process of its own, which leaves out what it does not need: on every engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp

CONFIG = WorldConfig(users=60, tracks=80, seed=5, habits=Habits.tidy())
ENGINES = ("duckdb", "postgres", "dlt+duckdb", "dlt+postgres")

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("engine", ENGINES)
def test_each_verb_of_a_day_runs_by_itself(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    prefix = "dlt+" if engine.startswith("dlt+") else ""
    url = f"{prefix}duckdb:///{tmp_path}/warehouse.duckdb"
    if "postgres" in engine:
        url = prefix + request.getfixturevalue("postgres").new_database()
    with RunningApp(CONFIG) as app:
        environment = os.environ | {
            "RITOURNELLE_HOME": str(tmp_path / "home"),
            "RITOURNELLE_SOURCE__URL": app.url,
            "RITOURNELLE_WAREHOUSE__URL": url,
        }
        told = {verb: said(verb, environment, tmp_path) for verb in ("ingest", "transform", "train", "recommend")}
        assert counted(told["ingest"], "inserted") == counted(told["ingest"], "announced")
        again = said("ingest", environment, tmp_path)
    assert [again["sources"][source][what] for source in again["sources"] for what in ("inserted", "updated")] == [
        0
    ] * 6


def said(verb: str, environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """The report of a verb that went well."""
    command = [sys.executable, "-m", "ritournelle", verb, "--json"]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def counted(report: dict[str, Any], what: str) -> list[int]:
    """By source."""
    return [found[what] for found in report["sources"].values()]
