"""API latency: answers come while a person still waits for them."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import ApiTraffic
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class ApiLatencyLimits(Limits):
    """Of the slowest of a hundred requests, in the last ten minutes."""

    seconds: float = Field(default=0.5, gt=0, description="Seconds within which 99 of 100 answers have to be there.")
    least_requests: int = Field(default=20, ge=1, description="Fewer requests say nothing, unless all were quick.")


class ApiLatency(Sensor[ApiTraffic, ApiLatencyLimits]):
    """Fires when more than one in a hundred answers took longer than the bound."""

    name = "api_latency"
    observes = ApiTraffic
    limits = ApiLatencyLimits

    def judge(self, seen: ApiTraffic, limits: ApiLatencyLimits) -> Judgement:
        """Measured in the server, from the head of a request to the end of its answer."""
        is_slow = seen.p99_seconds > limits.seconds
        facts = {"seconds": seen.p99_seconds, "bound": limits.seconds, "requests": seen.requests}
        if is_slow and seen.requests < limits.least_requests:
            return Judgement(None, facts)
        return Judgement(is_slow, facts, seen.p99_seconds, limits.seconds)
