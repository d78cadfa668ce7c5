"""What an alert says: what happened, what to do, where to look. Pure; plain text, so that any channel can show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ritournelle.monitoring.alerts.channel import Kind, Message
from ritournelle.monitoring.alerts.outbox import Alert
from ritournelle.monitoring.alerts.words import say, say_minutes, say_number
from ritournelle.monitoring.incidents import PERSON, Event, Incident
from ritournelle.monitoring.reading import Severity
from ritournelle.monitoring.rules import Language, Rules

_TITLE_CHARACTERS = 140
_FACT_CHARACTERS = 200
_ENDS = {Event.RESOLVED: "resolved", Event.CLOSED_ITSELF: "over"}


@dataclass(frozen=True)
class Style:
    """How messages are written: language, zone of their times, where the health page is."""

    language: Language = "en"
    zone: str = "UTC"
    link: str | None = None

    def moment(self, at: datetime) -> str:
        """In the zone, with its name."""
        return f"{at.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M} {self.zone}"


def alert_message(alert: Alert, rules: Rules, style: Style) -> Message:
    """One event of one incident."""
    paragraphs = ["\n".join(filter(None, lines)) for lines in _paragraphs(alert, rules, style)]
    title = f"Ritournelle · {_heading(alert, style)} · {sentence(alert.incident, rules, style.language)}"
    return Message(_cut(title, _TITLE_CHARACTERS), "\n\n".join(filter(None, paragraphs)), _kind(alert))


def sentence(incident: Incident, rules: Rules, language: Language) -> str:
    """What is wrong, in the language of the reader where the rules know it."""
    rule = rules.by_sensor.get(incident.sensor)
    if rule is None:
        return incident.message
    return rule.fired.said(language, _facts(incident))


def _heading(alert: Alert, style: Style) -> str:
    language, severity = style.language, say(style.language, alert.severity)
    if alert.event in _ENDS:
        return say(language, _ENDS[alert.event])
    if alert.event is Event.OPENED:
        return severity
    return f"{severity}, {say(language, 'again' if alert.event is Event.REOPENED else 'worse')}"


def _kind(alert: Alert) -> Kind:
    if alert.event in _ENDS:
        return "good"
    return "bad" if alert.severity.is_critical else "warning"


def _paragraphs(alert: Alert, rules: Rules, style: Style) -> Iterator[list[str]]:
    incident, language = alert.incident, style.language
    yield [sentence(incident, rules, language), say(language, "repeat") if alert.is_repeat else ""]
    yield from _end(alert, style) if alert.event in _ENDS else _trouble(alert, rules, style)
    page = f"{style.link}/incidents/{incident.incident_id}" if style.link else ""
    yield [_line(language, "incident", incident.incident_id), _line(language, "page", page)]


def _end(alert: Alert, style: Style) -> Iterator[list[str]]:
    incident, language = alert.incident, style.language
    by_itself = alert.event is Event.CLOSED_ITSELF
    how = say(language, "by itself") if by_itself else say(language, "by a person", who=alert.by)
    minutes = (alert.at - incident.first_seen_at).total_seconds() / 60
    lasted = f"{say_minutes(language, minutes)}, {_seen(incident, language)}"
    note = "" if by_itself else alert.note
    yield [_line(language, "closed by", how), note, _line(language, "lasted", lasted)]


def _trouble(alert: Alert, rules: Rules, style: Style) -> Iterator[list[str]]:
    incident, language = alert.incident, style.language
    yield [_line(language, "now", say(language, "is over")) if incident.is_over else ""]
    if incident.sensor == PERSON:
        yield [say(language, "reported")]
    elif alert.severity is Severity.BLOCK:
        yield [say(language, "hold")]
    yield [
        _line(language, "what was done", _done(incident, rules, language)),
        _line(language, "what to do", _action(incident, rules, language)),
    ]
    yield [
        _line(language, "what it is", _meaning(incident, rules, language)),
        _line(language, "evidence", _evidence(incident, rules, language)),
        _line(language, "since", f"{style.moment(incident.first_seen_at)}, {_seen(incident, language)}"),
        _line(language, "owner", incident.owner),
        _line(language, "runbook", f"docs/runbooks/{incident.runbook}.md" if incident.runbook else ""),
    ]
    yield ["" if incident.is_over else _line(language, "take it", f"ritournelle incidents ack {incident.incident_id}")]


def _done(incident: Incident, rules: Rules, language: Language) -> str:
    rule = rules.by_sensor.get(incident.sensor)
    return rule.done.said(language, _facts(incident)) if rule else ""


def _action(incident: Incident, rules: Rules, language: Language) -> str:
    if incident.sensor == PERSON:
        return say(language, "ask the reporter", id=incident.incident_id)
    rule = rules.by_sensor.get(incident.sensor)
    return rule.action.said(language, _facts(incident)) if rule else ""


def _meaning(incident: Incident, rules: Rules, language: Language) -> str:
    rule = rules.by_sensor.get(incident.sensor)
    return rule.meaning.said(language, _facts(incident)) if rule else ""


def _line(language: Language, label: str, text: str) -> str:
    colon = " :" if language == "fr" else ":"
    return f"{say(language, label)}{colon} {text}" if text else ""


def _seen(incident: Incident, language: Language) -> str:
    if incident.times_seen == 1:
        return say(language, "seen once")
    return say(language, "seen", count=incident.times_seen)


def _evidence(incident: Incident, rules: Rules, language: Language) -> str:
    """The facts that the sentence does not hold already."""
    told = sentence(incident, rules, language)
    facts = {name: _told(value, language) for name, value in incident.facts.items() if value not in (None, "", [], {})}
    shown = {name: text for name, text in facts.items() if not (isinstance(incident.facts[name], str) and text in told)}
    return " · ".join(_cut(f"{name.replace('_', ' ')} {text}", _FACT_CHARACTERS) for name, text in shown.items())


def _told(value: Any, language: Language) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return say_number(language, value)


def _facts(incident: Incident) -> dict[str, Any]:
    return {"subject": incident.subject, **incident.facts}


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
