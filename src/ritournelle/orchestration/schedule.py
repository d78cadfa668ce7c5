"""The day by the clock; a day that was missed is made up for by one run now, however many were missed."""

from __future__ import annotations

from datetime import datetime

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ritournelle.orchestration.days import today
from ritournelle.settings import OrchestrationSettings


def daily_schedule(job: UnresolvedAssetJobDefinition, settings: OrchestrationSettings) -> dg.ScheduleDefinition:
    """Runs the day at its time.

    After a downtime Dagster evaluates the latest tick only, since this schedule is none of those that are made from a
    job's partitions: exactly one run, of the day that it is now. The app tells of no other day.
    """

    @dg.schedule(
        name="daily",
        job=job,
        cron_schedule=settings.cron,
        execution_timezone=settings.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The whole day. Missed days: one run now, for the app tells of today only.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return request(settings, context.scheduled_execution_time)

    return daily


def request(settings: OrchestrationSettings, due_at: datetime, now: datetime | None = None) -> dg.RunRequest:
    """The run for a tick, one also if it is evaluated twice: of today, whenever it was due.

    One that is made up for on a later day has no partition: Dagster knows only those up to the day when it was due, and
    that day stays missing, as it is.
    """
    day = today(settings, now)
    if day == today(settings, due_at):
        return dg.RunRequest(run_key=due_at.isoformat(), partition_key=day.isoformat())
    return dg.RunRequest(run_key=due_at.isoformat(), tags={"ritournelle/why": f"makes up for {due_at.isoformat()}"})
