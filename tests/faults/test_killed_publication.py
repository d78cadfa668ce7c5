"""SIGKILL while lists go into the online store, or between a publication and its lists: nothing old is taken for new."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.online_store.base import unpacked
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.connect import publication_name
from tests.integration.tables import count

LISTENERS = 60
CONFIG = WorldConfig(users=LISTENERS, tracks=60, seed=5, habits=Habits.tidy())
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
MOMENTS = {
    "half of the lists are in": (
        "whole = SqliteStore.prepare\n"
        "def half(store, lists):\n"
        "    lists = list(lists)\n"
        "    whole(store, lists[: len(lists) // 2])\n"
        f"    {KILL} if len(lists) > 1 else None\n"
        "SqliteStore.prepare = half\n"
    ),
    "nothing is published": f"DuckDBWarehouse.publish = lambda *_: {KILL}\n",
    "published, and not switched": f"SqliteStore.switch = lambda *_: {KILL}\n",
}
"""What a run does instead of going on."""
PROGRAM = """
import os, signal, sys
from ritournelle.online_store.sqlite import SqliteStore
from ritournelle.warehouse.duckdb import DuckDBWarehouse
{moment}
sys.argv = ["ritournelle", "run", "--json"]
from ritournelle.__main__ import main
main()
"""


@pytest.fixture(name="app")
def moving_app() -> Iterator[RunningApp]:
    """An app of which a day passes between two runs."""
    with RunningApp(CONFIG) as running:
        yield running


def run(home: Path, app: RunningApp, moment: str = "") -> int:
    """A run that may be killed at this moment; its exit code."""
    environment = os.environ | {"RITOURNELLE_HOME": str(home), "RITOURNELLE_SOURCE__URL": app.url}
    command = [sys.executable, "-c", PROGRAM.format(moment=moment)]
    return subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False).returncode


def stored(platform: Platform) -> dict[int, list[int]]:
    """The tracks of every list that is served now."""
    with platform.online_store() as store:
        contents = {user: store.find(user)[1] for user in store.stamps().users.tolist()}
    return {user: list(unpacked(content).tracks) for user, content in contents.items() if content}


def published(platform: Platform) -> tuple[str, dict[int, list[int]]]:
    """The version of what readers see, and the tracks of every list in it."""
    with platform.read_published() as warehouse:
        rows = warehouse.read("SELECT user_id, track_id FROM marts.recommendations ORDER BY user_id, rank").to_pylist()
    lists: dict[int, list[int]] = {}
    for row in rows:
        lists.setdefault(row["user_id"], []).append(row["track_id"])
    return publication_name(platform.settings.warehouse_url).removesuffix(".duckdb"), lists


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_what_is_stored_is_of_what_is_published(moment: str, app: RunningApp, tmp_path: Path) -> None:
    platform = Platform(load_settings(home=tmp_path, source={"url": app.url}))
    assert run(tmp_path, app) == 0
    first, before = published(platform)
    assert stored(platform) == before
    app.advance(1)
    assert run(tmp_path, app, MOMENTS[moment]) == -signal.SIGKILL
    with platform.online_store() as store:
        assert store.state().publication == first  # a server compares this with what is published
    assert stored(platform) == before
    assert (published(platform)[0] == first) == (moment != "published, and not switched")
    assert run(tmp_path, app) == 0
    last, after = published(platform)
    with platform.online_store() as store:
        assert (store.state().publication, stored(platform)) == (last, after)
    assert last != first and after != before
    assert count(tmp_path, "ops.runs", "status = 'killed'") == 1
