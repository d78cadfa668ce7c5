"""Volume surge: a source does not hold many times the rows that it usually does."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class SurgeLimits(Limits):
    """Of the rows that landed, against the median of the weeks before."""

    times: float = Field(default=3.0, gt=1, description="Times the usual rows that are too many.")
    rows: int = Field(default=100, ge=0, description="Fewer rows are never too many.")
    least_reads: int = Field(default=1, ge=1, description="Earlier reads that are needed to know what is usual.")


class VolumeSurge(Sensor[SourceRead, SurgeLimits]):
    """Fires when far more rows came than usually do: copies, test data, another population."""

    name = "volume_surge"
    observes = SourceRead
    limits = SurgeLimits

    def judge(self, seen: SourceRead, limits: SurgeLimits) -> Judgement:
        """By what the source announced, also where the rows were refused for another reason."""
        rows = max(seen.announced or 0, seen.landed + seen.quarantined)
        usual = Usual.of([one.landed for one in seen.before])
        facts = {"rows": rows, "usual": round(usual.middle)}
        if not seen.was_read or usual.count < limits.least_reads:
            return Judgement(None, facts)
        bound = max(limits.rows, limits.times * usual.middle)
        return Judgement(rows > bound, facts, rows, round(bound))
