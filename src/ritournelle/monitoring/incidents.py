"""Incidents: one for each trouble that lasts, not one for each run that meets it. Pure: the journal keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from ritournelle.monitoring.reading import Reading, Severity, Status


class Phase(StrEnum):
    """The life of an incident."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"  # somebody has taken it
    RESOLVED = "resolved"


class Event(StrEnum):
    """What happened to an incident; each is kept with its moment and who did it, and is what alerts are sent of."""

    OPENED = "opened"
    WORSENED = "worsened"  # its severity rose
    ACKNOWLEDGED = "acknowledged"
    ACTION = "action"  # somebody says what they do about it
    RESOLVED = "resolved"
    CLOSED_ITSELF = "closed itself"


BY_PLATFORM = "ritournelle"
"""Who did what nobody did by hand."""


@dataclass(frozen=True)
class Incident:
    """One trouble of one thing, from when it was first seen until it is resolved.

    `key` is the reading's (`sensor:subject`); at most one incident of a key is not resolved. An incident that a person
    opened has the sensor `person`, and only a person resolves it.
    """

    incident_id: str
    key: str
    sensor: str
    subject: str
    severity: Severity
    phase: Phase
    owner: str
    first_seen_at: datetime
    last_seen_at: datetime
    times_seen: int = 1
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Of the last reading that fired: the evidence."""
    message: str = ""
    """In English, as it was when last seen."""
    runbook: str = ""
    opened_by: str = BY_PLATFORM
    resolved_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is resolved."""
        return self.phase is Phase.RESOLVED


@dataclass(frozen=True)
class Change:
    """An incident as it is now, and what happened to it; `event` is None where it was merely seen again."""

    incident: Incident
    event: Event | None
    at: datetime
    by: str = BY_PLATFORM
    note: str = ""


@dataclass(frozen=True)
class Opening:
    """What a new incident takes from the rules: whom it goes to, its runbook, and the sentence."""

    owner: str
    runbook: str
    message: str


def follow(
    open_incidents: Iterable[Incident], readings: Sequence[Reading], openings: Mapping[str, Opening]
) -> list[Change]:
    """What these readings do to the incidents that are not resolved.

    A reading that fires opens an incident, or is seen by the one of its key; one that passes resolves it. Readings that
    are unknown, and subjects that were not read, change nothing. `openings` by key, for every reading that fired.
    """
    standing = {incident.key: incident for incident in open_incidents}
    changes = []
    for reading in readings:
        incident = standing.get(reading.key)
        if reading.has_fired:
            opening = openings[reading.key]
            changes.append(_opened(reading, opening) if incident is None else _seen(incident, reading, opening))
        elif incident is not None and reading.status is Status.PASSED:
            changes.append(_closed(incident, reading))
    return changes


def acknowledged(incident: Incident, by: str, at: datetime, note: str = "") -> Change:
    """Somebody has taken it."""
    return Change(replace(incident, phase=Phase.ACKNOWLEDGED), Event.ACKNOWLEDGED, at, by, note)


def resolved(incident: Incident, by: str, at: datetime, note: str = "") -> Change:
    """Somebody says that it is over; if its sensor fires again, a new one is opened."""
    return Change(replace(incident, phase=Phase.RESOLVED, resolved_at=at), Event.RESOLVED, at, by, note)


def _opened(reading: Reading, opening: Opening) -> Change:
    incident = Incident(
        incident_id=f"{reading.at:%Y%m%dT%H%M%S}-{reading.sensor}-{reading.subject}".replace(" ", "_"),
        key=reading.key,
        sensor=reading.sensor,
        subject=reading.subject,
        severity=reading.severity,
        phase=Phase.OPEN,
        owner=opening.owner,
        first_seen_at=reading.at,
        last_seen_at=reading.at,
        facts=reading.facts,
        message=opening.message,
        runbook=opening.runbook,
    )
    return Change(incident, Event.OPENED, reading.at)


def _seen(incident: Incident, reading: Reading, opening: Opening) -> Change:
    order = list(Severity)
    worse = order.index(reading.severity) > order.index(incident.severity)
    again = replace(
        incident,
        severity=reading.severity,
        last_seen_at=reading.at,
        times_seen=incident.times_seen + 1,
        facts=reading.facts,
        message=opening.message,
    )
    return Change(again, Event.WORSENED if worse else None, reading.at)


def _closed(incident: Incident, reading: Reading) -> Change:
    over = replace(incident, phase=Phase.RESOLVED, resolved_at=reading.at)
    return Change(over, Event.CLOSED_ITSELF, reading.at, note=f"{reading.sensor} passes again")
