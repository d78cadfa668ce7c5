"""The extracts as assets: today's from the app, those of past days from their landed pages."""

# No `from __future__ import annotations` here: Dagster looks at the context's annotation as a type.

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import dagster as dg

from ritournelle.day import RunReport
from ritournelle.domain.sources import Source
from ritournelle.errors import WarehouseBusyError
from ritournelle.ingestion.events import STEP as EVENTS_STEP
from ritournelle.orchestration.days import asked_days, daily_partitions, is_backfill
from ritournelle.orchestration.failing import fail_if_failed, retry_if_it_may_help, stopping
from ritournelle.orchestration.held_day import HeldDay
from ritournelle.orchestration.keys import EVENTS, EXTRACTS, INGESTED, LISTENS, PUBLICATION, QUARANTINE, group_of
from ritournelle.orchestration.quarantine_growth import OPEN_ROWS
from ritournelle.orchestration.stages import WAREHOUSE_POOL
from ritournelle.runs.record import Step
from ritournelle.settings import Settings

_DESCRIPTIONS = {
    **{key: f"What each extract of `/{source}` changed, append-only." for source, key in EXTRACTS.items()},
    **{key: f"What was told on `{topic}` of the event log, append-only." for topic, key in EVENTS.items()},
    LISTENS: "One row per listen of every version of a record of `/listen_history`.",
    QUARANTINE: "Rows that break their contract, with reason and payload; they come back when they are good.",
}

Results = Iterator[dg.MaterializeResult[Any]]


def ingest_assets(settings: Settings, engine: str) -> dg.AssetsDefinition:
    """One op for all: listens are read before the users and tracks that they speak of, and loaded after them."""
    how = settings.orchestration

    @dg.multi_asset(
        name="ingest",
        specs=[_spec(key, settings, engine) for key in INGESTED],
        required_resource_keys={"day"},
        pool=WAREHOUSE_POOL,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def ingest(context: dg.AssetExecutionContext) -> Results:
        """Load what was told through the event log, read the app's three endpoints; or, for past days, landed pages."""
        held: HeldDay = context.resources.day
        days = asked_days(context)
        with stopping(context, how):
            if days is not None and is_backfill(days[1], how, context.run.tags):
                report = held.backfill(*days, context.log)
                steps = report.steps
            else:
                steps, report = held.run("ingest", context.log, logical_date=days[1] if days else None)
        retry_if_it_may_help(steps, context, how)
        yield from _landed(steps, held) if report.run.verb != "backfill" else _loaded_again(report, context)
        fail_if_failed(steps, {"ritournelle/run": report.run.run_id})

    return ingest


def _spec(key: dg.AssetKey, settings: Settings, engine: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        description=_DESCRIPTIONS[key],
        skippable=True,  # a source that failed brings nothing, and the others land
        group_name=group_of(key),
        owners=["team:platform"],
        kinds={"python", engine},
        partitions_def=daily_partitions(settings.orchestration),
    )


def _landed(steps: Sequence[Step], held: HeldDay) -> Results:
    """The tables of every source that landed, those of the event log, and the quarantine, whatever failed."""
    for step in steps:
        if step.status == "succeeded" and step.step == EVENTS_STEP:
            topics = (step.details or {})["topics"]
            yield from (dg.MaterializeResult(key, metadata=topics[topic]) for topic, key in EVENTS.items())
        elif step.status == "succeeded" and step.source:  # else it erased listeners who waited for it
            yield dg.MaterializeResult(EXTRACTS[Source(step.source)], metadata=_measured(step))
            if step.source == Source.LISTEN_HISTORY:
                yield dg.MaterializeResult(LISTENS)
    waiting = _open_rows(held)
    yield dg.MaterializeResult(QUARANTINE, metadata={} if waiting is None else {OPEN_ROWS: waiting})


def _measured(step: Step) -> dict[str, Any]:
    return {name: value for name, value in (step.measures or {}).items() if value is not None}


def _open_rows(held: HeldDay) -> int | None:
    """How many rows wait in quarantine; None when another process has begun to write meanwhile."""
    with suppress(WarehouseBusyError), held.platform.open_warehouse() as warehouse:
        rows: int = warehouse.read("SELECT count(*) AS n FROM quarantine.rows WHERE status = 'open'")["n"][0].as_py()
        return rows
    return None


def _loaded_again(report: RunReport, context: dg.AssetExecutionContext) -> Results:
    """The extracts; and what the backfill built and published beside them, for which this run has no ops."""
    done = {step.step: step.details or {} for step in report.steps if step.status == "succeeded"}
    if "backfill" in done:
        for key in (*EXTRACTS.values(), LISTENS, QUARANTINE):
            yield dg.MaterializeResult(key, metadata={"loaded_again": str(done["backfill"])})
    for table, rows in done.get("transform", {}).get("rows", {}).items():
        built = {"dagster/row_count": rows, "built_by": "backfill"}
        context.log_event(dg.AssetMaterialization(dg.AssetKey(table.split(".")), metadata=built))
    if "publish" in done:
        context.log_event(dg.AssetMaterialization(PUBLICATION, metadata={"ritournelle/run": report.run.run_id}))
