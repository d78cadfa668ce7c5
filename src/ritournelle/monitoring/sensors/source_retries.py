"""Source retries: hardly any request has to be repeated."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class RetryLimits(Limits):
    """Of retries."""

    share: float = Field(default=0.01, ge=0, le=1, description="Repeated requests that are tolerated, as a share.")


class SourceRetries(Sensor[SourceRead, RetryLimits]):
    """Fires when more than a share of the requests had to be repeated, though all came in the end."""

    name = "source_retries"
    observes = SourceRead
    limits = RetryLimits

    def judge(self, seen: SourceRead, limits: RetryLimits) -> Judgement:
        """A source that did not answer at all is another sensor's trouble."""
        share = seen.retries / seen.requests if seen.requests else 0.0
        facts = {"retries": seen.retries, "requests": seen.requests}
        if not seen.was_read:
            return Judgement(None, facts)
        return Judgement(share > limits.share, facts, round(share, 4), limits.share)
