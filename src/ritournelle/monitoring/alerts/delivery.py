"""How it stands with one channel of alerts: what the sensor `alerts` looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Delivery:
    """A channel that was tried: `failures` in a row up to now, and alerts that wait for it."""

    subject: str
    """The channel's name, which is no secret: `mailto`, `slack-2`."""
    failures: int
    problem: str
    waiting: int
    failing_since: datetime | None
