"""Row faults: fields that are missing, new, of another type, or that hold nonsense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.simulator.faults.fault import Item, RowFault
from ritournelle.simulator.faults.volume import ELSEWHERE, KEY

_TEXT_FIELD = {Source.TRACKS: "name", Source.USERS: "first_name", Source.LISTEN_HISTORY: "created_at"}


@dataclass(frozen=True)
class SetFields(RowFault):
    """Fields get a fixed value, per source."""

    fields: Mapping[Source, Mapping[str, Any]]

    def rewrite(self, source: Source, item: Item) -> Item:
        return item | dict(self.fields.get(source, {}))


@dataclass(frozen=True)
class DropField(RowFault):
    """A field is not there; by default one that the contract needs."""

    field: str | None = None

    def rewrite(self, source: Source, item: Item) -> Item:
        usual = {Source.TRACKS: "duration", Source.USERS: "email", Source.LISTEN_HISTORY: "items"}
        gone = self.field or usual[source]
        return {name: value for name, value in item.items() if name != gone}


@dataclass(frozen=True)
class AddField(RowFault):
    """A field is there that the contract does not know."""

    field: str = "mood"
    value: str = "wistful"

    def rewrite(self, source: Source, item: Item) -> Item:
        return item | {self.field: self.value}


@dataclass(frozen=True)
class ChangeType(RowFault):
    """A field has another JSON type: numbers become texts, texts numbers, lists texts."""

    field: str | None = None

    def rewrite(self, source: Source, item: Item) -> Item:
        usual = {Source.TRACKS: "name", Source.USERS: "first_name", Source.LISTEN_HISTORY: "items"}
        field = self.field or usual[source]
        value = item.get(field)
        return item | {field: 3600 if isinstance(value, str) else str(value)}


@dataclass(frozen=True)
class ClockAhead(RowFault):
    """The clock of the app is ahead, or that of whoever writes into it."""

    hours: float = 96.0

    def rewrite(self, source: Source, item: Item) -> Item:
        later = datetime.fromisoformat(item["updated_at"]) + timedelta(hours=self.hours)
        return item | {"updated_at": later.isoformat(timespec="microseconds")}


@dataclass(frozen=True)
class UnknownTrack(RowFault):
    """A history ends with a track that is in no catalogue; the listens before it are true."""

    def rewrite(self, source: Source, item: Item) -> Item:
        return item | {"items": [*(item.get("items") or []), (item.get("user_id") or 1) + ELSEWHERE]}


@dataclass(frozen=True)
class UnknownKey(RowFault):
    """The key is one that nobody has."""

    def rewrite(self, source: Source, item: Item) -> Item:
        return item | {KEY[source]: (item.get(KEY[source]) or 1) + ELSEWHERE}


@dataclass(frozen=True)
class HugeText(RowFault):
    """A text of so many characters."""

    characters: int = 1_000_000

    def rewrite(self, source: Source, item: Item) -> Item:
        return item | {_TEXT_FIELD[source]: "x" * self.characters}


@dataclass(frozen=True)
class BrokenText(RowFault):
    """A text with bytes that are not UTF-8."""

    def rewrite(self, source: Source, item: Item) -> Item:
        return item | {_TEXT_FIELD[source]: "caf\udce9 \udcff\udcfe"}
