"""The outbox: of every event of an incident and every channel, whether the channel was told. It lies in the journal.

An event is written in the transaction that changes its incident, so none is lost. It is sent between two notes,
`sending` and `sent`: a process that dies between them leaves `sending`, and the next one sends it again and says so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ritournelle.monitoring.alerts.delivery import Delivery
from ritournelle.monitoring.incident_rows import incident_of
from ritournelle.monitoring.incidents import Event, Incident
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.moments import moment_of, text_of
from ritournelle.monitoring.reading import Severity

ALERTED = (Event.OPENED, Event.REOPENED, Event.WORSENED, Event.RESOLVED, Event.CLOSED_ITSELF)
_PATIENCE = 3  # tries after which an alert lets all others go first: one that is always refused must not block them


@dataclass(frozen=True)
class Alert:
    """One event that one channel has to hear of; `incident` as it is now, `severity` as it was then."""

    event_id: int
    channel: str
    event: Event
    at: datetime
    by: str
    note: str
    severity: Severity
    incident: Incident
    is_repeat: bool = False


class Outbox:
    """Its writers take turns: `recover` and what follows is for the one process that holds the sender's lock."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def take_in(self, channels: Sequence[str], least: Severity, now: datetime, since: datetime | None = None) -> None:
        """Put in what happened since the last time, for every channel.

        Channels that are new hear of events from `since` (by default: from now) on; those that are gone are forgotten.
        """
        with self._journal.writing() as connection:
            last = _last_event(connection, since)
            connection.executemany(
                "INSERT OR IGNORE INTO alert_channels (channel, after_event, digested_at) VALUES (?, ?, ?)",
                [(channel, last, text_of(now)) for channel in channels],
            )
            gone = f"channel NOT IN ({', '.join('?' for _ in channels)})"
            connection.execute(f"DELETE FROM alerts WHERE state <> 'sent' AND {gone}", tuple(channels))
            connection.execute(f"DELETE FROM alert_channels WHERE {gone}", tuple(channels))
            _collect(connection, least)

    def recover(self) -> None:
        """Alerts that a process was killed over wait again, marked as repeats."""
        if self._journal.rows("SELECT 1 FROM alerts WHERE state = 'sending' LIMIT 1"):
            self._write("UPDATE alerts SET state = 'waiting', is_repeat = 1 WHERE state = 'sending'", ())

    def waiting(self, channel: str) -> list[Alert]:
        """What a channel has not been told yet, oldest first."""
        rows = self._journal.rows(
            "SELECT a.event_id, a.channel, a.is_repeat, e.event, e.at, e.done_by, e.note, e.severity, i.body"
            " FROM alerts a JOIN incident_events e USING (event_id) JOIN incidents i USING (incident_id)"
            " WHERE a.channel = ? AND a.state = 'waiting' ORDER BY a.tries >= ?, a.event_id",
            (channel, _PATIENCE),
        )
        return [
            Alert(
                row["event_id"],
                row["channel"],
                Event(row["event"]),
                moment_of(row["at"]),
                row["done_by"],
                row["note"],
                Severity(row["severity"]),
                incident_of(row["body"]),
                bool(row["is_repeat"]),
            )
            for row in rows
        ]

    def begin(self, alert: Alert) -> None:
        """It is being sent."""
        self._note(alert, "state = 'sending', tries = tries + 1")

    def sent(self, alert: Alert, now: datetime) -> None:
        """It was taken."""
        self._note(alert, "state = 'sent', sent_at = ?", text_of(now))

    def refused(self, alert: Alert) -> None:
        """It was not taken: it waits for the next time."""
        self._note(alert, "state = 'waiting', is_repeat = 0")

    def channel_worked(self, channel: str, now: datetime) -> None:
        """A channel took what it was sent."""
        self._write(
            "UPDATE alert_channels SET failures = 0, failing_since = NULL, problem = '', tried_at = ?"
            " WHERE channel = ?",
            (text_of(now), channel),
        )

    def channel_failed(self, channel: str, problem: str, now: datetime) -> None:
        """A channel did not."""
        told = text_of(now)
        self._write(
            "UPDATE alert_channels SET failures = failures + 1, failing_since = coalesce(failing_since, ?),"
            " problem = ?, tried_at = ? WHERE channel = ?",
            (told, problem, told, channel),
        )

    def digested_at(self, channel: str) -> datetime:
        """When a channel was sent the digest last, or became known."""
        (row,) = self._journal.rows("SELECT digested_at FROM alert_channels WHERE channel = ?", (channel,))
        return moment_of(row["digested_at"])

    def digested(self, channel: str, now: datetime) -> None:
        """A channel took the digest."""
        self._write("UPDATE alert_channels SET digested_at = ? WHERE channel = ?", (text_of(now), channel))

    def deliveries(self) -> list[Delivery]:
        """How it stands with every channel that was tried."""
        rows = self._journal.rows(
            "SELECT c.*, (SELECT count(*) FROM alerts a WHERE a.channel = c.channel AND a.state <> 'sent') AS waiting"
            " FROM alert_channels c WHERE tried_at IS NOT NULL ORDER BY channel"
        )
        return [
            Delivery(
                row["channel"],
                row["failures"],
                row["problem"],
                row["waiting"],
                moment_of(row["failing_since"]) if row["failing_since"] else None,
            )
            for row in rows
        ]

    def _note(self, alert: Alert, change: str, *values: str) -> None:
        statement = f"UPDATE alerts SET {change} WHERE event_id = ? AND channel = ?"
        self._write(statement, (*values, alert.event_id, alert.channel))

    def _write(self, statement: str, values: Sequence[object]) -> None:
        with self._journal.writing() as connection:
            connection.execute(statement, tuple(values))


def _collect(connection: sqlite3.Connection, least: Severity) -> None:
    order = list(Severity)
    wanted = order[order.index(least) :]
    events, severities = (", ".join(f"'{one}'" for one in kinds) for kinds in (ALERTED, wanted))
    connection.execute(
        "INSERT OR IGNORE INTO alerts (event_id, channel, state) SELECT e.event_id, c.channel, 'waiting'"
        " FROM incident_events e JOIN alert_channels c ON e.event_id > c.after_event"
        f" WHERE e.event IN ({events}) AND e.severity IN ({severities})"
    )
    connection.execute("UPDATE alert_channels SET after_event = max(after_event, ?)", (_last_event(connection),))


def _last_event(connection: sqlite3.Connection, before: datetime | None = None) -> int:
    """Number of the last event, before a moment if one is given; 0 when there is none."""
    condition, values = ("WHERE at < ?", (text_of(before),)) if before else ("", ())
    query = f"SELECT coalesce(max(event_id), 0) FROM incident_events {condition}"
    return int(connection.execute(query, values).fetchone()[0])
