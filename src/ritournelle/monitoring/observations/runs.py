"""What was seen of the runs: how the last one ended, how long they take, and those that could not begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class LastRun:
    """The last run that has ended."""

    subject: str
    run_id: str
    verb: str
    status: str  # succeeded | failed | killed
    finished_at: datetime
    where: str = ""
    """The step that failed."""
    message: str = ""


@dataclass(frozen=True)
class RunDuration:
    """How long the last good run took, and earlier good runs of the same verb."""

    subject: str
    verb: str
    seconds: float
    usual: Sequence[float] = ()


@dataclass(frozen=True)
class RunGap:
    """The longest time without a run that reads the sources: until now, or between the last two."""

    subject: str
    last_started_at: datetime
    hours_since_last: float
    hours_between_last_two: float = 0.0


@dataclass(frozen=True)
class Refusals:
    """Runs that were refused since the last one began, because another one was under way."""

    subject: str
    refused: int
    last_at: datetime | None = None
    verb: str = ""
