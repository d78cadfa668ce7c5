"""Volume faults: an endpoint with far fewer or far more rows than yesterday, or with the same key twice."""

from __future__ import annotations

from dataclasses import dataclass

from ritournelle.domain.sources import Source
from ritournelle.simulator.faults.fault import Item, ListFault, RowList, decoded, encoded

KEY = {Source.TRACKS: "id", Source.USERS: "id", Source.LISTEN_HISTORY: "user_id"}
"""The field that names a row."""

ELSEWHERE = 2**32
"""Added to an id, makes one that no user and no track has."""


@dataclass(frozen=True)
class Shrink(ListFault):
    """Only the first share of the rows is left; 0 leaves none."""

    share: float = 0.1

    def resize(self, source: Source, rows: RowList) -> RowList:
        return _Head(rows, int(len(rows) * self.share))


@dataclass(frozen=True)
class LateRows(ListFault):
    """The newest rows are not there yet, while other sources speak of them."""

    count: int = 10

    def resize(self, source: Source, rows: RowList) -> RowList:
        return _Head(rows, max(0, len(rows) - self.count))


@dataclass(frozen=True)
class Swell(ListFault):
    """The rows come so many times, each time with other keys."""

    times: int = 10

    def resize(self, source: Source, rows: RowList) -> RowList:
        return _Repeated(rows, self.times, KEY[source])


@dataclass(frozen=True)
class DuplicateKey(ListFault):
    """The first rows stand again at the end of the list, with other content; the total counts them."""

    count: int = 1

    def resize(self, source: Source, rows: RowList) -> RowList:
        field = {Source.TRACKS: "name", Source.USERS: "first_name"}.get(source, "updated_at")
        other = "2024-01-01T00:00:00" if field == "updated_at" else "Somebody Else"
        return _Extended(rows, [encoded(decoded(row) | {field: other}) for row in rows.window(0, self.count)])


@dataclass(frozen=True)
class Whole(RowList):
    """Every row of a source as it is."""

    rows: list[bytes]

    def __len__(self) -> int:
        return len(self.rows)

    def window(self, start: int, stop: int) -> list[bytes]:
        """A slice."""
        return self.rows[start:stop]


@dataclass(frozen=True)
class _Head(RowList):
    rows: RowList
    count: int

    def __len__(self) -> int:
        return self.count

    def window(self, start: int, stop: int) -> list[bytes]:
        return self.rows.window(min(start, self.count), min(stop, self.count))


@dataclass(frozen=True)
class _Extended(RowList):
    rows: RowList
    more: list[bytes]

    def __len__(self) -> int:
        return len(self.rows) + len(self.more)

    def window(self, start: int, stop: int) -> list[bytes]:
        end = len(self.rows)
        return self.rows.window(start, min(stop, end)) + self.more[max(start - end, 0) : max(stop - end, 0)]


@dataclass(frozen=True)
class _Repeated(RowList):
    rows: RowList
    times: int
    key: str

    def __len__(self) -> int:
        return len(self.rows) * self.times

    def window(self, start: int, stop: int) -> list[bytes]:
        return [self._row(*divmod(place, len(self.rows))) for place in range(start, min(stop, len(self)))]

    def _row(self, turn: int, place: int) -> bytes:
        (row,) = self.rows.window(place, place + 1)
        return encoded(self._moved(decoded(row), turn)) if turn else row

    def _moved(self, item: Item, turn: int) -> Item:
        return item if item[self.key] is None else item | {self.key: item[self.key] + turn * ELSEWHERE}
