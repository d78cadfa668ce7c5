"""Servers in the journal: one row each, with what it answered in the last minutes before it was seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.moments import moment_of, text_of

_KEEP = "INSERT OR REPLACE INTO servers (server, started_at, seen_at, ended_at, traffic) VALUES (?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM servers WHERE server <> ? AND seen_at < ?"


@dataclass(frozen=True)
class ServerReport:
    """A server as it was seen last; `traffic` as `serving.traffic` gives it, `ended_at` when it said that it ends."""

    server: str
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    traffic: Mapping[str, Any]


def keep_server(journal: Journal, report: ServerReport, *, forget_before: datetime) -> None:
    """Write its row anew, and remove those of servers that were not seen since."""
    ended = None if report.ended_at is None else text_of(report.ended_at)
    row = (report.server, text_of(report.started_at), text_of(report.seen_at), ended, json.dumps(dict(report.traffic)))
    with journal.writing() as connection:
        connection.execute(_KEEP, row)
        connection.execute(_FORGET, (report.server, text_of(forget_before)))


def servers_of(journal: Journal) -> list[ServerReport]:
    """All that are on record, the latest seen last."""
    return [
        ServerReport(
            row["server"],
            moment_of(row["started_at"]),
            moment_of(row["seen_at"]),
            moment_of(row["ended_at"]) if row["ended_at"] else None,
            json.loads(row["traffic"]),
        )
        for row in journal.rows("SELECT * FROM servers ORDER BY seen_at")
    ]
