"""The kinds of faults: each is a small value with one verb, and does nothing by itself."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ritournelle.domain.sources import Source

if TYPE_CHECKING:
    from ritournelle.simulator.world import World

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Item = dict[str, Any]


class RowList(ABC):
    """All encoded rows of a source, of which only one page at a time is looked at."""

    @abstractmethod
    def __len__(self) -> int:
        """How many there are."""

    @abstractmethod
    def window(self, start: int, stop: int) -> list[bytes]:
        """Rows from `start` (included) to `stop` (excluded), fewer at the end of the list."""


class Fault:
    """Something that goes wrong with an answer; one of the kinds below."""


class AnswerFault(Fault, ABC):
    """Transport: what happens to the answer on its way."""

    @abstractmethod
    async def answer(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in place of `app`, which can be asked for the true answer."""


class PagingFault(Fault):
    """Paging: another page than the one asked for, or another total than the true one."""

    def reroute(self, page: int, pages: int) -> int:
        """The page that is served when `page` is asked for."""
        del pages
        return page

    def announce(self, total: int) -> int:
        """The total that is announced."""
        return total


class ListFault(Fault, ABC):
    """Volume: another list of rows. It changes every page, whichever it was set for."""

    @abstractmethod
    def resize(self, source: Source, rows: RowList) -> RowList:
        """The list that is served instead."""


class WorldFault(Fault, ABC):
    """Something happens in the world just before the page is answered, and stays."""

    @abstractmethod
    def happen(self, source: Source, world: World) -> None:
        """Let it happen."""


class PageFault(Fault, ABC):
    """Content: rows of a page are others than they should be."""

    @abstractmethod
    def rewrite_page(self, source: Source, items: Sequence[bytes]) -> list[bytes]:
        """The encoded rows of a page, some of them rewritten."""


@dataclass(frozen=True, kw_only=True)
class RowFault(PageFault, ABC):
    """Schema and values: `rows` rows of a page are rewritten after the first `skip`; None means all of them."""

    rows: int | None = 1
    skip: int = 0

    def rewrite_page(self, source: Source, items: Sequence[bytes]) -> list[bytes]:
        """The encoded rows of a page, the chosen ones rewritten."""
        stop = len(items) if self.rows is None else self.skip + self.rows
        return [
            encoded(self.rewrite(source, decoded(item))) if self.skip <= place < stop else item
            for place, item in enumerate(items)
        ]

    @abstractmethod
    def rewrite(self, source: Source, item: Item) -> Item:
        """The row that is served instead."""


# Lone surrogates stand for bytes that are not UTF-8, so that two faults can hit the same row.


def decoded(item: bytes) -> Item:
    """A row as a dictionary."""
    row: Item = json.loads(item.decode("utf-8", "surrogateescape"))
    return row


def encoded(item: Item) -> bytes:
    """A row as JSON, or as what a careless app takes for JSON: NaN and broken bytes are let through."""
    return json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogateescape")
