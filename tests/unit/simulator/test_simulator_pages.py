"""Pages: together they are the source, whatever the size; volume and paging faults change exactly what they say."""

from __future__ import annotations

import json
import unittest
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ritournelle.domain.sources import Source
from ritournelle.simulator.faults.fault import Fault
from ritournelle.simulator.faults.registry import FAULTS
from ritournelle.simulator.pages import envelope


def rows(count: int) -> list[bytes]:
    return [json.dumps({"id": number, "name": f"track {number}"}).encode() for number in range(count)]


def page(count: int, number: int, size: int, *faults: Fault) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(envelope(Source.TRACKS, rows(count), number, size, faults))
    return answer


def crawl(count: int, size: int, *faults: Fault) -> list[int]:
    pages = page(count, 1, size, *faults)["pages"]
    return [item["id"] for number in range(1, pages + 1) for item in page(count, number, size, *faults)["items"]]


class PagesTest(unittest.TestCase):
    @given(st.integers(0, 60), st.integers(1, 20))
    def test_pages_together_are_the_source(self, count: int, size: int) -> None:
        self.assertEqual(crawl(count, size), list(range(count)))
        first = page(count, 1, size)
        self.assertEqual((first["total"], first["page"], first["size"]), (count, 1, size))
        self.assertEqual(page(count, first["pages"] + 1, size)["items"], [])

    @given(st.integers(1, 60), st.integers(1, 20))
    def test_pages_out_of_order_hold_every_row(self, count: int, size: int) -> None:
        self.assertEqual(sorted(crawl(count, size, FAULTS["pages_out_of_order"].build())), list(range(count)))

    @given(st.integers(1, 60), st.integers(1, 20))
    def test_a_swollen_source_has_ten_times_as_many_keys(self, count: int, size: int) -> None:
        keys = crawl(count, size, FAULTS["swollen_endpoint"].build())
        self.assertEqual((len(keys), len(set(keys))), (10 * count, 10 * count))
        self.assertEqual(keys[:count], list(range(count)))

    def test_the_same_page_twice(self) -> None:
        keys = crawl(30, 10, FAULTS["same_page_twice"].build())
        self.assertEqual(keys, [*range(10), *range(10), *range(10, 20)])

    def test_totals_that_lie_leave_pages_alone(self) -> None:
        answer = page(30, 1, 10, FAULTS["total_lies"].build(by=-3))
        self.assertEqual((answer["total"], answer["pages"], len(answer["items"])), (27, 3, 10))

    def test_shrunken_and_empty_sources(self) -> None:
        self.assertEqual(crawl(60, 4, FAULTS["shrunken_endpoint"].build()), list(range(6)))
        self.assertEqual(
            page(60, 1, 4, FAULTS["empty_endpoint"].build()),
            {"items": [], "total": 0, "page": 1, "size": 4, "pages": 0},
        )

    def test_duplicate_keys_are_counted_and_differ(self) -> None:
        fault = FAULTS["duplicate_key"].build(count=2)
        self.assertEqual(crawl(9, 5, fault), [*range(9), 0, 1])
        self.assertEqual(page(9, 3, 5, fault)["items"], [{"id": 1, "name": "Somebody Else"}])
        self.assertEqual(page(9, 1, 5, fault)["total"], 11)
