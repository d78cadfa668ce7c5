"""Event log: what listeners do and say can be written down durably."""

from __future__ import annotations

from ritournelle.monitoring.observations import EventLogState
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class EventLog(Sensor[EventLogState, NoLimits]):
    """Fires when the event log cannot be written, or what waits in it cannot be read."""

    name = "event_log"
    observes = EventLogState

    def judge(self, seen: EventLogState, limits: NoLimits) -> Judgement:
        """Tried for real: a few bytes are written beside each topic, made durable, and removed."""
        return Judgement(bool(seen.problem), {"problem": seen.problem})
