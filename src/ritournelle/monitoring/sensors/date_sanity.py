"""Date sanity: dates are neither of tomorrow nor of 1970."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import ColumnProfile
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class DateLimits(Limits):
    """Of dates that cannot be right."""

    rows: int = Field(default=0, ge=0, description="Such rows that are tolerated beyond what is usual for the column.")


class DateSanity(Sensor[ColumnProfile, DateLimits]):
    """Fires when more rows than usual are dated after tomorrow (a skewed clock) or before 1971 (an empty one)."""

    name = "date_sanity"
    observes = ColumnProfile
    limits = DateLimits

    def judge(self, seen: ColumnProfile, limits: DateLimits) -> Judgement:
        """Columns without dates are nobody's concern here."""
        if seen.future is None or seen.ancient is None:
            return Judgement(None)
        odd, usual = seen.future + seen.ancient, Usual.of(seen.usual_odd_dates).middle
        facts = {"future": seen.future, "ancient": seen.ancient, "usual": round(usual)}
        return Judgement(odd > usual + limits.rows, facts, odd, usual + limits.rows)
