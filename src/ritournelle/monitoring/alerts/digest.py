"""The daily digest: what is open, what happened since the last one, and yesterday's runs and rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ritournelle.monitoring.alerts.channel import Kind, Message
from ritournelle.monitoring.alerts.hours import yesterday
from ritournelle.monitoring.alerts.text import Style, sentence
from ritournelle.monitoring.alerts.words import say, say_event, say_number
from ritournelle.monitoring.incident_rows import incident_of
from ritournelle.monitoring.incidents import Incident
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.moments import text_of
from ritournelle.monitoring.rules import Language, Rules

_MOST_LINES = 30
_ROWS = ("inserted", "updated", "deleted", "quarantined")


@dataclass(frozen=True)
class Happening:
    """Something that happened to an incident."""

    event: str
    by: str
    note: str
    incident: Incident


@dataclass(frozen=True)
class Digest:
    """What a digest tells of; `runs` and their `steps` as the journal keeps them."""

    at: datetime
    since: datetime
    incidents: Sequence[Incident]
    happened: Sequence[Happening]
    runs: Sequence[dict[str, Any]]
    steps: Sequence[dict[str, Any]]

    @classmethod
    def of(cls, journal: Journal, since: datetime, now: datetime, zone: str) -> Digest:
        """Read it: events after `since`, runs of the day before `now` in a zone."""
        events = journal.rows(
            "SELECT e.event, e.done_by, e.note, i.body FROM incident_events e JOIN incidents i USING (incident_id)"
            " WHERE e.at > ? AND e.at <= ? ORDER BY e.event_id",
            (text_of(since), text_of(now)),
        )
        day = tuple(text_of(moment) for moment in yesterday(zone, now))
        runs = journal.rows("SELECT * FROM runs WHERE started_at >= ? AND started_at < ? ORDER BY started_at", day)
        steps = journal.rows(
            "SELECT s.* FROM run_steps s JOIN runs r USING (run_id) WHERE r.started_at >= ? AND r.started_at < ?"
            " AND s.source <> '' ORDER BY s.started_at",
            day,
        )
        happened = [Happening(row["event"], row["done_by"], row["note"], incident_of(row["body"])) for row in events]
        return cls(now, since, journal.open_incidents(), happened, runs, steps)

    def message(self, rules: Rules, style: Style) -> Message:
        """As it is sent."""
        return Message(self._title(style), "\n".join(self._lines(rules, style)), self._kind)

    @property
    def _critical(self) -> int:
        return sum(incident.severity.is_critical for incident in self.incidents)

    @property
    def _kind(self) -> Kind:
        if not self.incidents:
            return "good"
        return "bad" if self._critical else "warning"

    def _title(self, style: Style) -> str:
        told = say(style.language, "all is well")
        if self.incidents:
            told = say(style.language, "n open", count=len(self.incidents), critical=self._critical)
        return f"Ritournelle · {say(style.language, 'digest')} · {told}"

    def _lines(self, rules: Rules, style: Style) -> Iterator[str]:
        language = style.language
        yield say(language, "open incidents")
        yield from _listed([_open(one, rules, style) for one in _worst_first(self.incidents)], style, "none")
        yield "\n" + say(language, "since then", when=style.moment(self.since))
        told = [_happened(one, rules, style) for one in self.happened]
        yield from _listed(told, style, "nothing happened")
        day = f"{yesterday(style.zone, self.at)[0]:%Y-%m-%d}"
        yield "\n" + say(language, "yesterday", when=day)
        yield from _listed([self._run(run, language) for run in self.runs], style, "no run")
        if style.link:
            yield f"\n{style.link}"

    def _run(self, run: dict[str, Any], language: Language) -> str:
        seconds = "" if run["duration_seconds"] is None else f", {run['duration_seconds']:.0f} s"
        sources = [_rows(step, language) for step in self.steps if step["run_id"] == run["run_id"]]
        failed = f" · {run['message'].splitlines()[0]}" if run["message"] and run["status"] != "succeeded" else ""
        told = f"{run['verb']}: {say(language, run['status'])}{seconds}{failed}"
        return "\n    ".join([told, *sources])


def _rows(step: dict[str, Any], language: Language) -> str:
    measures = json.loads(step["measures"])
    if measures.get("landed") is None:
        return f"{step['source']}: {say(language, step['status'])}"
    told = [f"{say_number(language, measures['landed'])} {say(language, 'rows')}"]
    changes = [name for name in _ROWS if measures.get(name)]
    told += [f"{say_number(language, measures[name])} {say(language, name)}" for name in changes]
    return f"{step['source']}: {', '.join(told)}"


def _open(incident: Incident, rules: Rules, style: Style) -> str:
    language = style.language
    taken = say(language, "taken by", who=incident.taken_by) if incident.taken_by else say(language, "nobody")
    told = f"{say(language, incident.severity)} · {sentence(incident, rules, language)}"
    return f"{told}\n    {style.moment(incident.first_seen_at)} · {taken} · {incident.incident_id}"


def _happened(one: Happening, rules: Rules, style: Style) -> str:
    note = f" ({one.note})" if one.note and one.event in ("action", "resolved", "acknowledged", "reported") else ""
    return f"{say_event(style.language, one.event)}: {sentence(one.incident, rules, style.language)}{note}"


def _worst_first(incidents: Sequence[Incident]) -> list[Incident]:
    return sorted(incidents, key=lambda one: (not one.severity.is_critical, one.first_seen_at))


def _listed(lines: Sequence[str], style: Style, nothing: str) -> Iterator[str]:
    if not lines:
        yield f"  {say(style.language, nothing)}"
    yield from (f"- {line}" for line in lines[:_MOST_LINES])
    if len(lines) > _MOST_LINES:
        yield say(style.language, "and more", count=len(lines) - _MOST_LINES)
