"""API errors: hardly any request fails by the server's own fault."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import ApiTraffic
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class ApiErrorLimits(Limits):
    """Of answers 5xx in the last ten minutes."""

    share: float = Field(default=0.01, ge=0, le=1, description="Share of the requests that may fail.")
    least_requests: int = Field(default=20, ge=1, description="Fewer requests say nothing, unless none failed.")
    least_failed: int = Field(default=3, ge=1, description="Fewer failed requests are no trouble yet.")


class ApiErrors(Sensor[ApiTraffic, ApiErrorLimits]):
    """Fires when more than a share of the last minutes' requests was answered 5xx."""

    name = "api_errors"
    observes = ApiTraffic
    limits = ApiErrorLimits

    def judge(self, seen: ApiTraffic, limits: ApiErrorLimits) -> Judgement:
        """Refusals (4xx) are answers: floods have a sensor of their own."""
        share = seen.failed / seen.requests if seen.requests else 0.0
        facts = {"failed": seen.failed, "requests": seen.requests, "percent": round(100 * share, 1)}
        if seen.failed and seen.requests < limits.least_requests:
            return Judgement(None, facts)
        has_fired = share > limits.share and seen.failed >= limits.least_failed
        return Judgement(has_fired, facts, round(share, 4), limits.share)
