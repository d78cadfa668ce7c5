"""A source that is a list in memory, read through the same protocol as the app, and that may change between pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.crawl import Crawl
from ritournelle.ingestion.harvest import Harvest, Harvested
from ritournelle.ingestion.pages import Page, Traffic, open_envelope
from ritournelle.ingestion.parse import Parser

Row = dict[str, Any]


class ListSource:
    """A `PageReader` over lists of rows.

    `before_page` is called with the number of pages read so far and may change `rows`. With a `random`, the pages of a
    call arrive out of order, as they do when `in_flight` of them are read at once.
    """

    def __init__(
        self,
        rows: dict[Source, list[Row]],
        *,
        page_size: int = 3,
        before_page: Callable[[int], None] = lambda _: None,
        random: Random | None = None,
        in_flight: int = 4,
    ) -> None:
        self.rows = rows
        self.traffic = Traffic()
        self._page_size = page_size
        self._before_page = before_page
        self._random = random
        self._in_flight = in_flight

    def read(self, source: Source, numbers: Iterable[int]) -> Iterator[Page]:
        """The pages of those numbers."""
        for number in self._in_order_of_arrival(list(numbers)):
            self._before_page(self.traffic.requests)
            self.traffic.requests += 1
            yield self._page(source, number)

    def _in_order_of_arrival(self, numbers: list[int]) -> Iterator[int]:
        if self._random is None:
            yield from numbers
            return
        for start in range(0, len(numbers), self._in_flight):
            window = numbers[start : start + self._in_flight]
            self._random.shuffle(window)
            yield from window

    def _page(self, source: Source, number: int) -> Page:
        rows, size = self.rows[source], self._page_size
        envelope = {
            "items": rows[(number - 1) * size : number * size],
            "total": len(rows),
            "page": number,
            "pages": -(-len(rows) // size),
        }
        body = json.dumps(envelope).encode()
        return Page(source, number, body, open_envelope(body))


class NoLanding:
    """Stands where a `LandingFile` stands, and keeps nothing."""

    def add(self, page: Page, pass_number: int, *, with_body: bool) -> None:
        """Take no note."""

    def flush(self) -> None:
        """Write nothing."""


def crawl(reader: ListSource, source: Source = Source.USERS, *, extra_passes: int = 1) -> Harvested:
    """One whole crawl of a source."""
    harvest = Harvest(Parser(CONTRACTS[source]))
    Crawl(reader, source, harvest, NoLanding()).run(extra_passes=extra_passes)  # type: ignore[arg-type]
    return harvest.finish()


_DATES = {"created_at": "2024-01-01T08:00:00", "updated_at": "2024-01-02T08:00:00.123456"}


def user(number: int | None, **changes: Any) -> Row:
    """A good row of `/users`, with changes."""
    texts = {"first_name": f"Ada {number}", "last_name": "Byron", "email": "ada@example.org"}
    return {"id": number, **texts, "gender": "Female", "favorite_genres": "Rock", **_DATES, **changes}


def track(number: int, **changes: Any) -> Row:
    """A good row of `/tracks`, with changes."""
    texts = {"name": f"Song {number}", "artist": "Trio", "songwriters": "A, B", "genres": "dub", "album": "One"}
    return {"id": number, "duration": "03:20", **texts, **_DATES, **changes}


def history(user_id: int, items: list[int] | None, **changes: Any) -> Row:
    """A good row of `/listen_history`, with changes."""
    return {"user_id": user_id, "items": items, **_DATES, **changes}
