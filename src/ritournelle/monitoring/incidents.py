"""Incidents: one for each trouble that lasts, and what people do with it. Pure: the journal keeps them.

What readings do to incidents stands in `following`. A change that makes no sense raises `PermanentError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from ritournelle.errors import PermanentError
from ritournelle.monitoring.reading import Severity
from ritournelle.monitoring.reports import Report, note_of


class Phase(StrEnum):
    """The life of an incident."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"  # somebody has taken it
    RESOLVED = "resolved"


class Event(StrEnum):
    """What happened to an incident; each is kept with its moment and who did it, and is what alerts are sent of."""

    OPENED = "opened"
    REOPENED = "reopened"  # it had closed itself a short while ago
    WORSENED = "worsened"  # its severity rose
    ACKNOWLEDGED = "acknowledged"
    ACTION = "action"  # somebody says what they do about it
    REPORTED = "reported"  # somebody else tells of the same
    RESOLVED = "resolved"
    CLOSED_ITSELF = "closed itself"


BY_PLATFORM = "ritournelle"
"""Who did what nobody did by hand."""
PERSON = "person"
"""The sensor of incidents that a person opened; also the name of their runbook."""
PERSON_OWNER = "platform"


@dataclass(frozen=True)
class Incident:
    """One trouble of one thing, from when it was first seen until it is resolved.

    `key` is the reading's (`sensor:subject`); at most one incident of a key is not resolved. An incident that a person
    opened has the sensor `person`, and only a person resolves it. Names and contacts of people stay in the journal:
    `ops.incidents` and alerts do not carry them.
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
    contact: str = ""
    """How to reach the person who opened it; forgotten when it is resolved."""
    taken_by: str = ""
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_itself: bool = False
    reopenings: int = 0

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


def acknowledged(incident: Incident, by: str, at: datetime, note: str = "") -> Change:
    """Somebody has taken it."""
    _require_open(incident, "acknowledge")
    if incident.phase is Phase.ACKNOWLEDGED:
        raise PermanentError(
            f"{incident.incident_id} was acknowledged by {incident.taken_by or 'somebody'} already; "
            "say what you do about it with `ritournelle incidents act`"
        )
    taken = replace(incident, phase=Phase.ACKNOWLEDGED, taken_by=by, acknowledged_at=at)
    return Change(taken, Event.ACKNOWLEDGED, at, by, note_of(note))


def action_taken(incident: Incident, by: str, at: datetime, note: str) -> Change:
    """Somebody says what they do about it: the corrective action."""
    _require_open(incident, "act on")
    told = note_of(note)
    if not told:
        raise PermanentError("say what is done about it: a corrective action needs a note")
    return Change(incident, Event.ACTION, at, by, told)


def resolved(incident: Incident, by: str, at: datetime, note: str = "") -> Change:
    """Somebody says that it is over; if its sensor fires again, a new one is opened."""
    _require_open(incident, "resolve")
    over = replace(incident, phase=Phase.RESOLVED, resolved_at=at, closed_itself=False, contact="")
    return Change(over, Event.RESOLVED, at, by, note_of(note))


def opened_by_person(report: Report, at: datetime, standing: Incident | None = None) -> Change:
    """A consumer of the data tells of trouble; `standing` is the open incident of the same subject, if there is one.

    A second report joins it: so a page that many people use cannot flood the people on duty.
    """
    if standing is not None:
        return _joined(standing, report, at)
    incident = Incident(
        incident_id=incident_id(at, PERSON, report.subject),
        key=report.key,
        sensor=PERSON,
        subject=report.subject,
        severity=report.severity,
        phase=Phase.OPEN,
        owner=PERSON_OWNER,
        first_seen_at=at,
        last_seen_at=at,
        message=f"{report.subject}: {report.message}",
        runbook=PERSON,
        opened_by=report.by,
        contact=report.contact,
    )
    return Change(incident, Event.OPENED, at, report.by, report.message)


def incident_id(at: datetime, sensor: str, subject: str) -> str:
    """When, which sensor, of what: names that sort by time and can be read out on the phone."""
    return f"{at:%Y%m%dT%H%M%S}-{sensor}-{subject}".replace(" ", "_")


def is_worse(new: Severity, old: Severity) -> bool:
    """Whether a severity rose."""
    order = list(Severity)
    return order.index(new) > order.index(old)


def _joined(standing: Incident, report: Report, at: datetime) -> Change:
    worse = is_worse(report.severity, standing.severity)
    again = replace(
        standing,
        severity=report.severity if worse else standing.severity,
        last_seen_at=at,
        times_seen=standing.times_seen + 1,
    )
    return Change(again, Event.WORSENED if worse else Event.REPORTED, at, report.by, report.message)


def _require_open(incident: Incident, verb: str) -> None:
    if incident.is_over:
        when = f" since {incident.resolved_at:%Y-%m-%d %H:%M} UTC" if incident.resolved_at else ""
        raise PermanentError(f"{incident.incident_id} is resolved{when}; there is nothing to {verb}")
