"""Incidents as rows of the journal, on a connection that its caller has opened."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from ritournelle.errors import PermanentError
from ritournelle.monitoring.incidents import Change, Event, Incident, Phase
from ritournelle.monitoring.moments import moment_of, text_of
from ritournelle.monitoring.reading import Severity


def keep(connection: sqlite3.Connection, change: Change) -> Change:
    """Write one change; what was written, which is another one where somebody else was quicker."""
    if change.event is Event.OPENED:
        change = _opened_once(connection, change)
    incident = change.incident
    body = json.dumps(asdict(incident), ensure_ascii=False, default=_plain)
    row = (incident.incident_id, incident.key, incident.phase, text_of(incident.last_seen_at), body)
    connection.execute(
        "INSERT INTO incidents VALUES (?, ?, ?, ?, ?) ON CONFLICT (incident_id) DO UPDATE SET"
        " phase = excluded.phase, last_seen_at = excluded.last_seen_at, body = excluded.body",
        row,
    )
    if change.event is not None:
        happened = (incident.incident_id, text_of(change.at), change.event, change.by, change.note, incident.severity)
        connection.execute(
            "INSERT INTO incident_events (incident_id, at, event, done_by, note, severity) VALUES (?, ?, ?, ?, ?, ?)",
            happened,
        )
    return change


def _opened_once(connection: sqlite3.Connection, change: Change) -> Change:
    """The same trouble is seen again by the incident that stands; an id that is taken gets a number."""
    new = change.incident
    standing = standing_of(connection, new.key)
    if standing is not None:
        last = max(standing.last_seen_at, new.last_seen_at)
        seen = replace(standing, last_seen_at=last, times_seen=standing.times_seen + 1)
        return replace(change, incident=seen, event=None)
    return replace(change, incident=replace(new, incident_id=_free(connection, new.incident_id)))


def _free(connection: sqlite3.Connection, wanted: str) -> str:
    name, number = wanted, 1
    while connection.execute("SELECT 1 FROM incidents WHERE incident_id = ?", (name,)).fetchone():
        number += 1
        name = f"{wanted}-{number}"
    return name


def standing_of(connection: sqlite3.Connection, key: str) -> Incident | None:
    """The incident of a key that is not resolved."""
    query = "SELECT body FROM incidents WHERE key = ? AND phase <> 'resolved'"
    row = connection.execute(query, (key,)).fetchone()
    return incident_of(row["body"]) if row else None


def named(connection: sqlite3.Connection, beginning: str) -> Incident:
    """The one of this id, else the one whose id begins so; `PermanentError` when none or several do."""
    wanted = beginning.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    query = "SELECT incident_id, body FROM incidents WHERE incident_id LIKE ? ESCAPE '\\'"
    found = {row["incident_id"]: row["body"] for row in connection.execute(query, (wanted,))}
    if beginning in found:
        return incident_of(found[beginning])
    if len(found) != 1:
        told = "no incident has" if not found else f"{len(found)} incidents have"
        raise PermanentError(f"{told} an id that begins with {beginning!r}; see `ritournelle incidents list`")
    return incident_of(*found.values())


def incident_of(body: str) -> Incident:
    """As it was written."""
    fields = json.loads(body)
    moments = {
        name: None if fields.get(name) is None else moment_of(fields[name])
        for name in ("first_seen_at", "last_seen_at", "acknowledged_at", "resolved_at")
    }
    kinds = {"severity": Severity(fields["severity"]), "phase": Phase(fields["phase"])}
    return Incident(**(fields | moments | kinds))


def _plain(value: Any) -> str:
    return text_of(value) if isinstance(value, datetime) else str(value)
