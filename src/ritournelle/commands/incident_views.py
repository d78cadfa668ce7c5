"""How incidents look in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ritournelle.monitoring.incidents import PERSON, Incident
from ritournelle.monitoring.rules import Rules

_OUT = Console(highlight=False)
_LISTED_CHARACTERS = 120
_COLOURS = {"warn": "yellow", "error": "red", "block": "bold red"}


def to_dict(incident: Incident) -> dict[str, Any]:
    """JSON-ready, without how to reach whoever reported it."""
    fields = {name: getattr(incident, name) for name in incident.__dataclass_fields__ if name != "contact"}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}


def show_incidents(incidents: Sequence[Incident], every: bool) -> None:
    """Two lines per incident: what, and by which id it is taken."""
    if not incidents:
        _OUT.print("there was no incident yet" if every else "no incident is open")
        return
    table = Table()
    for column in ("severity", "incident", "since (UTC)", "seen", "state"):
        table.add_column(
            column,
            justify="right" if column == "seen" else "left",
            no_wrap=column == "since (UTC)",
            overflow="fold",  # an id must be whole: it is copied
        )
    for one in incidents:
        severity = f"[{_COLOURS[one.severity]}]{one.severity}[/]"
        told = f"{escape(_short(one.message))}\n[dim]{escape(one.incident_id)}[/]"
        table.add_row(severity, told, f"{one.first_seen_at:%m-%d %H:%M}", f"{one.times_seen}×", escape(_state(one)))
    _OUT.print(table)


def show_incident(incident: Incident, events: Sequence[Mapping[str, Any]], rules: Rules) -> None:
    """All of it, a line per fact and per event."""
    _OUT.print(f"[{_COLOURS[incident.severity]}]{incident.severity}[/] {escape(incident.message)}", soft_wrap=True)
    for label, value in _facts(incident, rules):
        if value:
            _OUT.print(f"[bold]{label}[/]: {escape(value)}", soft_wrap=True)
    for event in events:
        note = f": {event['note']}" if event["note"] else ""
        told = f"{event['at']:%Y-%m-%d %H:%M} {event['event']} by {event['done_by']}{note}"
        _OUT.print(f"  {escape(told)}", soft_wrap=True)


def _facts(incident: Incident, rules: Rules) -> list[tuple[str, str]]:
    rule = rules.by_sensor.get(incident.sensor)
    facts = {"subject": incident.subject, **incident.facts}
    flaps = f"it comes and goes: reopened {incident.reopenings} times" if incident.reopenings else ""
    return [
        ("incident", incident.incident_id),
        ("state", _state(incident)),
        ("what to do", rule.action.said("en", facts) if rule else ""),
        ("evidence", ", ".join(f"{name} {value}" for name, value in incident.facts.items() if value not in (None, ""))),
        ("first seen", f"{incident.first_seen_at:%Y-%m-%d %H:%M} UTC"),
        ("last seen", f"{incident.last_seen_at:%Y-%m-%d %H:%M} UTC, {incident.times_seen}×"),
        ("flapping", flaps),
        ("owner", incident.owner),
        ("reported by", incident.opened_by if incident.sensor == PERSON else ""),
        ("contact", incident.contact),
        ("runbook", f"docs/runbooks/{incident.runbook}.md" if incident.runbook else ""),
    ]


def _short(message: str) -> str:
    """`incidents show` has the whole of it."""
    return message if len(message) <= _LISTED_CHARACTERS else message[:_LISTED_CHARACTERS] + "…"


def _state(incident: Incident) -> str:
    if incident.is_over:
        return "closed itself" if incident.closed_itself else "resolved"
    return f"taken by {incident.taken_by}" if incident.phase == "acknowledged" else str(incident.phase)
