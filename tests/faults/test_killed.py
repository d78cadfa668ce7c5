"""SIGKILL at every step of the day and at random moments, then a run: the tables are those of an undisturbed run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from tests.integration.tables import Rows, contents, count

CONFIG = WorldConfig(users=200, tracks=200, seed=5, habits=Habits.tidy())
STEPS = ("ingest users", "ingest tracks", "ingest listen_history", "transform", "train", "recommend")
COMPARED = ("raw", "history", "core", "marts", "quarantine")
LONG = bool(os.environ.get("RITOURNELLE_LONG_TESTS"))


@pytest.fixture(scope="module")
def app() -> Iterator[RunningApp]:
    """An app that stands still."""
    with RunningApp(CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def undisturbed(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """The tables of a home where nothing was killed."""
    home = tmp_path_factory.mktemp("undisturbed")
    finish(home, app)
    return contents(home, schemas=COMPARED)


def start(home: Path, app: RunningApp) -> subprocess.Popen[str]:
    """`ritournelle run` in a process of its own."""
    environment = os.environ | {
        "RITOURNELLE_HOME": str(home),
        "RITOURNELLE_SOURCE__URL": app.url,
        "RITOURNELLE_PRIVACY__KEY": "the same key in every home",
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
    }
    program = Path(sys.executable).with_name("ritournelle")
    return subprocess.Popen(
        [program, "run"], env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def finish(home: Path, app: RunningApp) -> None:
    """A run to its end, which must be good."""
    process = start(home, app)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL, and nothing stays behind."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)


def kill_after(process: subprocess.Popen[str], step: str) -> None:
    """SIGKILL as soon as the command says that a step has ended."""
    assert process.stderr is not None
    for line in process.stderr:
        if step in line and "✓" in line:
            break
    else:
        pytest.fail(f"the run ended without a word of {step}")
    kill(process)


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_killed_after_a_step(step: str, app: RunningApp, undisturbed: dict[str, Rows], tmp_path: Path) -> None:
    kill_after(start(tmp_path, app), step)
    finish(tmp_path, app)
    assert contents(tmp_path, schemas=COMPARED) == undisturbed
    assert count(tmp_path, "ops.runs", "status = 'running'") == 0
    assert count(tmp_path, "ops.runs", "status = 'killed'") == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20 if LONG else 2))
def test_killed_at_random_moments(seed: int, app: RunningApp, undisturbed: dict[str, Rows], tmp_path: Path) -> None:
    moments = random.Random(seed)
    for _ in range(3):  # one kill after another, each of a run that found what the last one left
        process = start(tmp_path, app)
        time.sleep(moments.uniform(0.2, 8.0))
        kill(process)
    finish(tmp_path, app)
    assert contents(tmp_path, schemas=COMPARED) == undisturbed
    assert not list((tmp_path / "landing").glob("*/*/*.partial"))
