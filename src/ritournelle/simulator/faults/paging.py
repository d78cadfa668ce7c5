"""Paging faults: totals and pages that do not tell the truth."""

from __future__ import annotations

from dataclasses import dataclass

from ritournelle.simulator.faults.fault import PagingFault


@dataclass(frozen=True)
class LyingTotal(PagingFault):
    """`total` is wrong by so many rows; `pages` is right."""

    by: int = 7

    def announce(self, total: int) -> int:
        return max(0, total + self.by)


@dataclass(frozen=True)
class SamePageTwice(PagingFault):
    """Page p answers the items of page p-1."""

    def reroute(self, page: int, pages: int) -> int:
        return max(1, page - 1)


@dataclass(frozen=True)
class PagesOutOfOrder(PagingFault):
    """The last page comes first: page p answers the items of page `pages` + 1 - p."""

    def reroute(self, page: int, pages: int) -> int:
        return pages + 1 - page if page <= pages else page
