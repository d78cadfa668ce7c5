"""One page of a source, as the envelope that the real app answers."""

from __future__ import annotations

from collections.abc import Sequence

from ritournelle.domain.sources import Source
from ritournelle.simulator.faults.fault import Fault, ListFault, PageFault, PagingFault, RowList
from ritournelle.simulator.faults.volume import Whole


def envelope(source: Source, rows: list[bytes], page: int, size: int, faults: Sequence[Fault] = ()) -> bytes:
    """The JSON of page `page` (from 1) of the encoded `rows`, with the given faults in it."""
    listed: RowList = Whole(rows)
    for fault in faults:
        listed = fault.resize(source, listed) if isinstance(fault, ListFault) else listed
    total, pages, served = len(listed), -(-len(listed) // size), page
    for fault in faults:
        if isinstance(fault, PagingFault):
            total, served = fault.announce(total), fault.reroute(served, pages)
    items = listed.window((served - 1) * size, served * size)
    for fault in faults:
        items = fault.rewrite_page(source, items) if isinstance(fault, PageFault) else items
    return b'{"items":[%b],"total":%d,"page":%d,"size":%d,"pages":%d}' % (b",".join(items), total, page, size, pages)
