"""The world of every drill: small, tidy, and on dates of its own, so that each drill is the same as the one before."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits

WORLD = WorldConfig(users=160, tracks=150, seed=5, start=date(2025, 1, 6), habits=Habits.tidy())
"""Two pages and more of each source; day 0 is a Monday."""

GOOD_DAYS = 15
"""Days that a prepared home has lived through: two weeks, so that a weekday can be compared with the last one."""

WHOLE_DAYS = 3
"""Of these the last ones are built, trained and published too; a whole day costs ten times as much as a read."""

_RUN_AT = time(2, 0, tzinfo=UTC)


def night_after(day: int) -> datetime:
    """When the day of the world with this number is read: at two in the night that follows it."""
    return datetime.combine(WORLD.start + timedelta(days=day + 1), _RUN_AT)
