"""Rows and pages made by hand, for the tests of ingestion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.harvest import Harvest, Harvested
from ritournelle.ingestion.pages import Page, open_envelope
from ritournelle.ingestion.parse import Parsed, Parser

Row = dict[str, Any]
_DATES = {"created_at": "2024-01-01T08:00:00", "updated_at": "2024-01-02T08:00:00.123456"}


def user(number: int = 1, **changes: Any) -> Row:
    """A good row of `/users`, with changes."""
    texts = {"first_name": f"Ada {number}", "last_name": "Byron", "email": "ada@example.org"}
    return {"id": number, **texts, "gender": "Female", "favorite_genres": "Rock", **_DATES, **changes}


def track(number: int = 1, **changes: Any) -> Row:
    """A good row of `/tracks`, with changes."""
    texts = {"name": f"Song {number}", "artist": "Trio", "songwriters": "A, B", "genres": "dub", "album": "One"}
    return {"id": number, "duration": "03:20", **texts, **_DATES, **changes}


def history(user_id: int = 1, **changes: Any) -> Row:
    """A good row of `/listen_history`, with changes."""
    return {"user_id": user_id, "items": [7, 8, 7], **_DATES, **changes}


def without(row: Row, *names: str) -> Row:
    """The row without some of its fields."""
    return {name: value for name, value in row.items() if name not in names}


def as_json(rows: Sequence[Any]) -> bytes:
    """Rows as an app would send them; lone surrogates become bytes that are not UTF-8."""
    return json.dumps(rows, ensure_ascii=False).encode("utf-8", "surrogateescape")


def page_of(
    source: Source,
    rows: Sequence[Any] | bytes,
    *,
    number: int = 1,
    total: int | None = None,
    pages: int = 1,
    answered: int | None = None,
) -> Page:
    """A page of these rows, or of this JSON text; `total` is their number unless it is given."""
    items = rows if isinstance(rows, bytes) else as_json(rows)
    total = max(pages, 0 if isinstance(rows, bytes) else len(rows)) if total is None else total
    body = b'{"items":%b,"total":%d,"page":%d,"size":100,"pages":%d}' % (items, total, answered or number, pages)
    return Page(source, number, body, open_envelope(body))


def parse(source: Source, rows: Sequence[Any] | bytes, **settings: Any) -> Parsed:
    """The rows as a parser of the source reads them in one page."""
    return Parser(CONTRACTS[source], **settings).parse([page_of(source, rows)])


def harvest_of(source: Source, *passes: Sequence[Sequence[Row]], totals: Sequence[int] = ()) -> Harvested:
    """What passes bring together, each a list of pages; every page announces the rows of its pass or `totals`."""
    return noted(source, *passes, totals=totals).finish()


def noted(source: Source, *passes: Sequence[Sequence[Row]], totals: Sequence[int] = ()) -> Harvest:
    """A harvest that has seen these passes."""
    harvest = Harvest(Parser(CONTRACTS[source]))
    for number, pages in enumerate(passes, 1):
        total = totals[number - 1] if totals else sum(len(rows) for rows in pages)
        for place, rows in enumerate(pages, 1):
            harvest.note(page_of(source, rows, number=place, total=total, pages=len(pages)), number)
    return harvest
