"""Paging: the list moves while it is read, or its pages and totals do not tell the truth."""

from __future__ import annotations

from functools import partial

from ritournelle.domain.sources import Source
from ritournelle.drill.case import Case, Family
from ritournelle.drill.troubles import fault

_TRACKS = Source.TRACKS
_Moves = partial(Case, family=Family.PAGING, sensor="snapshot_proof", subject="tracks")
_Lies = partial(
    Case,
    family=Family.PAGING,
    sensor="completeness",
    lands="the other sources land; of this one nothing, since rows may be missing",
    subject="tracks",
)

CASES = (
    _Moves(
        name="rows_inserted_during_crawl",
        happens="tracks are released while the list is read",
        lands="everything that was there throughout; a further pass finds the rest",
        trouble=fault("rows_inserted", _TRACKS, page=2, times=1),
    ),
    _Moves(
        name="rows_deleted_during_crawl",
        happens="tracks are withdrawn while the list is read, and all that follow them move up",
        lands="everything that was there throughout; a further pass finds what slid between two pages",
        trouble=fault("rows_deleted", _TRACKS, page=2, times=1),
    ),
    _Lies(
        name="total_lies",
        happens="the app announces more tracks than it has",
        trouble=fault("total_lies", _TRACKS, by=7),
    ),
    _Lies(
        name="same_page_twice",
        happens="a page of tracks answers what the page before it answered",
        trouble=fault("same_page_twice", _TRACKS, page=2),
    ),
    _Moves(
        name="pages_out_of_order",
        happens="the first page answers what belongs on the last one, once",
        lands="everything: a further pass finds what was not where it should be",
        trouble=fault("pages_out_of_order", _TRACKS, page=1, times=1),
    ),
)
