"""The watch: asks every sensor about what was observed, and keeps what it says: readings, incidents, changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ritournelle.monitoring.following import Opening
from ritournelle.monitoring.incidents import Change
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reading import Reading
from ritournelle.monitoring.rules import Rules
from ritournelle.monitoring.sensors.base import Observation, Sensor
from ritournelle.monitoring.sensors.catalogue import sensors_for


def ask(
    observations: Iterable[Observation],
    rules: Rules,
    at: datetime,
    sensors: Sequence[Sensor[Any, Any]] | None = None,
) -> list[Reading]:
    """What every sensor that is on says of the observations that are its own, sensor by sensor; those of the catalogue,
    if none are given."""
    seen = list(observations)
    if sensors is None:
        sensors = sensors_for({type(one) for one in seen})
    return [
        sensor.read(one, rules.limits_of[sensor.name], rules.severity(sensor.name), at)
        for sensor in sensors
        if rules.is_on(sensor.name)
        for one in seen
        if isinstance(one, sensor.observes)
    ]


def keep(journal: Journal, readings: Sequence[Reading], rules: Rules) -> list[Change]:
    """Keep the readings, follow the incidents; what happened to those, for the alerts."""
    fired = [reading for reading in readings if reading.has_fired]
    openings = {reading.key: _opening(reading, rules) for reading in fired}
    journal.keep_readings(readings)
    changes = journal.follow(readings, openings)
    return [change for change in changes if change.event is not None]


def _opening(reading: Reading, rules: Rules) -> Opening:
    rule = rules.by_sensor[reading.sensor]
    return Opening(rule.owner, rule.runbook, rules.say(reading))
