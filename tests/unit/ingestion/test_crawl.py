"""A crawl comes to an end, whatever the source does meanwhile."""

from __future__ import annotations

import unittest

from ritournelle.domain.sources import Source
from tests.properties.list_source import ListSource, Row, crawl, user


class GrowingSourceTest(unittest.TestCase):
    """A list that grows by a page for every page that is read."""

    def test_growth_is_followed_only_so_far(self) -> None:
        rows: list[Row] = [user(number) for number in range(30)]

        def grow(_: int) -> None:
            rows.extend(user(len(rows) + extra) for extra in range(3))

        source = ListSource({Source.USERS: rows}, page_size=3, before_page=grow)
        harvested = crawl(source)
        self.assertFalse(harvested.is_proven)
        self.assertLess(source.traffic.requests, 500)
        self.assertLessEqual(set(range(30)), set(harvested.rows["id"].to_pylist()))
