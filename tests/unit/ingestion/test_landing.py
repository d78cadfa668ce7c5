"""Raw pages on disk: as they came, sealed or failed, replayable, and gone when their time is over."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import randbytes

import pyarrow.parquet as pq
import pytest
from tests.unit.ingestion.sample_pages import page_of, track, user

from ritournelle.domain.sources import Source
from ritournelle.errors import CrawlError, PermanentError
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.harvest import Harvest
from ritournelle.ingestion.landing import LandingFile, read_landed, remove_expired, run_folder
from ritournelle.ingestion.pages import Page
from ritournelle.ingestion.parse import Parser

USERS = Source.USERS
NAN = user(4, gender=float("nan"))
PASSES = {
    1: [
        page_of(USERS, [user(1), user(2)], total=5, pages=2),
        page_of(USERS, [NAN, user(3)], number=2, total=5, pages=2),
    ],
    2: [
        page_of(USERS, [NAN, user(3)], number=2, total=5, pages=2),
        page_of(USERS, [user(1), user(2), user(5)], total=5, pages=2),
    ],
}


def land(folder: Path, harvest: Harvest) -> Path:
    with LandingFile(folder, USERS) as landing:
        for pass_number, pages in PASSES.items():
            for page in pages:
                landing.add(page, pass_number, with_body=harvest.note(page, pass_number))
            landing.flush()
    return landing.path


def test_what_is_read_back_gives_the_same_harvest(tmp_path: Path) -> None:
    first, again = (Harvest(Parser(CONTRACTS[USERS])) for _ in range(2))
    path = land(tmp_path / "run", first)
    for pass_number, page in read_landed(path):
        again.note(page, pass_number)
    one, other = first.finish(), again.finish()
    assert one.rows.equals(other.rows)
    assert (one.bad, one.announced, one.is_proven, one.passes) == (
        other.bad,
        other.announced,
        other.is_proven,
        other.passes,
    )
    assert one.rows.num_rows == 4


def test_pages_come_back_as_they_came(tmp_path: Path) -> None:
    path = land(tmp_path, Harvest(Parser(CONTRACTS[USERS])))

    def told(page: Page) -> tuple[object, ...]:
        return page.source, page.asked, page.body, page.fetched_at, page.digest, page.envelope.total

    came = [(number, *told(page)) for number, pages in PASSES.items() for page in pages]
    assert [(number, *told(page)) for number, page in read_landed(path)] == came


def test_a_page_seen_before_is_noted_without_its_body(tmp_path: Path) -> None:
    path = land(tmp_path, Harvest(Parser(CONTRACTS[USERS])))
    assert [body is None for body in pq.read_table(path)["body"].to_pylist()] == [False, False, True, False]


def test_names_tell_partial_sealed_and_failed(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, date(2024, 3, 1), "r1")
    assert folder == tmp_path / "date=2024-03-01" / "run=r1"

    def names() -> set[str]:
        return {path.name for path in folder.iterdir()}

    with LandingFile(folder, USERS) as landing:
        landing.add(PASSES[1][0], 1, with_body=True)
        assert names() == {"users.partial"}
    assert names() == {"users.parquet"}
    with pytest.raises(CrawlError), LandingFile(folder, Source.TRACKS) as landing:
        landing.add(page_of(Source.TRACKS, [track(1)]), 1, with_body=True)
        raise CrawlError("rows are missing")
    assert names() == {"users.parquet", "tracks.failed.parquet"}
    ((_, page),) = read_landed(folder / "tracks.failed.parquet")
    assert page.envelope.total == 1


def test_an_empty_crawl_is_sealed_too(tmp_path: Path) -> None:
    with LandingFile(tmp_path, USERS) as landing:
        pass
    assert list(read_landed(landing.path)) == []


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As a full disk is met in the middle of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("flushed", [True, False])
def test_a_full_disk_is_said(tmp_path: Path, flushed: bool) -> None:
    page = page_of(USERS, [user(number, email=randbytes(40).hex()) for number in range(500)])
    with files_of_at_most(4_096), pytest.raises(PermanentError, match="landed pages .*users.parquet cannot be written"):
        with LandingFile(tmp_path, USERS) as landing:
            landing.add(page, 1, with_body=True)
            if flushed:
                landing.flush()
    assert [path.name for path in tmp_path.iterdir()] == ["users.partial"]


def test_why_a_crawl_failed_counts_more_than_a_full_disk(tmp_path: Path) -> None:
    page = page_of(USERS, [user(number, email=randbytes(40).hex()) for number in range(500)])
    with files_of_at_most(4_096), pytest.raises(CrawlError, match="rows are missing"):
        with LandingFile(tmp_path, USERS) as landing:
            landing.add(page, 1, with_body=True)
            raise CrawlError("rows are missing")


def test_retention(tmp_path: Path) -> None:
    for day in (1, 2, 3):
        for name in ("users.parquet", "tracks.partial"):
            path = run_folder(tmp_path, date(2024, 3, day), f"r{day}") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    assert remove_expired(tmp_path, date(2024, 3, 3), 1) == [tmp_path / "date=2024-03-01"]
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["date=2024-03-02/run=r2/users.parquet", "date=2024-03-03/run=r3/users.parquet"]
    assert remove_expired(tmp_path / "absent", date(2024, 3, 3), 1) == []
