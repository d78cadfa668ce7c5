"""All sensors, in the river's order; a new kind of trouble is a new class and a line here."""

from __future__ import annotations

from typing import Any

from ritournelle.monitoring.sensors.alerts import AlertsArrive
from ritournelle.monitoring.sensors.base import Sensor
from ritournelle.monitoring.sensors.completeness import Completeness

SENSORS: tuple[Sensor[Any, Any], ...] = (Completeness(), AlertsArrive())
