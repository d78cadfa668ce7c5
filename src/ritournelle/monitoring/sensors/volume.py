"""Volume: a source holds about as many rows as in the weeks before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from ritournelle.monitoring.observations import PastRead, SourceRead
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class VolumeLimits(Limits):
    """Of the rows that landed, against the median of the weeks before."""

    lost_share: float = Field(default=0.2, gt=0, lt=1, description="Share of the usual rows that may be missing.")
    spreads: float = Field(default=6.0, gt=0, description="And so many usual deviations below it.")
    least_reads: int = Field(default=3, ge=1, description="Earlier reads that are needed to know what is usual.")
    least_weekdays: int = Field(
        default=4, ge=2, description="With so many of the same weekday only those are compared."
    )


class Volume(Sensor[SourceRead, VolumeLimits]):
    """Fires when a source was refused for having shrunk or being empty, or came far below what is usual."""

    name = "volume"
    observes = SourceRead
    limits = VolumeLimits

    def judge(self, seen: SourceRead, limits: VolumeLimits) -> Judgement:
        """Robust: a few odd days among the past ones change nothing."""
        rows = seen.landed + seen.quarantined
        usual = Usual.of([one.landed for one in of_this_weekday(seen.before, seen.finished_at, limits.least_weekdays)])
        facts = {"rows": rows, "usual": round(usual.middle)}
        if seen.problem == "SourceShrunkError":
            return Judgement(True, facts, rows, None)
        if not seen.succeeded or usual.count < limits.least_reads:
            return Judgement(None, facts)
        bound = usual.middle - max(limits.lost_share * usual.middle, limits.spreads * usual.spread)
        return Judgement(rows < bound, facts, rows, round(bound))


def of_this_weekday(before: Sequence[PastRead], at: datetime, least: int) -> Sequence[PastRead]:
    """The reads on the same day of the week, if there are enough; else all."""
    same = [one for one in before if one.finished_at.weekday() == at.weekday()]
    return same if len(same) >= least else before
