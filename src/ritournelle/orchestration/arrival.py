"""Notices that the app has something new, and has the day run; waits until it stands still, and not for ever."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ritournelle.domain.clock import utc_now
from ritournelle.domain.sources import Source
from ritournelle.errors import RitournelleError
from ritournelle.ingestion.http import HttpPageReader
from ritournelle.orchestration.days import today
from ritournelle.orchestration.keys import EXTRACTS
from ritournelle.settings import Settings, SourceSettings

Look = Mapping[str, str]
"""What an endpoint shows of itself in one row: its total and a digest of its first row, per source."""


@dataclass(frozen=True)
class Watch:
    """What is known of the app between two looks; moments are ISO 8601, since Dagster keeps this as text."""

    known: Look | None = None  # when a run was last asked for, or at the first look
    changed: Look | None = None  # what stands there now, if it is something else
    changed_at: str | None = None  # when that began
    asked_at: str | None = None


@dataclass(frozen=True)
class Decision:
    """Whether to run, why, and what to remember."""

    run: bool
    why: str
    watch: Watch


def decide(watch: Watch, look: Look, now: datetime, pause: timedelta, extracted_at: datetime | None = None) -> Decision:
    """Run once the app has changed and stands still from one look to the next; or has kept moving for `pause`.

    Never within `pause` of the last run asked for, nor for what a run has read since (`extracted_at` is when the last
    one did). The first look only remembers.
    """
    if watch.known is None:
        return Decision(False, "first look: remembered", Watch(known=look))
    if look == watch.known:
        return Decision(False, "nothing has changed", replace(watch, changed=None, changed_at=None))
    what = ", ".join(sorted(source for source in look if look[source] != watch.known.get(source)))
    since = watch.changed_at or now.isoformat()
    if look == watch.changed and extracted_at is not None and extracted_at > datetime.fromisoformat(since):
        return Decision(False, f"{what} changed, and a run has read it", Watch(known=look, asked_at=watch.asked_at))
    waiting = replace(watch, changed=look, changed_at=since)
    if watch.asked_at is not None and now - datetime.fromisoformat(watch.asked_at) < pause:
        return Decision(False, f"{what} changed; the last run on arrival is less than {pause} ago", waiting)
    if look != watch.changed and now - datetime.fromisoformat(since) < pause:
        return Decision(False, f"{what} changed; waiting until it stands still", waiting)
    return Decision(True, f"{what} changed", Watch(known=look, asked_at=now.isoformat()))


def look_at(source: SourceSettings) -> Look:
    """One row of each endpoint, in three requests; errors of the page reader."""
    reader = HttpPageReader(source.model_copy(update={"page_size": 1, "retries": 0}))
    pages = {one: next(iter(reader.read(one, [1]))) for one in Source}
    return {str(one): f"{page.envelope.total}:{page.digest.hex()}" for one, page in pages.items()}


def arrival_sensor(job: UnresolvedAssetJobDefinition, settings: Settings) -> dg.SensorDefinition:
    """Looks at the app every few minutes; off until it is switched on, since it asks the app for more."""
    how = settings.orchestration

    @dg.sensor(
        name="source_arrival",
        job=job,
        minimum_interval_seconds=how.probe_every_seconds,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="The app's totals or first rows have changed: a run of the day. It sees no other change.",
    )
    def source_arrival(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            look = look_at(settings.source)
        except RitournelleError as error:
            return dg.SkipReason(str(error))
        watch = Watch(**json.loads(context.cursor)) if context.cursor else Watch()
        pause = timedelta(minutes=how.arrival_pause_minutes)
        decision = decide(watch, look, utc_now(), pause, _extracted_at(context.instance))
        cursor = json.dumps(asdict(decision.watch))
        if not decision.run:
            return dg.SensorResult(skip_reason=dg.SkipReason(decision.why), cursor=cursor)
        request = dg.RunRequest(partition_key=today(how).isoformat(), tags={"ritournelle/why": decision.why})
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return source_arrival


def _extracted_at(instance: dg.DagsterInstance) -> datetime | None:
    """When the last run that Dagster knows of had read the app."""
    event = instance.get_latest_materialization_event(EXTRACTS[Source.LISTEN_HISTORY])
    return datetime.fromtimestamp(event.timestamp, UTC) if event else None
