"""One ingestion of all sources, from lists in memory: each by itself, except where the ids of one speak for another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ritournelle.domain.clock import utc_now
from ritournelle.domain.sources import Source
from ritournelle.errors import PermanentError, SourceError
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.ingestion.crawl import Progress
from ritournelle.ingestion.ingest import Ingestion
from ritournelle.ingestion.pages import Page
from ritournelle.ingestion.report import SourceReport
from ritournelle.runs.record import Step, begin_run
from ritournelle.settings import SourceSettings
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import TABLES
from tests.properties.list_source import ListSource, Row, history, track, user

TRACKS, USERS, HISTORY = Source.TRACKS, Source.USERS, Source.LISTEN_HISTORY
Reports = dict[Source, SourceReport]


class BrokenSource(ListSource):
    """A source of which some endpoints refuse."""

    def __init__(self, rows: dict[Source, list[Row]], broken: Iterable[Source]) -> None:
        super().__init__(rows)
        self._broken = set(broken)

    def read(self, source: Source, numbers: Iterable[int]) -> Iterator[Page]:
        if source in self._broken:
            raise SourceError(f"{source}: refused")
        yield from super().read(source, numbers)


class Home:
    def __init__(self, warehouse: Warehouse, landing: Path) -> None:
        self.warehouse, self.landing = warehouse, landing
        self.steps: list[Step] = []
        self.progress: list[Progress] = []

    def ingest(self, rows: dict[Source, list[Row]], *, broken: Iterable[Source] = (), **options: Any) -> Reports:
        run = begin_run(self.warehouse, "ingest")
        reader = BrokenSource(rows, broken)
        ingestion = Ingestion(
            self.warehouse,
            reader,
            SourceSettings(),
            self.landing,
            run,
            on_progress=self.progress.append,
            on_step=self.steps.append,
            **options,
        )
        return ingestion.run()

    def listens(self, epoch: int) -> set[tuple[int, int]]:
        query = "SELECT user_id, track_id FROM raw.src_listens WHERE source_epoch = ?"
        rows = self.warehouse.read(query, [epoch]).to_pylist()
        return {(row["user_id"], row["track_id"]) for row in rows}


@pytest.fixture(name="home")
def empty_home(tmp_path: Path) -> Iterator[Home]:
    with DuckDBWarehouse(Path(":memory:"), threads=1) as warehouse:
        warehouse.ensure(TABLES)
        yield Home(warehouse, tmp_path)


def app(*, users: int = 0, tracks: int = 0, people: str = "Ada", listened: int = 7) -> dict[Source, list[Row]]:
    """Ten users, tracks and records, whose ids begin at these numbers."""
    return {
        USERS: [user(n, first_name=f"{people} {n}") for n in range(users, users + 10)],
        TRACKS: [track(n) for n in range(tracks, tracks + 10)],
        HISTORY: [history(n, [listened]) for n in range(users, users + 10)],
    }


def statuses(reports: Reports) -> list[str]:
    return [reports[source].status for source in (USERS, TRACKS, HISTORY)]


def epochs(reports: Reports) -> list[int | None]:
    return [reports[source].source_epoch for source in (USERS, TRACKS, HISTORY)]


WELL = ["succeeded"] * 3


def test_each_source_fails_by_itself(home: Home) -> None:
    for broken in Source:
        reports = home.ingest(app(), broken=[broken])
        for source, report in reports.items():
            assert report.status == ("failed" if source is broken else "succeeded")
        assert reports[broken].message == f"{broken}: refused"


def test_what_is_told_on_the_way(home: Home) -> None:
    home.ingest(app(), broken=[USERS])
    last = {(told.source, told.pass_number): (told.pages_done, told.pages_announced) for told in home.progress}
    assert last == {(source, number): (4, 4) for source in (TRACKS, HISTORY) for number in (1, 2)}
    stored = home.warehouse.read("SELECT source, status FROM ops.run_steps").to_pylist()
    assert {row["source"]: row["status"] for row in stored} == {
        "users": "failed",
        "tracks": "succeeded",
        "listen_history": "succeeded",
    }


def test_reports_are_plain(home: Home) -> None:
    told = home.ingest(app())[USERS].to_dict()
    assert "source" not in told
    assert {name: told[name] for name in ("announced", "landed", "inserted", "quarantined", "deleted")} == {
        "announced": 10,
        "landed": 10,
        "inserted": 10,
        "quarantined": 0,
        "deleted": 0,
    }
    assert told["proven_snapshot"] is True


def test_other_people_under_the_same_ids(home: Home) -> None:
    home.ingest(app())
    reports = home.ingest(app(people="Somebody"))
    assert statuses(reports) == ["failed", "succeeded", "failed"]
    assert "of 10 known ids, 10 now name somebody else" in reports[USERS].message
    assert "now name somebody else" in reports[HISTORY].message, "listens of others, whatever their ids"


def test_listens_follow_their_users_into_a_new_epoch(home: Home) -> None:
    home.ingest(app(listened=7))
    reports = home.ingest(app(people="Somebody", listened=8), accept_new_epoch=True)
    assert (statuses(reports), epochs(reports)) == (WELL, [2, 1, 2])
    assert home.listens(1) == {(n, 7) for n in range(10)}
    assert home.listens(2) == {(n, 8) for n in range(10)}


def test_listens_follow_also_when_they_failed_on_the_day_it_was_accepted(home: Home) -> None:
    home.ingest(app(listened=7))
    accepted = home.ingest(app(people="Somebody", listened=8), accept_new_epoch=True, broken=[HISTORY])
    assert epochs(accepted) == [2, 1, None]
    reports = home.ingest(app(people="Somebody", listened=8))
    assert (statuses(reports), epochs(reports)) == (WELL, [2, 1, 2])
    assert home.listens(1) == {(n, 7) for n in range(10)}
    assert home.listens(2) == {(n, 8) for n in range(10)}


def test_tracks_may_have_an_epoch_of_their_own(home: Home) -> None:
    home.ingest(app())
    assert statuses(home.ingest(app(tracks=100))) == ["succeeded", "failed", "succeeded"]
    reports = home.ingest(app(tracks=100), accept_new_epoch=True)
    assert (statuses(reports), epochs(reports)) == (WELL, [1, 2, 1])
    assert epochs(home.ingest(app(tracks=100))) == [1, 2, 1]


def test_an_epoch_accepted_for_the_tracks_is_not_accepted_for_the_users_of_another_day(home: Home) -> None:
    home.ingest(app())
    home.ingest(app(tracks=100), accept_new_epoch=True)
    home.ingest(app(tracks=100))
    reports = home.ingest(app(users=100, tracks=100))
    assert statuses(reports) == ["failed", "succeeded", "failed"]


FORGOTTEN = 4
"""Somebody who asked to be forgotten in the first epoch."""


@pytest.fixture(name="forgotten")
def list_of_the_forgotten(tmp_path: Path) -> Forgotten:
    forgotten = Forgotten(tmp_path / "forgotten.json", lambda: "key")
    entry = forgotten.settle_epoch(forgotten.ask(FORGOTTEN, utc_now()), 1, [])
    forgotten.keep(entry.erased(utc_now()))
    return forgotten


def erased(reports: Reports) -> list[int]:
    return [reports[source].erased for source in (USERS, TRACKS, HISTORY)]


def test_the_forgotten_are_left_out_and_counted(home: Home, forgotten: Forgotten) -> None:
    for _ in range(2):
        reports = home.ingest(app(), forgotten=forgotten)
        assert statuses(reports) == WELL and erased(reports) == [1, 0, 1]
        for source in (USERS, HISTORY):
            assert (reports[source].announced, reports[source].landed) == (10, 9)
    assert {user_id for user_id, _ in home.listens(1)} == set(range(10)) - {FORGOTTEN}
    kept = home.warehouse.read("SELECT DISTINCT erased, source FROM ops.run_steps WHERE step = 'ingest'").to_pylist()
    assert {row["source"]: row["erased"] for row in kept} == {"users": 1, "tracks": 0, "listen_history": 1}
    landed = b"".join(path.read_bytes() for path in home.landing.glob("date=*/*/*.parquet"))
    assert landed  # compressed: the unit tests of landing look inside


def test_in_a_new_epoch_the_same_id_is_somebody_else_who_asked_for_nothing(home: Home, forgotten: Forgotten) -> None:
    home.ingest(app(), forgotten=forgotten)
    new = app(people="Somebody", listened=8)
    refused = home.ingest(new, forgotten=forgotten)
    assert refused[USERS].status == "failed" and forgotten.holds(FORGOTTEN)
    reports = home.ingest(new, forgotten=forgotten, accept_new_epoch=True)
    assert statuses(reports) == WELL and erased(reports) == [0, 0, 0]
    assert reports[USERS].landed == reports[HISTORY].landed == 10
    assert FORGOTTEN in {user_id for user_id, _ in home.listens(2)}
    assert not forgotten.holds(FORGOTTEN)


def test_while_only_the_users_are_of_the_new_epoch_the_list_keeps_its_names(home: Home, forgotten: Forgotten) -> None:
    home.ingest(app(), forgotten=forgotten)
    new = app(people="Somebody", listened=8)
    half = home.ingest(new, forgotten=forgotten, accept_new_epoch=True, broken=[HISTORY])
    assert (half[USERS].erased, half[USERS].landed, half[HISTORY].status) == (0, 10, "failed")
    assert forgotten.holds(FORGOTTEN)
    whole = home.ingest(new, forgotten=forgotten)
    assert statuses(whole) == WELL and whole[HISTORY].landed == 10
    assert not forgotten.holds(FORGOTTEN)


def test_an_unreadable_list_takes_nothing_in(home: Home, forgotten: Forgotten, tmp_path: Path) -> None:
    (tmp_path / "forgotten.json").write_text("{")
    with pytest.raises(PermanentError, match="cannot be read"):
        home.ingest(app(), forgotten=forgotten)
    assert home.warehouse.read("SELECT id FROM raw.src_users").num_rows == 0
