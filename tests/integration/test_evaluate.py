"""`ritournelle evaluate`: what it says of an app with tastes, and of one whose listens are random (Q15)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp


def evaluated(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("ritournelle")
    environment = {**os.environ, "RITOURNELLE_HOME": str(home)}
    return subprocess.run([program, "evaluate", *options], env=environment, capture_output=True, text=True, check=False)


def told(home: Path, *options: str) -> dict[str, Any]:
    done = evaluated(home, "--json", *options)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def one_day(home: Path, config: WorldConfig) -> None:
    with RunningApp(config) as app:
        report = Day(Platform(load_settings(home=home, source={"url": app.url}))).run("run")
    assert report.succeeded, report.message


@pytest.mark.slow
def test_taste_is_found_and_chance_is_called_chance(tmp_path: Path) -> None:
    config = WorldConfig(users=600, tracks=400, seed=4, mean_listens=12, habits=Habits.tidy())
    one_day(tmp_path / "taste", config)
    one_day(tmp_path / "chance", replace(config, habits=replace(Habits.tidy(), uniform_listens=True)))
    taste, chance = told(tmp_path / "taste"), told(tmp_path / "chance")
    assert taste["promote"], taste["reasons"]
    assert taste["window"].startswith("holdout: 20% of each listener's tracks at random")
    families = [standing["family"] for standing in taste["standings"]]
    assert {"popularity", "chance", "als", "item_knn", "transitions"} <= set(families)
    assert families.index("popularity") > 0 and families[-1] == "chance"
    assert not chance["promote"]
    assert "not better than popularity with 95% confidence" in chance["reasons"][0]


@pytest.mark.slow
def test_a_person_reads_a_table_and_searches_go_on(tmp_path: Path) -> None:
    one_day(tmp_path, WorldConfig(users=200, tracks=150, seed=4, mean_listens=8, habits=Habits.tidy()))
    done = evaluated(tmp_path, "--task", "next_listen", "--trials", "2")
    assert done.returncode == 0, done.stderr
    assert "next_listen" in done.stdout and "the gate: " in done.stdout and "chosen on the validation" in done.stdout
    assert "recall@20 by slice" in done.stdout and "heavy listeners" in done.stdout and "tail tracks" in done.stdout
    assert (tmp_path / "tuning" / "next_listen.log").exists()
    again = evaluated(tmp_path, "--task", "next_listen", "--trials", "2")
    assert len(again.stderr.splitlines()) < len(done.stderr.splitlines()), "the search began anew"


def test_without_a_run_it_says_what_to_do(tmp_path: Path) -> None:
    done = evaluated(tmp_path)
    assert done.returncode == 1
    assert "ritournelle run" in done.stderr and "Traceback" not in done.stderr
