"""Alerts arrive: every channel takes what it is sent."""

from __future__ import annotations

from ritournelle.monitoring.alerts.delivery import Delivery
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class AlertsArrive(Sensor[Delivery, NoLimits]):
    """Fires when a channel did not take the last message that it was sent."""

    name = "alerts"
    observes = Delivery

    def judge(self, seen: Delivery, limits: NoLimits) -> Judgement:
        """What a channel refuses waits in the journal; the count is shown."""
        facts = {"failures": seen.failures, "problem": seen.problem, "waiting": seen.waiting}
        return Judgement(seen.failures > 0, facts, seen.failures, 0)
