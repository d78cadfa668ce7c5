"""Memory: runs stay well below what the machine has."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import MemoryUse
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor

_MEGABYTE = 1e6


class MemoryLimits(Limits):
    """Of the memory that a run takes."""

    share: float = Field(default=0.8, gt=0, le=1, description="Of the machine's memory that a run may hold at once.")
    megabytes: float | None = Field(default=None, gt=0, description="A limit of your own, if it is smaller.")


class Memory(Sensor[MemoryUse, MemoryLimits]):
    """Fires when the last run came near the memory of the machine: the next one may be killed."""

    name = "memory"
    observes = MemoryUse
    limits = MemoryLimits

    def judge(self, seen: MemoryUse, limits: MemoryLimits) -> Judgement:
        """By the peak of the run's process."""
        peak, total = seen.peak_bytes / _MEGABYTE, seen.total_bytes / _MEGABYTE
        bound = limits.share * total
        bound = bound if limits.megabytes is None else min(bound, limits.megabytes)
        facts = {"peak": round(peak), "total": round(total)}
        return Judgement(peak > bound, facts, round(peak, 1), round(bound, 1))
