"""Landed pages without a listener: the other rows of each page stay, and can be loaded again."""

from __future__ import annotations

from pathlib import Path

from ritournelle.domain.sources import Source
from ritournelle.forgetting.eraser import Removed
from ritournelle.forgetting.listener import Listener
from ritournelle.ingestion.landing import PARTIAL, rewrite_landed
from ritournelle.ingestion.leaving_out import LeavingOut

_OF_LISTENERS = (Source.USERS, Source.LISTEN_HISTORY)


class LandedPages:
    """All days that are kept, also the pages of crawls that failed."""

    name = "landing"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def erase(self, listener: Listener) -> Removed:
        """Their rows; files that killed runs left half-written go as a whole, as they do after each good run."""
        for partial in self._folder.glob(f"date=*/run=*/*{PARTIAL}"):
            partial.unlink()
        return self._rows(listener)

    def seal(self) -> None:
        """Nothing: files were written anew."""

    def remaining(self, listener: Listener) -> Removed:
        """See `Eraser.remaining`."""
        return self._rows(listener)

    def note(self) -> str:
        """What else is to be said."""
        return (
            "a tag without meaning stands in each page for a row that was taken out, so that what was announced adds up"
        )

    def _rows(self, listener: Listener) -> Removed:
        """Take out what is there; the second time nothing is."""
        found: dict[str, int] = {}
        for source in _OF_LISTENERS:
            paths = sorted(self._folder.glob(f"date=*/run=*/{source}*.parquet"))
            gone = sum(rewrite_landed(path, _without(source, listener).of) for path in paths)
            found |= {f"{source} rows": gone} if gone else {}
        return found


def _without(source: Source, listener: Listener) -> LeavingOut:
    return LeavingOut(source, lambda user_id: user_id == listener.user_id)
