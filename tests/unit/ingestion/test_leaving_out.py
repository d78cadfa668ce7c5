"""Rows of forgotten listeners leave pages before anything else sees them, and can still be counted."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ritournelle.domain.sources import Source
from ritournelle.errors import CrawlError
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.harvest import Harvest, Harvested
from ritournelle.ingestion.landing import LandingFile, read_landed, rewrite_landed
from ritournelle.ingestion.leaving_out import LeavingOut
from ritournelle.ingestion.pages import Page, decode_leniently, open_envelope
from ritournelle.ingestion.parse import Parser

GONE = 7


def user(user_id: Any, email: str = "somebody@example.com", **more: Any) -> dict[str, Any]:
    """A row of `/users`."""
    dates = {"created_at": "2024-01-01T00:00:00", "updated_at": "2024-01-02T00:00:00"}
    names = {"first_name": "Ada", "last_name": "B", "email": email, "gender": "Agender", "favorite_genres": "Jazz"}
    return {"id": user_id, **names, **dates, **more}


def page_of(number: int, rows: list[Any], total: int, pages: int) -> Page:
    """As it came."""
    body = json.dumps({"items": rows, "total": total, "page": number, "size": 100, "pages": pages}).encode()
    return Page(Source.USERS, number, body, open_envelope(body))


def leaving_out() -> LeavingOut:
    """A new reading."""
    return LeavingOut(Source.USERS, lambda user_id: user_id == GONE)


class LeavingOutTest(unittest.TestCase):
    """Page by page."""

    def test_a_page_without_them_is_the_very_same(self) -> None:
        page = page_of(1, [user(1), user(77)], 2, 1)
        self.assertIs(leaving_out().of(page), page)

    def test_their_row_goes_and_the_others_stay_as_they_came(self) -> None:
        page = leaving_out().of(page_of(1, [user(1), user(GONE, "gone@example.com"), user(2)], 3, 1))
        self.assertNotIn(b"gone@example.com", page.body)
        self.assertEqual([row["id"] for row in json.loads(page.body)["items"]], [1, 2])
        self.assertEqual((page.envelope.total, page.envelope.pages, len(page.erased)), (3, 1, 1))
        again = open_envelope(page.body)
        self.assertEqual((bytes(again.items), again.total, again.page), (bytes(page.envelope.items), 3, 1))

    def test_however_their_id_is_written_and_however_bad_the_row_is(self) -> None:
        for theirs in (user(str(GONE)), user(float(GONE)), user(GONE, created_at="garbage"), {"id": f" {GONE} "}):
            for beside in (user(2), None, 5, user(2, first_name="caf\udce9"), {"id": None}):
                with self.subTest(theirs=theirs, beside=beside):
                    page = leaving_out().of(page_of(1, [theirs, beside], 2, 1))
                    self.assertEqual(len(page.erased), 1)
                    self.assertEqual(len(decode_leniently(page.body)["items"]), 1)

    def test_ids_that_are_not_theirs(self) -> None:
        others = [user(value) for value in (True, None, "7x", 7.5, "٧٧", 10**60, [7], {"id": 7}, -7)]
        page = page_of(1, others, len(others), 1)
        self.assertIs(leaving_out().of(page), page)

    def test_tags_are_equal_within_one_reading_and_mean_nothing_outside(self) -> None:
        reading, rows = leaving_out(), [user(GONE)]
        first, second = (reading.of(page_of(number, rows, 1, 1)).erased for number in (1, 2))
        self.assertEqual(first, second)
        self.assertNotEqual(first, leaving_out().of(page_of(1, rows, 1, 1)).erased)


class CountedTest(unittest.TestCase):
    """Crawls of which rows were left out are as complete as they were."""

    def harvest(self, passes: list[list[list[Any]]], total: int) -> Harvested:
        """Two passes over the pages."""
        reading, harvest = leaving_out(), Harvest(Parser(CONTRACTS[Source.USERS]))
        for pass_number, pages in enumerate(passes, 1):
            for number, rows in enumerate(pages, 1):
                harvest.note(reading.of(page_of(number, rows, total, len(pages))), pass_number)
        return harvest.finish()

    def test_announced_is_landed_and_quarantined_and_erased(self) -> None:
        pages = [[user(1), user(GONE)], [user(2), user(3, created_at="garbage")]]
        found = self.harvest([pages, pages], 4)
        self.assertTrue(found.is_proven)
        self.assertEqual((found.announced, found.rows.num_rows, len(found.bad), found.erased), (4, 2, 1, 1))

    def test_a_row_served_twice_counts_once(self) -> None:
        pages = [[user(1), user(GONE)], [user(GONE), user(2)]]
        self.assertEqual(self.harvest([pages, pages], 3).erased, 1)

    def test_two_pages_of_which_nothing_is_left_are_two(self) -> None:
        pages = [[user(GONE)], [user(GONE, "other@example.com")], [user(1)]]
        found = self.harvest([pages, pages], 3)
        self.assertEqual((found.is_proven, found.erased), (True, 2))

    def test_a_missing_row_is_still_missed(self) -> None:
        pages = [[user(1), user(GONE)]]
        with self.assertRaisesRegex(CrawlError, "announced 3 rows"):
            self.harvest([pages, pages], 3)

    def test_a_source_whose_erased_row_changed_has_moved(self) -> None:
        before, after = [[user(1), user(GONE)]], [[user(1), user(GONE, "new@example.com")]]
        found = self.harvest([before, after], 2)
        self.assertEqual((found.is_proven, found.rows.num_rows), (False, 1))


class RewrittenTest(unittest.TestCase):
    """Landed pages of the past."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        pages = [[user(1), user(GONE, "gone@example.com")], [user(2)]]
        with LandingFile(self.folder, Source.USERS) as landing:
            for pass_number in (1, 2):
                for number, rows in enumerate(pages, 1):
                    landing.add(page_of(number, rows, 3, 2), pass_number, with_body=pass_number == 1)
            landing.flush()
        self.path = landing.path

    def read(self) -> Harvested:
        """As a backfill does."""
        harvest = Harvest(Parser(CONTRACTS[Source.USERS]))
        for pass_number, page in read_landed(self.path):
            harvest.note(page, pass_number)
        return harvest.finish()

    def test_their_rows_go_and_the_file_can_be_loaded_as_before(self) -> None:
        before = self.read()
        self.assertEqual(rewrite_landed(self.path, leaving_out().of), 1)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["users.parquet"])
        bodies = [body for body in pq.read_table(self.path)["body"].to_pylist() if body]
        self.assertFalse(any(b"gone@example.com" in body for body in bodies))
        after = self.read()
        self.assertTrue(before.is_proven and after.is_proven)
        self.assertEqual((after.announced, after.rows["id"].to_pylist(), after.erased), (3, [1, 2], 1))
        kept = before.rows.filter([True, False, True])
        self.assertTrue(after.rows.equals(kept))

    def test_a_second_look_finds_nothing_and_changes_nothing(self) -> None:
        rewrite_landed(self.path, leaving_out().of)
        written = self.path.read_bytes()
        self.assertEqual(rewrite_landed(self.path, leaving_out().of), 0)
        self.assertEqual(self.path.read_bytes(), written)

    def test_somebody_else_is_forgotten_later(self) -> None:
        rewrite_landed(self.path, leaving_out().of)
        self.assertEqual(rewrite_landed(self.path, LeavingOut(Source.USERS, lambda user_id: user_id == 2).of), 1)
        after = self.read()
        self.assertEqual((after.is_proven, after.rows["id"].to_pylist(), after.erased), (True, [1], 2))

    def test_files_of_before_there_were_tags(self) -> None:
        old = pq.read_table(self.path).drop_columns(["erased"])
        pq.write_table(old, self.path)
        self.assertEqual(self.read().rows.num_rows, 3)
        self.assertEqual(rewrite_landed(self.path, leaving_out().of), 1)
        self.assertEqual(self.read().erased, 1)


if __name__ == "__main__":
    unittest.main()
