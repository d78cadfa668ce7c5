"""Run outcome: the last run came to a good end."""

from __future__ import annotations

from ritournelle.monitoring.observations import LastRun
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


_IN_FRENCH = {"failed": "échouée", "killed": "tuée", "succeeded": "réussie"}


class RunOutcome(Sensor[LastRun, NoLimits]):
    """Fires when the last run failed or was killed, and says where."""

    name = "run_outcome"
    observes = LastRun

    def judge(self, seen: LastRun, limits: NoLimits) -> Judgement:
        """Whatever its verb."""
        facts = {
            "run_id": seen.run_id,
            "verb": seen.verb,
            "status": seen.status,
            "status_fr": _IN_FRENCH.get(seen.status, seen.status),
            "where": seen.where or seen.verb,
            "problem": seen.message,
            "finished": f"{seen.finished_at:%Y-%m-%d %H:%M} UTC",
        }
        return Judgement(seen.status != "succeeded", facts)
