"""Days as partitions: which one a run is about, and whether it lies in the past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from ritournelle.domain.clock import utc_now
from ritournelle.settings import OrchestrationSettings

_AUTOMATIC = ("dagster/schedule_name", "dagster/sensor_name")
"""Tags of runs that a schedule or sensor asked for."""


def daily_partitions(settings: OrchestrationSettings) -> dg.DailyPartitionsDefinition:
    """One partition per day from the first one to today: the app tells of today while it lasts."""
    first = datetime.combine(settings.first_day, datetime.min.time())
    return dg.DailyPartitionsDefinition(first, timezone=settings.time_zone, end_offset=1)


def today(settings: OrchestrationSettings, now: datetime | None = None) -> date:
    """The day that it is where the schedule's clock hangs."""
    return (now or utc_now()).astimezone(ZoneInfo(settings.time_zone)).date()


def asked_days(context: dg.AssetExecutionContext) -> tuple[date, date] | None:
    """First and last day of the run's partitions; None for a run without one, which is about today."""
    if not context.has_partition_key:
        return None
    keys = context.partition_keys
    return date.fromisoformat(min(keys)), date.fromisoformat(max(keys))


def is_backfill(last_day: date, settings: OrchestrationSettings, tags: Mapping[str, str]) -> bool:
    """Whether days are to be loaded again from their landed pages: the app cannot be asked for yesterday.

    What a schedule or sensor asked for reads the app, even if it waited past midnight for its turn.
    """
    return last_day < today(settings) and not any(tag in tags for tag in _AUTOMATIC)
