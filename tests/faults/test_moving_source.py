"""Rows come and go while the list is read: 20,000 tracks, 50 changes a second, and nobody who stayed is missing.

Two crawls by default, twenty with RITOURNELLE_LONG_TESTS=1, by turns as fast as the app answers and one page at a time,
when more rows move between two pages. What can be promised at all is worked out in `tests/properties/test_crawl.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ritournelle.domain.sources import Source
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.harvest import Harvest
from ritournelle.ingestion.landing import read_landed
from ritournelle.ingestion.pages import Envelope, Page
from ritournelle.ingestion.parse import Parser
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import TABLES
from tests.faults.ingesting import Home, statuses

CRAWLS = 20 if os.environ.get("RITOURNELLE_LONG_TESTS") else 2
CONFIG = WorldConfig(users=100, tracks=20_000, habits=Habits.tidy())
CHANGES_PER_SECOND = 50
SUCCEEDED = {"tracks": "succeeded", "users": "succeeded", "listen_history": "succeeded"}


@pytest.fixture(name="app", scope="module")
def large_app() -> Iterator[RunningApp]:
    with RunningApp(CONFIG) as app:
        yield app


@pytest.fixture(name="home")
def empty_home(app: RunningApp, tmp_path: Path) -> Iterator[Home]:
    with DuckDBWarehouse(Path(":memory:")) as warehouse:
        warehouse.ensure(TABLES)
        yield Home(warehouse, tmp_path, app.url)


@pytest.mark.parametrize("crawl", range(CRAWLS))
def test_no_row_that_lived_through_the_crawl_is_missing(app: RunningApp, home: Home, crawl: int) -> None:
    app.mutate(CHANGES_PER_SECOND)
    before = app.ids(Source.TRACKS)
    reports = home.ingest(page_size=100, concurrency=8 if crawl % 2 else 1)
    after = app.ids(Source.TRACKS)
    app.mutate(0)
    assert statuses(reports) == SUCCEEDED
    assert before != after, "nothing moved"
    landed = home.current(Source.TRACKS)
    lived = set(before) & set(after)
    assert lived - landed.keys() == set()
    report = reports[Source.TRACKS]
    assert report.landed == len(landed) >= min(len(before), len(after))
    assert report.quarantined == 0
    print(f"{report.duration_seconds:.1f} s, {report.passes} passes, {len(lived)} lived, {report.landed} landed")


def test_one_pass_alone_would_have_lost_rows(app: RunningApp, home: Home) -> None:
    """The trouble is real: at 2,000 changes a second the forward pass misses rows that the crawl as a whole has."""
    app.mutate(2000)
    before = app.ids(Source.TRACKS)
    report = home.ingest(page_size=100, concurrency=1)[Source.TRACKS]
    after = app.ids(Source.TRACKS)
    app.mutate(0)
    assert report.status == "succeeded"
    (path,) = home.landing.rglob("tracks.parquet")
    harvest = Harvest(Parser(CONTRACTS[Source.TRACKS]))
    for pass_number, page in read_landed(path):
        if pass_number == 1:
            harvest.note(replace(page, envelope=without_promise(page)), 1)
    forward = set(harvest.finish().rows["id"].to_pylist())
    lived = set(before) & set(after)
    assert len(lived - forward) > 10
    assert lived - home.current(Source.TRACKS).keys() == set()


def without_promise(page: Page) -> Envelope:
    """An envelope that promises nothing: one pass of a moving list need not be complete."""
    return msgspec.structs.replace(page.envelope, total=0)


def test_deletions_wait_for_a_proven_snapshot(app: RunningApp, home: Home) -> None:
    home.ingest(page_size=100)
    known = set(home.current(Source.TRACKS))
    app.mutate(400)
    moving = home.ingest(page_size=100)[Source.TRACKS]
    app.mutate(0)
    assert (moving.status, moving.proven_snapshot, moving.deleted) == ("succeeded", False, 0)
    assert set(home.current(Source.TRACKS)) >= known
    still = home.ingest(page_size=100)[Source.TRACKS]
    assert still.proven_snapshot and still.deleted > 0
    assert sorted(home.current(Source.TRACKS)) == sorted(app.ids(Source.TRACKS))
