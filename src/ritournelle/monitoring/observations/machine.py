"""What was seen of the machine: room on the disk of the home, and the memory that a run took."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DiskSpace:
    """The disk of the home; `needed_bytes` is what the next run takes at least: a second copy of the warehouse."""

    subject: str
    free_bytes: int
    total_bytes: int
    needed_bytes: int = 0
    failed_write: str = ""
    """What the last run said when a write failed for want of room."""


@dataclass(frozen=True)
class MemoryUse:
    """The most that the last run held at once, and what the machine (or its container) has."""

    subject: str
    peak_bytes: int
    total_bytes: int
