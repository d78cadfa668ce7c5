"""The health report: how it stands with every part of the river, in one word and in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ritournelle.monitoring.incidents import Incident
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.parts import PARTS, part_of
from ritournelle.monitoring.reading import Reading, Status
from ritournelle.monitoring.rules import Language, Rules


class Health(StrEnum):
    """The worst of what was read; `critical` makes `ritournelle health` exit with 1."""

    GOOD = "good"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"  # nothing has run yet


@dataclass(frozen=True)
class Trouble:
    """One trouble in sentences: what broke, what was done about it already, what a person can do."""

    reading: Reading
    what_broke: str
    what_was_done: str
    what_you_can_do: str

    def to_dict(self) -> dict[str, str]:
        """JSON-ready."""
        named = {
            "sensor": self.reading.sensor,
            "subject": self.reading.subject,
            "severity": self.reading.severity.value,
        }
        names = ("what_broke", "what_was_done", "what_you_can_do")
        return named | {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class HealthReport:
    """What was read last of every sensor and subject, and the incidents that are not resolved.

    `fresh_as_of`: when what readers see was published (UTC); None before the first publication.
    """

    at: datetime
    fresh_as_of: datetime | None
    readings: Sequence[Reading]
    incidents: Sequence[Incident]
    rules: Rules

    @classmethod
    def of(cls, journal: Journal, rules: Rules, at: datetime) -> HealthReport:
        """From the journal alone: a few milliseconds, however many runs it holds."""
        published = "SELECT max(finished_at) AS at FROM run_steps WHERE step = 'publish' AND status = 'succeeded'"
        moment = journal.rows(published)[0]["at"]
        known = [one for one in journal.latest_readings() if one.sensor in rules.by_sensor and rules.is_on(one.sensor)]
        fresh = datetime.fromisoformat(moment) if moment else None
        return cls(at, fresh, known, journal.open_incidents(), rules)

    @property
    def health(self) -> Health:
        """Of the whole."""
        worst = [health_of(self.readings)]
        worst += [Health.CRITICAL if incident.severity.is_critical else Health.WARNING for incident in self.incidents]
        return max(worst, key=_order)

    @property
    def subjects(self) -> dict[str, Health]:
        """Of each subject, in alphabetical order."""
        names = sorted({reading.subject for reading in self.readings})
        return {name: health_of(one for one in self.readings if one.subject == name) for name in names}

    @property
    def parts(self) -> dict[str, dict[str, Health]]:
        """Of each source, layer, mart and model, and of the platform: part → thing → health, in the river's order."""
        tables = [reading.subject for reading in self.readings if reading.sensor == "mart_volume"]
        found: dict[str, dict[str, list[Reading]]] = {part: {} for part in PARTS}
        for reading in self.readings:
            part, thing = part_of(reading.subject, tables)
            found[part].setdefault(thing, []).append(reading)
        return {
            part: {thing: health_of(readings) for thing, readings in sorted(things.items())}
            for part, things in found.items()
        }

    def troubles(self, language: Language = "en") -> list[Trouble]:
        """Every reading that has fired, told, the gravest first."""
        fired = [reading for reading in self.readings if reading.has_fired]
        return [self._trouble(one, language) for one in sorted(fired, key=lambda one: not one.severity.is_critical)]

    def to_dict(self, language: Language = "en") -> dict[str, Any]:
        """JSON-ready: what `/v1/health` and `ritournelle health --json` answer."""
        return {
            "health": self.health.value,
            "at": self.at.isoformat(),
            "fresh_as_of": self.fresh_as_of.isoformat() if self.fresh_as_of else None,
            "parts": {
                part: {name: health.value for name, health in things.items()} for part, things in self.parts.items()
            },
            "subjects": {name: health.value for name, health in self.subjects.items()},
            "troubles": [trouble.to_dict() for trouble in self.troubles(language)],
            "readings": [self._told(reading, language) for reading in self.readings],
            "incidents": [_told(incident) for incident in self.incidents],
        }

    def _trouble(self, reading: Reading, language: Language) -> Trouble:
        rules = self.rules
        told = (rules.say(reading, language), rules.reassure(reading, language), rules.advise(reading, language))
        return Trouble(reading, *told)

    def _told(self, reading: Reading, language: Language) -> dict[str, Any]:
        return {
            "sensor": reading.sensor,
            "subject": reading.subject,
            "status": reading.status.value,
            "severity": reading.severity.value,
            "message": self.rules.say(reading, language),
            "what_to_do": self.rules.advise(reading, language) if reading.has_fired else "",
            "measured": reading.measured,
            "limit": reading.limit,
            "unit": self.rules.by_sensor[reading.sensor].unit,
            "at": reading.at.isoformat(),
            "facts": dict(reading.facts),
        }


def health_of(readings: Iterable[Reading]) -> Health:
    """The worst of these."""
    return max((_health(reading) for reading in readings), key=_order, default=Health.UNKNOWN)


def _health(reading: Reading) -> Health:
    if reading.status is Status.UNKNOWN:
        return Health.UNKNOWN
    if not reading.has_fired:
        return Health.GOOD
    return Health.CRITICAL if reading.severity.is_critical else Health.WARNING


def _order(health: Health) -> int:
    return (Health.UNKNOWN, Health.GOOD, Health.WARNING, Health.CRITICAL).index(health)


def _told(incident: Incident) -> dict[str, Any]:
    return {
        "incident_id": incident.incident_id,
        "sensor": incident.sensor,
        "subject": incident.subject,
        "severity": incident.severity.value,
        "phase": incident.phase.value,
        "owner": incident.owner,
        "message": incident.message,
        "runbook": incident.runbook,
        "first_seen_at": incident.first_seen_at.isoformat(),
        "last_seen_at": incident.last_seen_at.isoformat(),
        "times_seen": incident.times_seen,
        "opened_by": incident.opened_by,
    }
