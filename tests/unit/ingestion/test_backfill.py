"""Past days loaded again from their pages: exactly what they left then, or what today's contract makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.unit.ingestion.days_at_home import SHORT_TEXTS, USERS, Home, app, day

from ritournelle.domain.sources import Source
from ritournelle.errors import ContractError, PermanentError
from ritournelle.ingestion.landing import remove_expired
from ritournelle.settings import SourceSettings
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import TABLES


@pytest.fixture(name="home")
def empty_home(tmp_path: Path) -> Iterator[Home]:
    with DuckDBWarehouse(Path(":memory:"), threads=1) as warehouse:
        warehouse.ensure(TABLES)
        yield Home(warehouse, tmp_path)


def random_days(home: Home, seed: int, days: int = 6) -> None:
    """Days with everything: rows that turn bad and good again, sources that fail, a new epoch, replays."""
    random, users = Random(seed), 0
    for number in range(1, days + 1):
        if random.random() < 0.2:
            users += 1000
        rows = app(number, people=f"Epoch {users}", users=users, long_name=random.random() < 0.5)
        broken = [source for source in Source if random.random() < 0.1]
        home.ingest(number, rows, broken=broken, settings=SHORT_TEXTS, accept_new_epoch=True)
        if random.random() < 0.3:
            home.replay(number, USERS, SHORT_TEXTS)


@pytest.mark.parametrize("first", [1, 2, 3, 4])
def test_damaged_days_are_again_what_they_were(first: int, home: Home) -> None:
    for number in range(1, 5):
        home.ingest(number, app(number))
    before = home.contents()
    home.damage(first)
    assert home.contents() != before
    report = home.backfill(first)
    assert home.contents() == before
    assert (report.first_run, report.runs, report.loads, report.found_the_same) == (
        first,
        5 - first,
        15 - 3 * first,
        False,
    )


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_days_brought_they_bring_it_again(seed: int, home: Home) -> None:
    random_days(home, seed)
    before = home.contents()
    for first in range(1, 7):
        home.backfill(first, settings=SHORT_TEXTS)
        assert home.contents() == before


def test_a_mended_contract_brings_back_what_was_quarantined_then(home: Home) -> None:
    home.ingest(1, app(1))
    home.ingest(2, app(2, long_name=True), settings=SHORT_TEXTS)
    home.ingest(3, app(3, long_name=True), settings=SHORT_TEXTS)
    waiting = home.warehouse.read("SELECT source_key FROM quarantine.rows WHERE status = 'open'")
    assert sorted(waiting["source_key"].to_pylist()) == ["10", "5"]
    home.backfill(2)
    assert home.warehouse.read("SELECT * FROM quarantine.rows").num_rows == 0
    names = home.warehouse.read(
        "SELECT run_number, change_type FROM raw.src_users WHERE first_name LIKE '%Magnificent'"
    )
    assert sorted((row["run_number"], row["change_type"]) for row in names.to_pylist()) == [
        (2, "updated"),
        (2, "updated"),
    ]
    steps = home.warehouse.read("SELECT * FROM ops.run_steps WHERE source = 'users' ORDER BY run_number").to_pylist()
    assert [(step["landed"], step["quarantined"]) for step in steps] == [(10, 0)] * 3


def test_rows_that_break_todays_contract_go_to_quarantine_and_their_good_version_stays(home: Home) -> None:
    home.ingest(1, app(1))
    home.ingest(2, app(2, long_name=True))
    home.backfill(2, settings=SHORT_TEXTS)
    rows = home.warehouse.read("SELECT id, run_number FROM raw.src_users WHERE id = 5 ORDER BY run_number").to_pylist()
    assert rows == [{"id": 5, "run_number": 1}]
    assert home.warehouse.read("SELECT run_id FROM quarantine.rows").num_rows == 2


def test_what_was_accepted_then_needs_no_second_permission(home: Home) -> None:
    """A new epoch, and most rows gone at once: both were let through by whoever ran it."""
    home.ingest(1, app(1))
    home.ingest(2, app(1, people="Somebody"), accept_new_epoch=True)
    few = {source: rows[:3] for source, rows in app(1, people="Somebody").items()}
    home.ingest(3, few, settings=SourceSettings(max_vanished_share=1))
    before = home.contents()
    home.backfill(1)
    assert home.contents() == before


def test_a_contract_that_most_rows_break_today_stops_it(home: Home) -> None:
    home.ingest(1, app(1))
    before = home.contents()
    with pytest.raises(ContractError, match="users: 10 of 10 rows break the contract"):
        home.backfill(1, settings=SourceSettings(max_text_characters=2))
    assert home.contents() == before


def test_a_source_that_failed_then_is_left_out(home: Home) -> None:
    home.ingest(1, app(1))
    home.ingest(2, app(2), broken=[USERS])
    home.ingest(3, app(3))
    before = home.contents()
    assert home.backfill(2).loads == 5
    assert home.contents() == before
    assert home.loads == [
        (1, 5, "tracks of 2024-03-02"),
        (2, 5, "listen_history of 2024-03-02"),
        (3, 5, "users of 2024-03-03"),
        (4, 5, "tracks of 2024-03-03"),
        (5, 5, "listen_history of 2024-03-03"),
    ]


def test_replays_happen_again_in_their_turn(home: Home) -> None:
    home.ingest(1, app(1, long_name=True), settings=SHORT_TEXTS)
    assert home.replay(2, USERS) == 2
    home.ingest(3, app(3, long_name=True))
    before = home.contents()
    home.backfill(2)
    assert home.contents() == before
    # From the first day on, today's contract takes the rows at once, and the replay finds nothing that waits.
    home.backfill(1)
    users = home.warehouse.read("SELECT run_number FROM raw.src_users WHERE first_name LIKE '%Magnificent' AND id < 11")
    assert users["run_number"].to_pylist() == [1, 1]


def test_a_quarantined_row_that_was_resolved_later_waits_again_and_is_resolved_again(home: Home) -> None:
    home.ingest(1, app(1, long_name=True), settings=SHORT_TEXTS)
    home.ingest(2, app(1))
    home.ingest(3, app(3))
    before = home.contents()
    assert "superseded" in before["quarantine.rows"][0]
    home.backfill(2, settings=SHORT_TEXTS)
    assert home.contents() == before


def test_several_runs_of_a_day_and_days_out_of_order(home: Home) -> None:
    for number, state in ((1, 1), (1, 2), (3, 3), (2, 4)):  # the last with `--date` of a day before
        home.ingest(number, app(state))
    before = home.contents()
    home.damage(3)
    assert home.backfill(3).first_run == 3
    assert home.contents() == before
    assert home.backfill(2).runs == 2
    assert home.contents() == before


def test_later_days_are_left_alone_when_those_in_doubt_come_out_as_they_stand(home: Home) -> None:
    for number in range(1, 5):
        home.ingest(number, app(number))
    before = home.contents()
    home.transform(4)
    report = home.backfill(2, last=3)
    assert report.found_the_same and (report.runs, report.loads, report.removed) == (2, 6, 0)
    assert "came out as they stand" in str(report)
    assert home.contents() == before
    assert home.warehouse.read("SELECT built_run FROM ops.transform_scope")["built_run"].to_pylist() == [4]

    home.damage(2)
    report = home.backfill(2, last=3)
    assert not report.found_the_same and report.runs == 3
    assert home.contents() == before
    assert home.warehouse.read("SELECT * FROM ops.transform_scope").num_rows == 0, "all must be built anew"


def refusal(work: Callable[[], Any]) -> str:
    with pytest.raises(PermanentError) as caught:
        work()
    return str(caught.value)


def test_days_whose_pages_are_gone_are_refused_by_name_before_anything_is_touched(home: Home) -> None:
    for number in range(1, 5):
        home.ingest(number, app(number))
    before = home.contents()
    remove_expired(home.landing, day(4), 1)
    message = refusal(lambda: home.backfill(1))
    for part in ("2024-03-01, 2024-03-02", "RITOURNELLE_LANDING__RETENTION_DAYS", "begin with 2024-03-03"):
        assert part in message
    assert home.contents() == before
    home.backfill(3)
    assert home.contents() == before
    remove_expired(home.landing, day(40), 1)
    assert "no day is left" in refusal(lambda: home.backfill(3))


def test_days_before_which_raw_was_compacted_are_refused(home: Home) -> None:
    for number in range(1, 5):
        home.ingest(number, app(number))
    home.transform(4)
    home.compact(5, oldest_kept=4)
    compacted = home.contents()
    message = refusal(lambda: home.backfill(3))
    for part in ("compacted up to run 3", "RITOURNELLE_RAW__RETENTION_DAYS", "begin with 2024-03-04"):
        assert part in message
    home.backfill(4)
    assert home.contents() == compacted


def test_days_on_which_nothing_was_loaded(home: Home) -> None:
    assert "nothing was loaded on 2024-03-01 or later" in refusal(lambda: home.backfill(1))
    home.ingest(3, app(1))
    assert home.backfill(1).first_run == 1
    assert "the first day from there is 2024-03-03" in refusal(lambda: home.backfill(1, last=2))


def test_pages_that_cannot_be_read_leave_raw_as_it_was(home: Home) -> None:
    for number in range(1, 4):
        home.ingest(number, app(number))
    before = home.contents()
    (broken,) = home.landing.glob("date=2024-03-03/*/tracks.parquet")
    broken.write_bytes(b"not Parquet")
    assert "tracks.parquet" in refusal(lambda: home.backfill(1))
    assert home.contents() == before
