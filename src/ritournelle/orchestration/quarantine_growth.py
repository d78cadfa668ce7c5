"""Notices that more rows wait in quarantine than the last time, and has them reviewed."""

from __future__ import annotations

from dataclasses import dataclass

import dagster as dg

from ritournelle.bootstrap import Platform
from ritournelle.orchestration.keys import QUARANTINE

OPEN_ROWS = "open_rows"
"""Metadata of the quarantine: how many rows wait in it."""


@dataclass(frozen=True)
class Review:
    """The rows that wait: how many, by source and reason, as a sentence and as a Markdown table."""

    rows: int
    table: str

    @property
    def told(self) -> str:
        """For a log."""
        return f"{self.rows:,} rows wait in quarantine; `ritournelle quarantine list` shows each of them\n{self.table}"


def review(platform: Platform) -> Review:
    """Counts what waits in quarantine by source and reason, under the lock of the runs.

    Raises `RunInProgressError` while a run is under way, `PermanentError` when there is no warehouse yet.
    """
    query = (
        "SELECT source, kind, reason, count(*) AS n, min(quarantined_at) AS since FROM quarantine.rows"
        " WHERE status = 'open' GROUP BY source, kind, reason ORDER BY n DESC, source, kind, reason"
    )
    with platform.run_lock(), platform.read_warehouse() as warehouse:
        rows = warehouse.read(query).to_pylist()
    lines = [
        f"| {row['source']} | {row['kind']} | {row['reason']} | {row['n']:,} | {row['since']:%Y-%m-%d} |"
        for row in rows
    ]
    head = "| source | kind | reason | rows | since |\n|---|---|---|---|---|"
    return Review(sum(row["n"] for row in rows), "\n".join([head, *lines]))


def quarantine_sensor(job: dg.JobDefinition) -> dg.SensorDefinition:
    """Compares the latest extract's open rows with those it saw last; reads Dagster's events, not the warehouse."""

    @dg.sensor(
        name="quarantine_grown",
        job=job,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="More rows wait in quarantine than before: a run of `quarantine_review` says which and why.",
    )
    def quarantine_grown(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        waiting = _waiting(context.instance)
        if waiting is None:
            return dg.SkipReason("nothing was extracted yet")
        known = int(context.cursor or 0)
        if waiting <= known:
            context.update_cursor(str(waiting))  # after a replay fewer wait: growth counts from there
            return dg.SkipReason(f"{waiting:,} rows wait, {known:,} before")
        requests = [dg.RunRequest(tags={"ritournelle/open_rows": str(waiting)})]
        return dg.SensorResult(run_requests=requests, cursor=str(waiting))

    return quarantine_grown


def _waiting(instance: dg.DagsterInstance) -> int | None:
    event = instance.get_latest_materialization_event(QUARANTINE)
    found = event.asset_materialization.metadata.get(OPEN_ROWS) if event and event.asset_materialization else None
    return int(str(found.value)) if found is not None else None
