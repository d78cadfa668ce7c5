"""Times of day in a zone: whether quiet hours hold now, and when a daily thing was due last. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_quiet(span: str | None, zone: str, now: datetime) -> bool:
    """Whether `now` lies in a span such as `22:00-07:00`; its end does not belong to it. None: never."""
    if span is None:
        return False
    begin, end = (time.fromisoformat(part) for part in span.split("-"))
    here = now.astimezone(ZoneInfo(zone)).time()
    return begin <= here < end if begin < end else here >= begin or here < end


def last_due(at: str, zone: str, now: datetime) -> datetime:
    """The last moment, up to now, that the clock of the zone showed `at` (`08:00`)."""
    local = now.astimezone(ZoneInfo(zone))
    due = local.replace(hour=int(at[:2]), minute=int(at[3:]), second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)


def yesterday(zone: str, now: datetime) -> tuple[datetime, datetime]:
    """The first moment of the day before, and the first of today."""
    today = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=1), today
