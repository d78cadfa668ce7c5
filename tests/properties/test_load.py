"""Days of any kind, loaded: the raw tables always tell what the source said last, and a day loaded twice is loaded once."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.list_source import ListSource, Row, history, track, user

from ritournelle.domain.listens import listen_id
from ritournelle.domain.sources import Source
from ritournelle.ingestion.ingest import Ingestion
from ritournelle.ingestion.report import SourceReport
from ritournelle.runs.record import begin_run, end_run
from ritournelle.settings import SourceSettings
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import TABLES

# Any share of rows may come, go and change here: the guards against that have tests of their own.
UNGUARDED = SourceSettings(max_vanished_share=1, min_known_share=0, max_quarantined_share=1)
Day = dict[Source, list[Row]]
KEYS = {Source.TRACKS: ("id",), Source.USERS: ("id",), Source.LISTEN_HISTORY: ("user_id", "created_at")}

# Each example is some days of the real thing, at a tenth of a second each.
few = settings(max_examples=100 if os.environ.get("RITOURNELLE_LONG_TESTS") else 6)


@pytest.fixture(name="shared", scope="module")
def open_warehouse() -> Iterator[Warehouse]:
    with DuckDBWarehouse(Path(":memory:"), threads=1) as warehouse:
        warehouse.ensure(TABLES)
        yield warehouse


@pytest.fixture(name="landing", scope="module")
def landing_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def emptied(warehouse: Warehouse) -> Warehouse:
    for table in TABLES:
        warehouse.replace(table, table.columns.empty_table())
    return warehouse


def load(
    warehouse: Warehouse, landing: Path, day: Day, *, page_size: int = 3, random: Random | None = None
) -> dict[Source, SourceReport]:
    reader = ListSource(day, page_size=page_size, random=random)
    run = begin_run(warehouse, "ingest")
    reports = Ingestion(warehouse, reader, UNGUARDED, landing, run).run()
    end_run(warehouse, run, "succeeded")
    assert {report.status for report in reports.values()} == {"succeeded"}, reports
    return reports


def current(warehouse: Warehouse, source: Source) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The last version of each key that is not deleted, without what a run stamps on it."""
    keys = ", ".join(KEYS[source])
    query = f"""SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY run_number DESC) AS age
                FROM raw.src_{source}) AS versions WHERE age = 1 AND change_type <> 'deleted'"""
    stamps = {"run_id", "run_number", "extracted_at", "change_type", "age"}
    rows = warehouse.read(query).to_pylist()
    return {
        tuple(row[key] for key in KEYS[source]): {name: row[name] for name in row if name not in stamps} for row in rows
    }


def everything(warehouse: Warehouse) -> dict[str, list[str]]:
    """All rows of the tables that hold data, in a fixed order, but for stamps of runs."""
    stamps = {
        "run_id",
        "run_number",
        "extracted_at",
        "quarantined_at",
        "last_seen_run_id",
        "resolved_at",
        "resolved_run_id",
    }
    names = [table for table in TABLES if table.schema in ("raw", "quarantine")]
    return {
        str(table): sorted(
            json.dumps({name: row[name] for name in row if name not in stamps}, default=str, sort_keys=True)
            for row in warehouse.read(f"SELECT * FROM {table}").to_pylist()
        )
        for table in names
    }


def counts(warehouse: Warehouse) -> dict[str, int]:
    return {name: len(rows) for name, rows in everything(warehouse).items()}


texts = st.none() | st.text("ab", max_size=2)
ids = st.integers(0, 9)


def _unique(rows: st.SearchStrategy[Row], *key: str) -> st.SearchStrategy[list[Row]]:
    return st.lists(rows, min_size=1, max_size=8, unique_by=lambda row: tuple(row[name] for name in key))


@st.composite
def histories(draw: st.DrawFn) -> Row:
    moment = draw(st.sampled_from(["2024-01-01T08:00:00", "2024-01-02T08:00:00.000001"]))
    items = draw(st.none() | st.lists(ids, max_size=6))
    return history(draw(ids), items, created_at=moment)


days: st.SearchStrategy[Day] = st.fixed_dictionaries(
    {
        Source.USERS: _unique(st.builds(lambda number, text: user(number, gender=text), ids, texts), "id"),
        Source.TRACKS: _unique(st.builds(lambda number, text: track(number, album=text), ids, texts), "id"),
        Source.LISTEN_HISTORY: _unique(histories(), "user_id", "created_at"),
    }
)


@few
@given(st.lists(days, min_size=1, max_size=3))
def test_the_tables_tell_what_the_source_said_last(shared: Warehouse, landing: Path, several: list[Day]) -> None:
    warehouse = emptied(shared)
    before: Day = {source: [] for source in Source}
    for day in several:
        reports = load(warehouse, landing, day)
        for source, report in reports.items():
            now, then = by_key(source, day[source]), by_key(source, before[source])
            assert (report.announced, report.landed, report.quarantined) == (len(now), len(now), 0)
            assert report.inserted == len(now.keys() - then.keys())
            assert report.deleted == len(then.keys() - now.keys())
            assert report.updated == sum(now[key] != then[key] for key in now.keys() & then.keys())
            assert report.unchanged == sum(now[key] == then[key] for key in now.keys() & then.keys())
            assert current(warehouse, source).keys() == now.keys()
        before = day
    for row in several[-1][Source.USERS]:
        assert current(warehouse, Source.USERS)[(row["id"],)]["gender"] == row["gender"]


def by_key(source: Source, rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    def key_of(row: Row) -> tuple[Any, ...]:
        values = [row[name] for name in KEYS[source]]
        return tuple(datetime.fromisoformat(value) if isinstance(value, str) else value for value in values)

    return {key_of(row): row for row in rows}


@few
@given(st.lists(days, min_size=1, max_size=2), st.integers(1, 5), st.integers(0, 2**32))
def test_a_day_loaded_twice_is_loaded_once_in_any_order_of_pages(
    shared: Warehouse, landing: Path, several: list[Day], page_size: int, seed: int
) -> None:
    warehouse = emptied(shared)
    for day in several:
        load(warehouse, landing, day)
    once = everything(warehouse)
    again = load(warehouse, landing, several[-1], page_size=page_size, random=Random(seed))
    assert everything(warehouse) == once
    for report in again.values():
        assert (report.inserted, report.updated, report.deleted) == (0, 0, 0)
        assert report.unchanged == report.landed
    emptied(shared)
    for day in several:
        load(warehouse, landing, day, page_size=page_size, random=Random(seed))
        load(warehouse, landing, day, page_size=page_size)
    assert everything(warehouse) == once


@few
@given(st.lists(days, min_size=1, max_size=2))
def test_every_listen_is_there_under_its_id(shared: Warehouse, landing: Path, several: list[Day]) -> None:
    warehouse = emptied(shared)
    expected = set()
    for day in several:
        load(warehouse, landing, day)
        for row in day[Source.LISTEN_HISTORY]:
            moment, items = datetime.fromisoformat(row["created_at"]), row["items"] or []
            expected |= {
                (listen_id(row["user_id"], moment, one, items[:place].count(one)), row["user_id"], one)
                for place, one in enumerate(items)
            }
    found = warehouse.read("SELECT DISTINCT listen_id, user_id, track_id FROM raw.src_listens").to_pylist()
    assert {(row["listen_id"], row["user_id"], row["track_id"]) for row in found} == expected


@few
@given(days, st.integers(0, 1), st.lists(ids, min_size=1, max_size=2))
def test_growth_of_a_record_at_either_end_adds_only_the_new_listens(
    shared: Warehouse, landing: Path, day: Day, end: int, more: list[int]
) -> None:
    warehouse = emptied(shared)
    load(warehouse, landing, day)
    query = "SELECT count(DISTINCT listen_id) AS n FROM raw.src_listens"
    before = warehouse.read(query)["n"][0].as_py()
    grown = [row | {"items": [*more, *(row["items"] or [])][:: 1 if end else -1]} for row in day[Source.LISTEN_HISTORY]]
    load(warehouse, landing, day | {Source.LISTEN_HISTORY: grown})
    assert warehouse.read(query)["n"][0].as_py() == before + len(more) * len(grown)


@few
@given(days, days, st.sets(ids))
def test_a_row_that_turns_bad_keeps_its_last_good_version(
    shared: Warehouse, landing: Path, day: Day, tomorrow: Day, spoilt: set[int]
) -> None:
    warehouse = emptied(shared)
    load(warehouse, landing, day)
    good = current(warehouse, Source.USERS)
    users = [row | {"created_at": "garbage"} if row["id"] in spoilt else row for row in tomorrow[Source.USERS]]
    report = load(warehouse, landing, tomorrow | {Source.USERS: users})[Source.USERS]
    now = current(warehouse, Source.USERS)
    bad = {(row["id"],) for row in users if row["created_at"] == "garbage"}
    assert report.landed + report.quarantined == report.announced == len(users)
    assert report.quarantined == len(bad)
    assert {key: now[key] for key in bad & good.keys()} == {key: good[key] for key in bad & good.keys()}
    assert now.keys() == {(row["id"],) for row in users} - (bad - good.keys())
    load(warehouse, landing, tomorrow)
    assert current(warehouse, Source.USERS).keys() == {(row["id"],) for row in tomorrow[Source.USERS]}
    states = set(warehouse.read("SELECT status FROM quarantine.rows")["status"].to_pylist())
    assert states <= {"superseded"}
