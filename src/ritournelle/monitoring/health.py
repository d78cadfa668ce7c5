"""The health report: how it stands with every part of the river, in one word and in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ritournelle.monitoring.incidents import Incident
from ritournelle.monitoring.reading import Reading, Status
from ritournelle.monitoring.rules import Language, Rules


class Health(StrEnum):
    """The worst of what was read; `critical` makes `ritournelle health` exit with 1."""

    GOOD = "good"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"  # nothing has run yet


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

    def to_dict(self, language: Language = "en") -> dict[str, Any]:
        """JSON-ready: what `/v1/health` and `ritournelle health --json` answer."""
        return {
            "health": self.health,
            "at": self.at.isoformat(),
            "fresh_as_of": self.fresh_as_of.isoformat() if self.fresh_as_of else None,
            "subjects": dict(self.subjects),
            "readings": [self._told(reading, language) for reading in self.readings],
            "incidents": [_told(incident) for incident in self.incidents],
        }

    def _told(self, reading: Reading, language: Language) -> dict[str, Any]:
        rule = self.rules.by_sensor[reading.sensor]
        action = rule.action.said(language, {"subject": reading.subject, **reading.facts})
        return {
            "sensor": reading.sensor,
            "subject": reading.subject,
            "status": reading.status,
            "severity": reading.severity,
            "message": self.rules.say(reading, language),
            "what_to_do": action if reading.has_fired else "",
            "measured": reading.measured,
            "limit": reading.limit,
            "unit": rule.unit,
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
        "severity": incident.severity,
        "phase": incident.phase,
        "owner": incident.owner,
        "message": incident.message,
        "runbook": incident.runbook,
        "first_seen_at": incident.first_seen_at.isoformat(),
        "last_seen_at": incident.last_seen_at.isoformat(),
        "times_seen": incident.times_seen,
        "opened_by": incident.opened_by,
    }
