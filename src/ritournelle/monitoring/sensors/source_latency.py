"""Source latency: requests take about as long as they usually do."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class LatencyLimits(Limits):
    """Of the mean time of a request."""

    times: float = Field(default=5.0, gt=1, description="Times the usual that are too many.")
    spreads: float = Field(default=6.0, gt=0, description="And so many of its usual deviations above it.")
    seconds: float = Field(default=0.5, ge=0, description="Below this nothing is slow, whatever is usual.")
    least_reads: int = Field(default=3, ge=1, description="Earlier reads that are needed to know what is usual.")


class SourceLatency(Sensor[SourceRead, LatencyLimits]):
    """Fires when the mean time of a request is far above what it was in earlier reads."""

    name = "source_latency"
    observes = SourceRead
    limits = LatencyLimits

    def judge(self, seen: SourceRead, limits: LatencyLimits) -> Judgement:
        """Against the median of the reads before."""
        usual = Usual.of([one.request_seconds for one in seen.before])
        facts = {"seconds": round(seen.seconds_per_request, 3), "usual": round(usual.middle, 3)}
        if not seen.was_read or usual.count < limits.least_reads:
            return Judgement(None, facts)
        bound = max(limits.seconds, limits.times * usual.middle, usual.middle + limits.spreads * usual.spread)
        return Judgement(seen.seconds_per_request > bound, facts, facts["seconds"], round(bound, 3))
