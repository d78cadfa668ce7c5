"""The operator's journal: runs, steps, checks, readings and incidents in one SQLite file of the home, `operations.db`.

Beside the warehouse and not in it, because it has to tell of a warehouse that is locked, full or gone, of runs that
published nothing, and to take a person's word while a run is writing (ADR 8). `ops.incidents` receives a copy.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from ritournelle.errors import PermanentError
from ritournelle.monitoring.following import Flapping, Opening, follow
from ritournelle.monitoring.incident_rows import incident_of, keep, named, standing_of
from ritournelle.monitoring.incidents import Change, Incident, opened_by_person
from ritournelle.monitoring.moments import moment_of, text_of
from ritournelle.monitoring.reading import Reading, Severity, Status
from ritournelle.monitoring.reports import Report
from ritournelle.sqlite_file import opened, transaction

_BUSY_SECONDS = 10.0
_NO_ROOM_TO_OPEN = re.compile("disk I/O error|disk is full|unable to open|readonly database")
"""What SQLite says when it cannot make the two files that it wants beside a database, however little is asked of it."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, run_number INTEGER NOT NULL, verb TEXT NOT NULL, logical_date TEXT NOT NULL,
    status TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT, duration_seconds REAL, message TEXT,
    peak_memory_bytes INTEGER);
CREATE INDEX IF NOT EXISTS runs_started ON runs (started_at);
CREATE TABLE IF NOT EXISTS run_steps (
    run_id TEXT NOT NULL, step TEXT NOT NULL, source TEXT NOT NULL, status TEXT NOT NULL, started_at TEXT NOT NULL,
    finished_at TEXT, duration_seconds REAL, message TEXT, measures TEXT NOT NULL, details TEXT NOT NULL,
    PRIMARY KEY (run_id, step, source));
CREATE INDEX IF NOT EXISTS steps_by_kind ON run_steps (step, status, finished_at);
CREATE TABLE IF NOT EXISTS check_results (
    run_id TEXT NOT NULL, check_name TEXT NOT NULL, kind TEXT, target TEXT, severity TEXT, outcome TEXT,
    failures INTEGER, message TEXT, checked_at TEXT NOT NULL, PRIMARY KEY (run_id, check_name));
CREATE INDEX IF NOT EXISTS checks_checked ON check_results (checked_at);
CREATE TABLE IF NOT EXISTS readings (
    sensor TEXT NOT NULL, subject TEXT NOT NULL, at TEXT NOT NULL, status TEXT NOT NULL, severity TEXT NOT NULL,
    facts TEXT NOT NULL, measured REAL, bound REAL, PRIMARY KEY (sensor, subject, at));
CREATE INDEX IF NOT EXISTS readings_at ON readings (at);
CREATE TABLE IF NOT EXISTS latest_readings (
    sensor TEXT NOT NULL, subject TEXT NOT NULL, at TEXT NOT NULL, status TEXT NOT NULL, severity TEXT NOT NULL,
    facts TEXT NOT NULL, measured REAL, bound REAL, PRIMARY KEY (sensor, subject));
CREATE TABLE IF NOT EXISTS refusals (
    at TEXT NOT NULL, verb TEXT NOT NULL, problem TEXT NOT NULL, message TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS refusals_at ON refusals (at);
CREATE TABLE IF NOT EXISTS servers (
    server TEXT PRIMARY KEY, started_at TEXT NOT NULL, seen_at TEXT NOT NULL, ended_at TEXT, traffic TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS incidents (
    incident_id TEXT PRIMARY KEY, key TEXT NOT NULL, phase TEXT NOT NULL, last_seen_at TEXT NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS one_open_per_key ON incidents (key) WHERE phase <> 'resolved';
CREATE TABLE IF NOT EXISTS incident_events (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT, incident_id TEXT NOT NULL, at TEXT NOT NULL, event TEXT NOT NULL,
    done_by TEXT NOT NULL, note TEXT NOT NULL, severity TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_of ON incident_events (incident_id);
CREATE TABLE IF NOT EXISTS alert_channels (
    channel TEXT PRIMARY KEY, after_event INTEGER NOT NULL, digested_at TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, failing_since TEXT, problem TEXT NOT NULL DEFAULT '', tried_at TEXT);
CREATE TABLE IF NOT EXISTS alerts (
    event_id INTEGER NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    is_repeat INTEGER NOT NULL DEFAULT 0, sent_at TEXT, PRIMARY KEY (event_id, channel));
CREATE INDEX IF NOT EXISTS alerts_waiting ON alerts (channel, state);
"""


class Journal:
    """Many processes may read and write it at once; each write is one short transaction."""

    def __init__(self, path: Path, flapping: Flapping = Flapping()) -> None:
        self._path = path
        self._flapping = flapping
        self._is_ready = False
        self._held = threading.local()

    @property
    def is_there(self) -> bool:
        """Whether anything was ever written to it: reading alone should not make a home."""
        return self._path.exists()

    def keep_readings(self, readings: Sequence[Reading]) -> None:
        """Add the readings of one moment; the same ones again change nothing."""
        rows = [
            (
                reading.sensor,
                reading.subject,
                text_of(reading.at),
                reading.status.value,
                reading.severity.value,
                json.dumps(dict(reading.facts), ensure_ascii=False, default=str),
                reading.measured,
                reading.limit,
            )
            for reading in readings
        ]
        with self.writing() as connection:
            # Beside all readings the last of each: of a year's it would take 100 ms to find them (300,000 rows).
            for table in ("readings", "latest_readings"):
                connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def latest_readings(self) -> list[Reading]:
        """Of each sensor and subject the last one, by sensor and subject."""
        return [_reading(row) for row in self._rows("SELECT * FROM latest_readings ORDER BY sensor, subject")]

    def readings_of(self, sensor: str, subject: str, since: datetime) -> list[Reading]:
        """All readings of one sensor and subject from a moment on, oldest first."""
        query = "SELECT * FROM readings WHERE sensor = ? AND subject = ? AND at >= ? ORDER BY at"
        return [_reading(row) for row in self._rows(query, (sensor, subject, text_of(since)))]

    def open_incidents(self) -> list[Incident]:
        """Those that are not resolved, the latest seen first."""
        return self._incidents("WHERE phase <> 'resolved'")

    def incidents(self, limit: int = 100) -> list[Incident]:
        """The last ones, resolved or not, the latest seen first."""
        return self._incidents("", limit)

    def incident(self, beginning: str) -> Incident:
        """The one of this id, else the one whose id begins so; `PermanentError` when none or several do."""
        with self._connected() as connection:
            return named(connection, beginning)

    def follow(self, readings: Sequence[Reading], openings: Mapping[str, Opening]) -> list[Change]:
        """Let incidents follow these readings; what changed.

        Read, decided and written in one transaction: of two processes with the same trouble one opens the incident
        and the other sees it, and nobody's acknowledgement is overwritten.
        """
        if not readings:
            return []
        since = max(reading.at for reading in readings) - self._flapping.reopen_within
        query = "SELECT body FROM incidents WHERE phase <> 'resolved' OR json_extract(body, '$.resolved_at') >= ?"
        with self.writing() as connection:
            known = [incident_of(row["body"]) for row in connection.execute(query, (text_of(since),))]
            return [keep(connection, change) for change in follow(known, readings, openings, self._flapping)]

    def amend(self, beginning: str, decide: Callable[[Incident], Change]) -> Change:
        """Do something to one incident, as `acknowledged`, `action_taken` and `resolved` do; their errors."""
        with self.writing() as connection:
            return keep(connection, decide(named(connection, beginning)))

    def open_by_person(self, report: Report, at: datetime) -> Change:
        """A consumer's report: a new incident, or one more voice of the open one on the same subject."""
        with self.writing() as connection:
            return keep(connection, opened_by_person(report, at, standing_of(connection, report.key)))

    def keep_changes(self, changes: Iterable[Change]) -> None:
        """Write incidents as they are now, and what happened to them, all or none.

        Two processes may have read the same: use `follow` or `amend`, which decide inside the transaction.
        """
        with self.writing() as connection:
            for change in changes:
                keep(connection, change)

    def events_of(self, incident_id: str) -> list[dict[str, Any]]:
        """What happened to an incident, oldest first: `at`, `event`, `done_by`, `note`."""
        query = "SELECT at, event, done_by, note FROM incident_events WHERE incident_id = ? ORDER BY at, event_id"
        return [dict(row) | {"at": moment_of(row["at"])} for row in self._rows(query, (incident_id,))]

    def keep_rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows to `runs`, `run_steps`, `check_results` or `refusals`; one of the same key is replaced."""
        with self.writing() as connection:
            for row in rows:
                names, places = ", ".join(row), ", ".join("?" for _ in row)
                values = [text_of(value) if isinstance(value, datetime) else value for value in row.values()]
                connection.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({places})", values)

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """A SELECT on the journal's tables, for pages and reports; moments stay ISO 8601 texts in UTC."""
        return [dict(row) for row in self._rows(query, parameters)]

    def forget_before(self, moment: datetime) -> None:
        """Remove what is older, but for incidents, which are kept for ever."""
        told = text_of(moment)
        with self.writing() as connection:
            of_runs = (("runs", "started_at"), ("run_steps", "started_at"), ("check_results", "checked_at"))
            for table, column in (*of_runs, ("readings", "at"), ("latest_readings", "at"), ("refusals", "at")):
                connection.execute(f"DELETE FROM {table} WHERE {column} < ?", (told,))

    def _incidents(self, condition: str, limit: int = 10_000) -> list[Incident]:
        query = f"SELECT body FROM incidents {condition} ORDER BY last_seen_at DESC, incident_id LIMIT ?"
        return [incident_of(row["body"]) for row in self._rows(query, (limit,))]

    def _rows(self, query: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        try:
            with self._connected() as connection:
                return connection.execute(query, tuple(parameters)).fetchall()
        except PermanentError as error:
            if not self.is_there or not _NO_ROOM_TO_OPEN.search(str(error)):
                raise
            return self._rows_as_they_lie(query, parameters, error)

    def _rows_as_they_lie(self, query: str, parameters: Sequence[Any], problem: PermanentError) -> list[sqlite3.Row]:
        """Without the files beside it, for which a full disk has no room: that is when we are asked."""
        try:
            with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
                connection.row_factory = sqlite3.Row
                return connection.execute(query, tuple(parameters)).fetchall()
        except sqlite3.DatabaseError:
            raise problem from None

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction of the only writer: what is read inside is true until it ends."""
        with self._connected() as connection, transaction(connection):
            yield connection

    @contextmanager
    def held(self) -> Iterator[None]:
        """One connection for all that this thread asks inside: to open and to close one takes a millisecond."""
        with self._connected() as connection:
            self._held.connection = connection
            try:
                yield
            finally:
                self._held.connection = None

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        held: sqlite3.Connection | None = getattr(self._held, "connection", None)
        try:
            with self._opened() if held is None else nullcontext(held) as connection:
                yield connection
        except sqlite3.DatabaseError as error:
            raise PermanentError(f"the journal {self._path} cannot be used: {error}") from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        # A page asks twenty times: to look each time whether all tables are there took a third of it.
        schema = "" if self._is_ready and self._path.exists() else _SCHEMA
        with closing(opened(self._path, schema, wait_seconds=_BUSY_SECONDS)) as connection:
            self._is_ready = True
            yield connection


def _reading(row: sqlite3.Row) -> Reading:
    return Reading(
        row["sensor"],
        row["subject"],
        Status(row["status"]),
        Severity(row["severity"]),
        moment_of(row["at"]),
        json.loads(row["facts"]),
        row["measured"],
        row["bound"],
    )
