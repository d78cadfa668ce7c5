"""Source reachable: the app answered every request of the last read, sooner or later."""

from __future__ import annotations

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class SourceReachable(Sensor[SourceRead, NoLimits]):
    """Fires when the read ended with an error of the transport: refused, timed out, 5xx, 401, no JSON …"""

    name = "source_reachable"
    observes = SourceRead

    def judge(self, seen: SourceRead, limits: NoLimits) -> Judgement:
        """What came and was refused for its content is another sensor's trouble."""
        return Judgement(not seen.was_read, {"requests": seen.requests, "problem": seen.message})
