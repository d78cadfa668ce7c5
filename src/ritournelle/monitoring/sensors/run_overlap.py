"""Run overlap: no run is started while another one is under way."""

from __future__ import annotations

from ritournelle.monitoring.observations import Refusals
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class RunOverlap(Sensor[Refusals, NoLimits]):
    """Fires when a run was refused because another one held the lock."""

    name = "run_overlap"
    observes = Refusals

    def judge(self, seen: Refusals, limits: NoLimits) -> Judgement:
        """Nothing was harmed, but two schedules are at work, or a run takes longer than its period."""
        last = f"{seen.last_at:%Y-%m-%d %H:%M} UTC" if seen.last_at else "–"
        return Judgement(seen.refused > 0, {"refused": seen.refused, "last": last, "verb": seen.verb}, seen.refused, 0)
