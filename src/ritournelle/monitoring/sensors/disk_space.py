"""Disk space: there is room for the next run."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import DiskSpace as SeenDisk
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor

_GIGABYTE = 1e9


class DiskLimits(Limits):
    """Of the room on the disk of the home."""

    gigabytes: float = Field(default=1.0, ge=0, description="Free gigabytes that there must be at least.")
    copies: float = Field(default=2.0, ge=0, description="And room for so many further copies of the warehouse.")


class DiskSpace(Sensor[SeenDisk, DiskLimits]):
    """Fires when little room is left, or when the last run could not write for want of it."""

    name = "disk_space"
    observes = SeenDisk
    limits = DiskLimits

    def judge(self, seen: SeenDisk, limits: DiskLimits) -> Judgement:
        """A publication is a copy of the warehouse's tables, and the one before it goes only afterwards."""
        free = seen.free_bytes / _GIGABYTE
        bound = max(limits.gigabytes, limits.copies * seen.needed_bytes / _GIGABYTE)
        facts = {"free": round(free, 2), "needed": round(bound, 2), "problem": seen.failed_write}
        return Judgement(free < bound or bool(seen.failed_write), facts, round(free, 3), round(bound, 3))
