"""What readings do to incidents: open, see again, reopen, close. Pure: the journal calls it inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ritournelle.monitoring.incidents import Change, Event, Incident, Phase, incident_id, is_worse
from ritournelle.monitoring.reading import Reading, Status


@dataclass(frozen=True)
class Opening:
    """What a new incident takes from the rules: whom it goes to, its runbook, and the sentence."""

    owner: str
    runbook: str
    message: str


@dataclass(frozen=True)
class Flapping:
    """What becomes of a trouble that comes and goes: one incident, and an end to its alerts.

    A sensor that fires again within `reopen_within` of its incident closing itself reopens that incident. One that was
    reopened `patience` times closes itself only when it was quiet for as long.
    """

    reopen_within: timedelta = timedelta(hours=36)  # so that every other daily run counts as coming and going
    patience: int = 3

    def may_reopen(self, incident: Incident, reading: Reading) -> bool:
        """Whether the trouble of this closed incident has come back."""
        if not incident.closed_itself or incident.resolved_at is None:
            return False
        return reading.at - incident.resolved_at <= self.reopen_within

    def may_close(self, incident: Incident, reading: Reading) -> bool:
        """Whether one reading that passes is enough."""
        return incident.reopenings < self.patience or reading.at - incident.last_seen_at > self.reopen_within


def follow(
    incidents: Iterable[Incident],
    readings: Sequence[Reading],
    openings: Mapping[str, Opening],
    flapping: Flapping = Flapping(),
) -> list[Change]:
    """What these readings do to incidents: those that are not resolved, and those that closed themselves of late.

    A reading that fires opens an incident, or is seen by the one of its key, or reopens it; one that passes resolves
    it. Readings that are unknown, and subjects that were not read, change nothing. `openings` by key, for every
    reading that fired.
    """
    standing = _by_key(incidents)
    changes = []
    for reading in readings:
        incident = standing.get(reading.key)
        change = None
        if reading.has_fired:
            change = _fired(incident, reading, openings[reading.key], flapping)
        elif reading.status is Status.PASSED and incident is not None and not incident.is_over:
            change = _closed(incident, reading) if flapping.may_close(incident, reading) else None
        if change is not None:
            standing[reading.key] = change.incident
            changes.append(change)
    return changes


def _by_key(incidents: Iterable[Incident]) -> dict[str, Incident]:
    """Of each key the open incident, else the one that was resolved last."""

    def order(incident: Incident) -> tuple[bool, str]:
        return not incident.is_over, incident.resolved_at.isoformat() if incident.resolved_at else ""

    return {incident.key: incident for incident in sorted(incidents, key=order)}


def _fired(incident: Incident | None, reading: Reading, opening: Opening, flapping: Flapping) -> Change:
    if incident is not None and not incident.is_over:
        return _seen(incident, reading, opening)
    if incident is not None and flapping.may_reopen(incident, reading):
        return _reopened(incident, reading, opening)
    return _opened(reading, opening)


def _opened(reading: Reading, opening: Opening) -> Change:
    incident = Incident(
        incident_id=incident_id(reading.at, reading.sensor, reading.subject),
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
    worse = is_worse(reading.severity, incident.severity)
    return Change(_again(incident, reading, opening), Event.WORSENED if worse else None, reading.at)


def _reopened(incident: Incident, reading: Reading, opening: Opening) -> Change:
    again = replace(
        _again(incident, reading, opening),
        phase=Phase.OPEN,
        resolved_at=None,
        closed_itself=False,
        reopenings=incident.reopenings + 1,
    )
    return Change(again, Event.REOPENED, reading.at, note=f"{reading.sensor} fires again")


def _again(incident: Incident, reading: Reading, opening: Opening) -> Incident:
    return replace(
        incident,
        severity=reading.severity,
        last_seen_at=max(reading.at, incident.last_seen_at),
        times_seen=incident.times_seen + 1,
        facts=reading.facts,
        message=opening.message,
    )


def _closed(incident: Incident, reading: Reading) -> Change:
    over = replace(incident, phase=Phase.RESOLVED, resolved_at=reading.at, closed_itself=True)
    return Change(over, Event.CLOSED_ITSELF, reading.at, note=f"{reading.sensor} passes again")
