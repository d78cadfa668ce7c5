"""Ids of listeners and tracks, as they stand in the addresses of pages."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"(0|-?[1-9][0-9]{0,18})", re.ASCII)


def an_id(text: str) -> int | None:
    """The id; None for what is not a whole number of 64 bits, written as Python writes it."""
    if _WHOLE.fullmatch(text) is None:
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None
