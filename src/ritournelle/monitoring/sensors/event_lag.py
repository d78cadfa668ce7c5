"""Event lag: listens and feedback do not wait long in the event log for a run that loads them."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import Waiting
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class EventLagLimits(Limits):
    """Of the oldest message that no run has loaded."""

    hours: float = Field(default=36.0, gt=0, description="Hours that it may wait; a daily run loads it within 24.")


class EventLag(Sensor[Waiting, EventLagLimits]):
    """Fires when a message waits in the event log for longer than the limit."""

    name = "event_lag"
    observes = Waiting
    limits = EventLagLimits

    def judge(self, seen: Waiting, limits: EventLagLimits) -> Judgement:
        """Nothing that waits is lost; it is only not yet learnt from."""
        since = f"{seen.since:%Y-%m-%d %H:%M} UTC" if seen.since else "–"
        return Judgement(
            seen.hours > limits.hours, {"hours": round(seen.hours, 1), "since": since}, seen.hours, limits.hours
        )
