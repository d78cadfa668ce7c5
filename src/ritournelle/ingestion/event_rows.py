"""Events as rows of raw: what is told again is known by its id, and counts once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from ritournelle.runs.record import Run
from ritournelle.streaming.messages import Event
from ritournelle.streaming.topics import Topic
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.tables import SRC_EXPOSURES, SRC_FEEDBACK, SRC_LISTEN_EVENTS, SRC_TASTE_EXCLUSIONS


@dataclass(frozen=True)
class Landing:
    """Where the events of a topic land; `latest_by`: the moment whose latest counts; None: the first event does."""

    table: Table
    latest_by: str | None = None

    @property
    def id_column(self) -> str:
        """What names an event."""
        return self.table.key[0]


LANDINGS: dict[Topic, Landing] = {
    Topic.LISTENS: Landing(SRC_LISTEN_EVENTS),
    Topic.FEEDBACK: Landing(SRC_FEEDBACK, latest_by="given_at"),
    Topic.EXPOSURES: Landing(SRC_EXPOSURES),
    Topic.TASTE_EXCLUSIONS: Landing(SRC_TASTE_EXCLUSIONS, latest_by="changed_at"),
}


@dataclass(frozen=True)
class Received:
    """An event, and when the event log acknowledged it."""

    event: Event
    received_at: datetime


@dataclass(frozen=True)
class Stamp:
    """What the rows of one run have in common."""

    run: Run
    source_epoch: int
    extracted_at: datetime

    def on(self, received: Received) -> dict[str, Any]:
        """The event as a record of its table."""
        return {
            **msgspec.structs.asdict(received.event),
            "source_epoch": self.source_epoch,
            "received_at": received.received_at,
            "run_id": self.run.run_id,
            "run_number": self.run.run_number,
            "extracted_at": self.extracted_at,
        }


@dataclass(frozen=True)
class Written:
    """How many events were new, took the place of an earlier one, or said nothing new."""

    inserted: int
    updated: int
    unchanged: int

    def __add__(self, other: Written) -> Written:
        return Written(self.inserted + other.inserted, self.updated + other.updated, self.unchanged + other.unchanged)


def write_events(warehouse: Warehouse, landing: Landing, events: Sequence[Received], stamp: Stamp) -> Written:
    """Add what is new of these events (10,000 at most) to raw; call it inside a transaction."""
    if not events:
        return Written(0, 0, 0)
    told = _one_per_id(landing, [stamp.on(received) for received in events])
    known = _known(warehouse, landing, list(told))
    new = [record for identity, record in told.items() if _says_more(landing, record, known.get(identity))]
    inserted = sum(record[landing.id_column] not in known for record in new)
    if new:  # a run that reads in several batches may meet an event in two of them
        warehouse.upsert(landing.table, landing.table.rows(new))
    return Written(inserted, len(new) - inserted, len(events) - len(new))


def _one_per_id(landing: Landing, records: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = {}
    for record in records:
        other = kept.get(record[landing.id_column])
        if other is None or (landing.latest_by and record[landing.latest_by] > other[landing.latest_by]):
            kept[record[landing.id_column]] = record
    return kept


def _known(warehouse: Warehouse, landing: Landing, identities: Sequence[str]) -> dict[str, datetime]:
    """Of these ids those that raw holds, each with its latest moment."""
    identity, moment = landing.id_column, landing.latest_by or "extracted_at"
    places = ", ".join("?" for _ in identities)
    rows = warehouse.read(
        f"SELECT {identity}, max({moment}) AS latest FROM {landing.table} WHERE {identity} IN ({places}) "
        f"GROUP BY {identity}",
        identities,
    )
    moments = (moment.astimezone(UTC) for moment in rows["latest"].to_pylist())
    return dict(zip(rows[identity].to_pylist(), moments, strict=True))


def _says_more(landing: Landing, record: Mapping[str, Any], latest: datetime | None) -> bool:
    if latest is None:
        return True
    moment: datetime | None = record[landing.latest_by] if landing.latest_by else None
    return moment is not None and moment > latest
