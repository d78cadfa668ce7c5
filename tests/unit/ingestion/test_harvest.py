"""What passes prove together, one row per key, and when a crawl cannot be complete."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from tests.unit.ingestion.sample_pages import Row, harvest_of, history, noted, page_of, track, user, without

from ritournelle.domain.sources import Source
from ritournelle.errors import CrawlError
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.harvest import Harvest, Harvested
from ritournelle.ingestion.parse import Parser

USERS, HISTORY = Source.USERS, Source.LISTEN_HISTORY


def ids(harvested: Harvested) -> list[int]:
    return sorted(harvested.rows["id"].to_pylist())


def users(*numbers: int) -> list[Row]:
    return [user(number) for number in numbers]


# Proof


def test_two_equal_passes_prove_a_snapshot() -> None:
    pages = [users(1, 2), users(3)]
    found = harvest_of(USERS, pages, pages)
    assert (ids(found), found.is_proven, found.announced, found.passes, found.warnings) == ([1, 2, 3], True, 3, 2, [])


def test_one_pass_proves_nothing() -> None:
    assert not harvest_of(USERS, [users(1, 2)]).is_proven


def test_an_empty_source_is_proven_empty() -> None:
    found = harvest_of(USERS, [[]], [[]])
    assert (found.rows.num_rows, found.bad, found.is_proven, found.announced) == (0, [], True, 0)


def test_the_same_rows_on_other_pages_are_the_same_rows() -> None:
    assert harvest_of(USERS, [users(1, 2), users(3)], [users(3, 1), users(2)]).is_proven


def test_bad_rows_must_agree_too() -> None:
    bad, other = user(2, created_at="garbage"), user(2, created_at="rubbish")
    assert harvest_of(USERS, [[user(1), bad]], [[bad, user(1)]]).is_proven
    assert not harvest_of(USERS, [[user(1), bad]], [[user(1), other]]).is_proven


def test_only_the_last_two_passes_count() -> None:
    before, after = [users(1, 2, 3)], [users(1, 2)]
    found = harvest_of(USERS, before, after, after)
    assert (ids(found), found.is_proven, found.announced) == ([1, 2], True, 2)
    assert not harvest_of(USERS, after, after, before).is_proven


def test_another_total_on_one_page_is_no_proof() -> None:
    harvest = Harvest(Parser(CONTRACTS[USERS]))
    for pass_number, totals in ((1, (4, 4)), (2, (4, 5))):
        for page, total in enumerate(totals, 1):
            rows = users(2 * page, 2 * page + 1)
            harvest.note(page_of(USERS, rows, number=page, total=total, pages=2), pass_number)
    assert not harvest.stood_still
    assert harvest.finish().rows.num_rows == 4


def test_bad_rows_count_towards_the_total() -> None:
    pages = [[user(1), user(None), user(None)]]  # two rows that nobody can tell apart
    found = harvest_of(USERS, pages, pages)
    assert (ids(found), len(found.bad), found.is_proven) == ([1], 2, True)


# What cannot be complete


@pytest.mark.parametrize("total", [2, 4, 103])
def test_a_total_that_lies(total: int) -> None:
    pages = [users(1, 2, 3)]
    with pytest.raises(CrawlError, match=f"users: announced {total} rows, but two equal passes found 3 distinct good"):
        harvest_of(USERS, pages, pages, totals=(total, total))


def test_the_same_page_twice_for_ever() -> None:
    pages = [users(1, 2), users(1, 2), users(5)]
    with pytest.raises(CrawlError, match="announced 5 rows, but two equal passes found 3 distinct good rows and 0 bad"):
        harvest_of(USERS, pages, pages, totals=(5, 5))


def test_the_same_page_twice_once() -> None:
    damaged, sound = [users(1, 2), users(1, 2), users(5)], [users(1, 2), users(3, 4), users(5)]
    found = harvest_of(USERS, damaged, sound, sound, totals=(5, 5, 5))
    assert (ids(found), found.is_proven) == ([1, 2, 3, 4, 5], True)
    assert not harvest_of(USERS, damaged, sound, totals=(5, 5)).is_proven  # complete, but not proven


def test_a_moving_source_with_too_few_rows() -> None:
    with pytest.raises(CrawlError, match=r"moved while it was read, and 2 passes found 3 rows and 0 bad ones.*\(4\)"):
        harvest_of(USERS, [users(1, 2)], [users(1, 3)], totals=(4, 5))


def test_a_moving_source_may_lose_and_gain_rows() -> None:
    found = harvest_of(USERS, [users(1, 2, 3)], [users(1, 3, 4)], [users(1, 4)])
    assert (ids(found), found.is_proven, found.announced) == ([1, 2, 3, 4], False, 2)


def test_ids_that_changed_between_the_passes_are_of_two_populations() -> None:
    """An app that was restarted while it was read: their union would hold everybody who is known, and pass."""
    before, after = [users(*range(1, 25))], [users(24, *range(101, 124))]
    half_way = [users(*range(1, 13)), users(*range(112, 124))]
    with pytest.raises(
        CrawlError, match=r"users: its ids changed while it was read; .* only 1 of 24 known .* run again"
    ):
        harvest_of(USERS, before, half_way, after)


def test_a_few_ids_may_all_have_moved_while_they_were_read() -> None:
    """A list of one row, and one more inserted before it after each page: the reverse pass does not meet the first."""
    found = harvest_of(USERS, [users(1)], [users(2, 3)], totals=(1, 2))
    assert (ids(found), found.is_proven) == ([1, 2, 3], False)


def test_ids_that_were_given_to_others_between_the_passes_are_of_two_populations() -> None:
    before = users(*range(1, 25))
    after = [row | {"first_name": f"other {row['id']}"} for row in before]
    with pytest.raises(CrawlError, match="of 24 known ids, 24 now name somebody else"):
        harvest_of(USERS, [before], [before[:12] + after[12:]], [after])


def test_a_bad_version_of_a_row_that_was_read_well_makes_no_second_row() -> None:
    bad = user(2, created_at="garbage")
    with pytest.raises(CrawlError, match=r"2 rows and 1 bad ones, fewer than the smallest total announced \(3\)"):
        harvest_of(USERS, [users(1, 2)], [[user(1), bad]], totals=(3, 3))
    assert ids(harvest_of(USERS, [users(1, 2)], [[user(1), bad]])) == [1, 2]


def test_two_bad_versions_of_a_row_make_no_second_row() -> None:
    one, other = user(2, created_at="garbage"), user(2, created_at="rubbish")
    with pytest.raises(CrawlError, match=r"fewer than the smallest total announced \(3\)"):
        harvest_of(USERS, [[user(1), one]], [[user(1), other]], totals=(3, 3))
    assert ids(harvest_of(USERS, [[user(1), one]], [[user(1), other]])) == [1]


# One row per key


def test_a_row_read_twice_is_kept_as_it_was_read_last() -> None:
    found = harvest_of(USERS, [[user(1), user(2)]], [[user(1), user(2, gender="Male")]])
    assert (dict(zip(*found.rows.select(["id", "gender"]).to_pydict().values())), found.bad) == (
        {1: "Female", 2: "Male"},
        [],
    )


@pytest.mark.parametrize("still", [True, False])
def test_two_contents_under_one_key_of_one_page(still: bool) -> None:
    pages = [[user(1), user(2), user(1, first_name="Somebody"), user(1, first_name="Somebody")]]
    after = pages if still else [[*pages[0], user(9)]]
    found = harvest_of(USERS, pages, after, totals=(3, 3 if still else 4))
    assert found.is_proven == still
    assert found.rows["first_name"].to_pylist()[:2] == ["Ada 1", "Ada 2"]
    (conflict,) = found.bad
    assert (conflict.key, conflict.is_conflict, conflict.page) == ((1,), True, 1)
    assert conflict.reason == "id: another row with other content has the same key"
    assert json.loads(conflict.payload)["first_name"] == "Somebody"


def test_two_contents_under_one_key_of_two_pages_that_stood_still() -> None:
    pages = [[user(1), user(2)], [user(1, first_name="Somebody")]]
    for second in (pages, pages[::-1]):
        found = harvest_of(USERS, pages, second)
        assert found.is_proven
        assert sorted(found.rows["first_name"].to_pylist()) == ["Ada 1", "Ada 2"]
        assert [row.key for row in found.bad] == [(1,)]


def test_a_row_that_changed_while_it_moved_is_no_conflict() -> None:
    found = harvest_of(USERS, [[user(1)], [user(2)]], [[user(2)], [user(1, gender=None)]], totals=(2, 3))
    assert (ids(found), found.bad) == ([1, 2], [])


def test_records_have_keys_of_two_columns() -> None:
    later = history(1, created_at="2024-02-01T00:00:00")
    pages = [[history(1), later, history(1, items=[1])]]
    found = harvest_of(HISTORY, pages, pages)
    assert (found.rows.num_rows, found.bad[0].key) == (2, (1, datetime(2024, 1, 1, 8)))


# What it tells


def test_warnings() -> None:
    harvest = Harvest(Parser(CONTRACTS[USERS]))
    rows = [without(user(1, mood="wistful"), "email")]
    harvest.note(page_of(USERS, rows, number=2, answered=1), 1)
    assert harvest.finish().warnings == [
        "1 answers said that they were another page than the one asked for",
        "fields that are not in the contract were left out: mood",
        "fields of the contract are missing: email",
    ]


def test_a_page_is_new_once() -> None:
    harvest = noted(USERS, [users(1, 2), users(3)])
    assert harvest.waiting == 2
    harvest.parse_waiting()
    assert harvest.waiting == 0
    assert not harvest.note(page_of(USERS, users(1, 2), number=7, total=3, pages=2), 2)
    assert harvest.note(page_of(USERS, users(1, 2, 4), number=1, total=4, pages=3), 2)
    assert (harvest.waiting, harvest.pages_announced(1), harvest.pages_announced(2)) == (1, 2, 3)


def test_neither_block_size_nor_pass_changes_the_outcome() -> None:
    pages = [[track(number), track(number + 100, duration="99:99")] for number in range(10)]
    whole = harvest_of(Source.TRACKS, pages, pages[::-1])
    harvest = Harvest(Parser(CONTRACTS[Source.TRACKS]))
    for pass_number in (1, 2):
        for number, rows in enumerate(pages, 1):
            harvest.note(page_of(Source.TRACKS, rows, number=number, total=20, pages=10), pass_number)
            harvest.parse_waiting()
    piecewise = harvest.finish()
    assert piecewise.rows.equals(whole.rows)
    assert piecewise.bad == whole.bad
