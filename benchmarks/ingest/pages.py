"""A music app's pages, made once and held encoded: one third tracks, one third users, one third histories.

There are two days: on the second, one row in a hundred has changed, and nothing came or went.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

SOURCES = ("tracks", "users", "listen_history")
DAYS = (1, 2)
PAGE_SIZE = 100
CHANGED_EVERY = 100
"""On day 2, one row in this many has changed."""
DAY_TWO = "2026-06-02T"
"""What the `updated_at` of every changed row starts with; no other is of that year."""

_encode = msgspec.json.encode
_SYLLABLES = "ba be di do fa ga jo ka la lé ma mi no pa ra ro sa so ta ti va vi wé zo".split()
_GENRES = "pop rock jazz folk soul techno house ambient metal chanson raï zouk".split()


@dataclass(frozen=True)
class Expected:
    """What a complete load of one source on one day holds: rows, rows changed since day 1, and listens."""

    rows: int
    changed: int
    listens: int

    def to_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


class PagedApp:
    """All answers of the app; the same `pages` and `seed` give the same bytes."""

    def __init__(self, pages: int, *, seed: int = 20_260_601) -> None:
        self._answers: dict[tuple[int, str, int], bytes] = {}
        self.pages_per_source = max(1, pages // len(SOURCES))
        self.rows_per_source = self.pages_per_source * PAGE_SIZE
        self.expected: dict[tuple[int, str], Expected] = {}
        for source in SOURCES:
            self._fill(source, random.Random(f"{seed} {source}"))

    def answer(self, day: int, source: str, page: int) -> bytes | None:
        """The body of a page; empty past the end, as the app does; None for another path."""
        if (day, source, 1) not in self._answers or page < 1:
            return None
        return self._answers.get((day, source, page)) or self._enveloped([], page)

    def _fill(self, source: str, chance: random.Random) -> None:
        changed = listens = gained = 0
        rows = _rows(source, self.rows_per_source, chance)
        for page in range(1, self.pages_per_source + 1):
            before, after = [], []
            for number in range(PAGE_SIZE):
                row = next(rows)
                listens += len(row.get("items", ()))
                before.append(_encode(row))
                if (page * PAGE_SIZE + number) % CHANGED_EVERY == page % CHANGED_EVERY:
                    gained += _change(source, row, self.rows_per_source)
                    changed += 1
                    after.append(_encode(row))
                else:
                    after.append(before[-1])
            self._answers[1, source, page] = self._enveloped(before, page)
            self._answers[2, source, page] = self._enveloped(after, page)
        self.expected[1, source] = Expected(self.rows_per_source, 0, listens)
        self.expected[2, source] = Expected(self.rows_per_source, changed, listens + gained)

    def _enveloped(self, rows: list[bytes], page: int) -> bytes:
        numbers = (self.rows_per_source, page, PAGE_SIZE, self.pages_per_source)
        return b'{"items":[%b],"total":%d,"page":%d,"size":%d,"pages":%d}' % (b",".join(rows), *numbers)


def _rows(source: str, count: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    make = {"tracks": _track, "users": _user, "listen_history": _history}[source]
    for number in range(1, count + 1):
        yield make(number, count, chance)


def _track(number: int, _: int, chance: random.Random) -> dict[str, Any]:
    return {
        "id": number,
        "name": " ".join(_word(chance) for _ in range(3)),
        "artist": f"{_word(chance)} {_word(chance)}",
        "songwriters": f"{_word(chance)} {_word(chance)}",
        "duration": f"{chance.randrange(1, 10):02}:{chance.randrange(60):02}",
        "genres": chance.choice(_GENRES),
        "album": f"{_word(chance)} {_word(chance)}",
    } | _moments(chance)


def _user(number: int, _: int, chance: random.Random) -> dict[str, Any]:
    first, last = _word(chance), _word(chance)
    return {
        "id": number,
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}{number}@example.org".lower(),
        "gender": chance.choice(("female", "male", "other")),
        "favorite_genres": chance.choice(_GENRES),
    } | _moments(chance)


def _history(number: int, tracks: int, chance: random.Random) -> dict[str, Any]:
    items = [chance.randrange(tracks) + 1 for _ in range(chance.randrange(1, 10))]
    return {"user_id": number, "items": items} | _moments(chance)


def _moments(chance: random.Random) -> dict[str, str]:
    return {"created_at": _moment(chance), "updated_at": _moment(chance)}


def _moment(chance: random.Random) -> str:
    date = f"{chance.randrange(2020, 2026)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    return f"{date}T{_time(chance)}"


def _time(chance: random.Random) -> str:
    second = chance.randrange(86_400)
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{chance.randrange(1, 1_000_000):06}"


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randrange(2, 5))).capitalize()


def _change(source: str, row: dict[str, Any], tracks: int) -> int:
    """Change a row as a day would; how many listens it gained."""
    row["updated_at"] = DAY_TWO + row["updated_at"].split("T")[1]
    if source == "listen_history":
        row["items"].append(row["user_id"] % tracks + 1)
        return 1
    row["album" if source == "tracks" else "favorite_genres"] += " (new)"
    return 0
