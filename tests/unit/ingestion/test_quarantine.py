"""The life of a bad row: open once, however often it comes, until a good version came or it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.ingestion.sample_pages import Row, parse, user

from ritournelle.domain.sources import Source
from ritournelle.ingestion.quarantine import BadRow, key_text, read_open, update_quarantine
from ritournelle.runs.record import Run, begin_run
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import QUARANTINE_ROWS, RUNS

GARBAGE = user(1, created_at="garbage")
NOBODY = user(None)


@pytest.fixture(name="warehouse")
def open_warehouse() -> Iterator[Warehouse]:
    with DuckDBWarehouse(Path(":memory:")) as warehouse:
        warehouse.ensure([QUARANTINE_ROWS, RUNS])
        yield warehouse


def bad_rows(*rows: Row) -> list[BadRow]:
    return parse(Source.USERS, list(rows)).bad


def update(warehouse: Warehouse, *bad: Row, good: tuple[int, ...] = (), is_proven: bool = True) -> Run:
    run = begin_run(warehouse, "ingest")
    keys = {key_text((number,)) for number in good}
    update_quarantine(warehouse, run, Source.USERS, bad_rows(*bad), lambda: keys, is_proven=is_proven)
    return run


def all_rows(warehouse: Warehouse) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = warehouse.read("SELECT * FROM quarantine.rows ORDER BY source_key").to_pylist()
    return found


def test_it_is_kept_once_over_many_runs(warehouse: Warehouse) -> None:
    first, _, last = (update(warehouse, GARBAGE) for _ in range(3))
    (row,) = all_rows(warehouse)
    assert (row["run_id"], row["last_seen_run_id"]) == (first.run_id, last.run_id)
    assert (row["quarantined_at"], row["status"], row["resolved_at"]) == (first.started_at, "open", None)
    assert (row["source"], row["source_key"], row["kind"], row["page"]) == ("users", "1", "contract", 1)
    assert "garbage" in row["reason"] and "garbage" in row["payload"]


def test_twice_in_one_crawl_is_once(warehouse: Warehouse) -> None:
    update(warehouse, NOBODY, NOBODY)
    assert len(all_rows(warehouse)) == 1


def test_a_good_version_supersedes_it(warehouse: Warehouse) -> None:
    update(warehouse, GARBAGE)
    run = update(warehouse, good=(1,), is_proven=False)
    (row,) = all_rows(warehouse)
    assert (row["status"], row["resolved_run_id"], row["resolved_at"]) == ("superseded", run.run_id, run.started_at)
    assert read_open(warehouse, Source.USERS) == []


def test_a_proven_snapshot_without_it_makes_it_vanish(warehouse: Warehouse) -> None:
    update(warehouse, GARBAGE, NOBODY)
    update(warehouse, good=(2,), is_proven=False)
    assert [row["status"] for row in all_rows(warehouse)] == ["open", "open"]
    update(warehouse, good=(2,), is_proven=True)
    assert [row["status"] for row in all_rows(warehouse)] == ["vanished", "vanished"]


def test_it_opens_again(warehouse: Warehouse) -> None:
    update(warehouse, GARBAGE)
    update(warehouse, good=(1,))
    third = update(warehouse, GARBAGE)
    (row,) = all_rows(warehouse)
    assert (row["status"], row["resolved_at"], row["resolved_run_id"]) == ("open", None, None)
    assert row["run_id"] == third.run_id


def test_another_bad_content_is_another_row(warehouse: Warehouse) -> None:
    update(warehouse, GARBAGE)
    update(warehouse, user(1, created_at="rubbish"))
    assert sorted(row["status"] for row in all_rows(warehouse)) == ["open", "vanished"]


def test_sources_do_not_mix(warehouse: Warehouse) -> None:
    update(warehouse, GARBAGE)
    run = begin_run(warehouse, "ingest")
    update_quarantine(warehouse, run, Source.TRACKS, [], lambda: {"1"}, is_proven=True)
    assert [row["status"] for row in all_rows(warehouse)] == ["open"]


def test_good_keys_are_asked_for_only_when_a_row_waits(warehouse: Warehouse) -> None:
    def never() -> set[str]:
        raise AssertionError("nothing waits")

    update_quarantine(warehouse, begin_run(warehouse, "ingest"), Source.USERS, [], never, is_proven=True)
    bad = bad_rows(GARBAGE)
    update_quarantine(warehouse, begin_run(warehouse, "ingest"), Source.USERS, bad, never, is_proven=True)
    update_quarantine(warehouse, begin_run(warehouse, "ingest"), Source.USERS, bad, never, is_proven=True)


def test_ids_and_keys() -> None:
    one, other, nobody = bad_rows(GARBAGE, user(2, created_at="garbage"), NOBODY)
    assert len({one.quarantine_id, other.quarantine_id, nobody.quarantine_id}) == 3
    assert one.quarantine_id == bad_rows(GARBAGE)[0].quarantine_id
    assert (one.source_key, nobody.source_key) == ("1", None)
    broken = BadRow(Source.USERS, 1, "why", "\udcff", None)
    assert len(broken.quarantine_id) == 32
