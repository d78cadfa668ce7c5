"""Five readers query what is published, over and over, while whole runs write: no error, and never half a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pyarrow as pa
import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.connect import connect, connect_published
from tests.services.postgres_server import PostgresServer

READERS = 5
CONFIG = WorldConfig(users=150, tracks=150, seed=6, habits=Habits.tidy())
NUMBERS = Table("marts", "numbers", pa.schema([("n", pa.int64())]), key=("n",))
Seen = set[tuple[Any, ...]]


@contextmanager
def reading(read: Callable[[], tuple[Any, ...]]) -> Iterator[list[Future[Seen]]]:
    """Five threads that read while the block runs; what each has seen, or its error, is in its future."""
    done = Event()

    def loop() -> Seen:
        seen: Seen = set()
        while not done.is_set():
            seen.add(read())
        seen.add(read())
        return seen

    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(loop) for _ in range(READERS)]
        try:
            yield readers
        finally:
            done.set()


def one_look(warehouse: Warehouse) -> tuple[int, int, int, int]:
    """Of one publication: its run, plays of the interactions, facts that they count, lists."""
    core, marts, ops = (warehouse.schema(name) for name in ("core", "marts", "ops"))
    living = "NOT {0}.is_deleted AND {0}.source_epoch = (SELECT max(source_epoch) FROM " + core + ".dim_{0})"
    queries = {
        "run": f"SELECT max(run_number) AS n FROM {ops}.runs",
        "plays": f"SELECT CAST(sum(plays) AS BIGINT) AS n FROM {marts}.interactions",
        "facts": (
            f"SELECT count(*) AS n FROM {core}.fact_listen_history AS facts "
            f"JOIN {core}.dim_users AS users ON users.user_key = facts.user_key "
            f"JOIN {core}.dim_tracks AS tracks ON tracks.track_key = facts.track_key "
            f"WHERE {living.format('users')} AND {living.format('tracks')}"
        ),
        "lists": f"SELECT count(*) AS n FROM {marts}.recommendations",
    }
    run, plays, facts, lists = (int(warehouse.read(query)["n"][0].as_py()) for query in queries.values())
    return run, plays, facts, lists


@pytest.fixture(name="app", scope="module")
def running_app() -> Iterator[RunningApp]:
    with RunningApp(CONFIG) as app:
        yield app


@pytest.fixture(name="platform", params=["duckdb", "postgres"])
def platform_with_one_day(request: pytest.FixtureRequest, tmp_path: Path, app: RunningApp) -> Platform:
    app.reset(CONFIG)
    url = None
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.new_database()
    settings = load_settings(home=tmp_path, source={"url": app.url}, warehouse={"url": url})
    platform = Platform(settings)
    run(platform)
    return platform


def run(platform: Platform) -> None:
    """A good day."""
    report = Day(platform).run("run")
    assert report.succeeded, report.message


@pytest.mark.slow
def test_whole_publications_and_nothing_else(platform: Platform, app: RunningApp) -> None:
    def read() -> tuple[int, int, int, int]:
        with platform.read_published() as warehouse:
            return one_look(warehouse)

    with reading(read) as readers:
        for _ in range(3):
            app.listen(users=60, tracks=2)
            run(platform)
    seen: Seen = set().union(*(reader.result() for reader in readers))
    assert {run for run, *_ in seen} == {1, 2, 3, 4}, "each publication was seen"
    assert len(seen) == 4, "all who saw a run saw the same of it"
    assert all(plays == facts > 0 and lists > 0 for _, plays, facts, lists in seen)


@pytest.mark.slow
def test_a_run_that_fails_publishes_nothing(platform: Platform, app: RunningApp) -> None:
    with platform.read_published() as warehouse:
        before = one_look(warehouse)
    app.listen(users=60)
    app.fault("status_500", source="tracks", page=1, times=None)
    strict = load_settings(
        home=platform.settings.home,
        source={"url": app.url, "retries": 0},
        warehouse={"url": platform.settings.warehouse.url},
    )
    try:
        assert not Day(Platform(strict)).run("run").succeeded
    finally:
        app.clear_faults()
    with platform.read_published() as warehouse:
        assert one_look(warehouse) == before


def test_a_publication_that_is_replaced_while_it_is_being_opened(tmp_path: Path) -> None:
    """Whoever reads where the link leads, and opens that a moment later, may find that it is gone."""
    url = f"duckdb:///{tmp_path / 'warehouse.duckdb'}"

    def read() -> tuple[int, ...]:
        with connect_published(url) as warehouse:
            return tuple(warehouse.read("SELECT n FROM marts.numbers ORDER BY n")["n"].to_pylist())

    with connect(url) as warehouse:
        warehouse.ensure([NUMBERS])
        warehouse.publish(["marts"], "0")
        with reading(read) as readers:
            for number in range(1, 61):
                warehouse.replace(NUMBERS, NUMBERS.rows([{"n": n} for n in range(number)]))
                warehouse.publish(["marts"], str(number))
    for reader in readers:
        assert all(numbers == tuple(range(len(numbers))) for numbers in reader.result())
