"""Mart volume: no table that readers see has collapsed."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import MartRows
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class MartVolumeLimits(Limits):
    """Of the rows of a table, against the median of the runs before."""

    lost_share: float = Field(default=0.5, gt=0, lt=1, description="Share of the usual rows that may be missing.")
    rows: int = Field(default=20, ge=0, description="A table that usually has fewer rows may lose them all.")
    least_runs: int = Field(default=1, ge=1, description="Earlier good runs that are needed to know what is usual.")


class MartVolume(Sensor[MartRows, MartVolumeLimits]):
    """Fires when a table is empty or has lost most of its rows; nothing is published then."""

    name = "mart_volume"
    observes = MartRows
    limits = MartVolumeLimits

    def judge(self, seen: MartRows, limits: MartVolumeLimits) -> Judgement:
        """Tables that change from day to day by nature are not observed."""
        usual = Usual.of(seen.usual)
        facts = {"rows": seen.rows, "usual": round(usual.middle)}
        if usual.count < limits.least_runs or usual.middle < limits.rows:
            return Judgement(None, facts, seen.rows)
        bound = (1 - limits.lost_share) * usual.middle
        return Judgement(seen.rows < bound, facts, seen.rows, round(bound))
