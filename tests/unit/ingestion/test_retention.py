"""What is old, replaced and staged goes from raw; what the next load or a backfill needs stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.ingestion.days_at_home import SHORT_TEXTS, Home, app

from ritournelle.domain.sources import Source
from ritournelle.ingestion.known import read_known
from ritournelle.runs.compaction import whole_after
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import EXTRACTS, TABLES


@pytest.fixture(name="home")
def home_with_four_days(tmp_path: Path) -> Iterator[Home]:
    with DuckDBWarehouse(Path(":memory:"), threads=1) as warehouse:
        warehouse.ensure(TABLES)
        home = Home(warehouse, tmp_path)
        for number in range(1, 5):
            home.ingest(number, app(number))
        home.transform(4)
        yield home


def versions(home: Home, table: str, column: str = "id") -> list[tuple[int, int]]:
    rows = home.warehouse.read(f"SELECT {column} AS id, run_number FROM {table} ORDER BY 1, 2").to_pylist()
    return [(row["id"], row["run_number"]) for row in rows]


def known(home: Home) -> list[str]:
    return [str(sorted(map(str, read_known(home.warehouse, source).rows.to_pylist()))) for source in Source]


def test_of_each_key_the_newest_old_version_stays_and_everything_that_is_not_old(home: Home) -> None:
    before = versions(home, "raw.src_tracks")
    step = home.compact(5, oldest_kept=4)
    newest_old = {
        key: max(run for other, run in before if other == key and run <= 3) for key, run in before if run <= 3
    }
    wanted = sorted([*newest_old.items(), *((key, run) for key, run in before if run > 3)])
    assert versions(home, "raw.src_tracks") == wanted
    assert step.measures == {"deleted": sum((step.details or {})["rows"][str(table)] for table in EXTRACTS)}
    assert (step.details or {})["rows"]["raw.src_tracks"] == len(before) - len(wanted) > 0
    assert (step.details or {})["whole_after_run"] == whole_after(home.warehouse) == 3


def test_listens_go_with_the_versions_of_their_records(home: Home) -> None:
    home.compact(5, oldest_kept=5)
    records = set(versions(home, "raw.src_listen_history", "user_id"))
    assert set(versions(home, "raw.src_listens", "user_id")) == {
        (user, run) for user, run in records if (user, run) not in deletions(home)
    }


def deletions(home: Home) -> set[tuple[int, int]]:
    rows = home.warehouse.read("SELECT user_id, run_number FROM raw.src_listen_history WHERE change_type = 'deleted'")
    return {(row["user_id"], row["run_number"]) for row in rows.to_pylist()}


def test_what_is_known_of_the_sources_is_not_touched(home: Home) -> None:
    before = known(home)
    assert home.compact(5, oldest_kept=5).measures != {"deleted": 0}
    assert known(home) == before
    for report in home.ingest(6, app(4)).values():
        assert (report.inserted, report.updated, report.deleted) == (0, 0, 0)


def test_what_no_transform_has_seen_stays(home: Home) -> None:
    home.transform(2)
    home.compact(5, oldest_kept=5)
    assert whole_after(home.warehouse) == 2
    home.backfill(3)  # which leaves nothing that was built from raw
    assert home.compact(6, oldest_kept=6).measures == {"deleted": 0}


def test_a_second_time_there_is_nothing_to_remove(home: Home) -> None:
    home.compact(5, oldest_kept=5)
    before = home.contents()
    step = home.compact(6, oldest_kept=5)
    assert (step.measures, step.message) == ({"deleted": 0}, "no row of raw or quarantine is old and replaced")
    assert home.contents() == before
    assert whole_after(home.warehouse) == 4


def test_days_within_the_retention_can_still_be_backfilled(home: Home) -> None:
    home.compact(5, oldest_kept=3)
    before = home.contents()
    home.damage(3)
    home.backfill(3)
    assert home.contents() == before


def test_resolved_rows_leave_quarantine_and_open_ones_stay(home: Home) -> None:
    home.ingest(5, app(5, long_name=True), settings=SHORT_TEXTS)
    home.ingest(6, app(6))  # users 5, who is gone, and 10, who is good again, are resolved
    home.ingest(7, app(8, long_name=True), settings=SHORT_TEXTS)  # 10 is bad as before, and so is 15
    home.transform(7)
    assert "quarantine.rows" not in home.compact(8, oldest_kept=6).message
    step = home.compact(9, oldest_kept=9)
    assert "1 of quarantine.rows" in step.message
    left = home.warehouse.read("SELECT status FROM quarantine.rows")["status"].to_pylist()
    assert left == ["open"] * 2


def test_an_epoch_keeps_its_beginning(home: Home) -> None:
    """Which run accepted it is asked of the runs: all of its first rows may be gone."""
    home.ingest(5, app(5, people="Somebody"), accept_new_epoch=True)
    home.ingest(6, app(5, people="Somebody Else"), settings=None, accept_new_epoch=False, broken=[Source.USERS])
    home.ingest(7, app(8, people="Somebody"))
    home.transform(7)
    home.compact(8, oldest_kept=8)
    reports = home.ingest(9, app(9, people="Somebody"))
    assert {source: report.source_epoch for source, report in reports.items()} == {
        Source.TRACKS: 1,
        Source.USERS: 2,
        Source.LISTEN_HISTORY: 2,
    }
