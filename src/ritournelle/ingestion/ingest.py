"""The first stage of the day: all three sources, each of which succeeds or fails by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ritournelle.domain.clock import utc_now
from ritournelle.domain.sources import Source
from ritournelle.errors import RitournelleError, TransientError
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.crawl import Crawl, Progress
from ritournelle.ingestion.harvest import Harvest, Harvested
from ritournelle.ingestion.known import Known, epoch_begin, last_success, latest_epoch, read_known
from ritournelle.ingestion.landing import LandingFile, run_folder
from ritournelle.ingestion.leaving_out import LeavingOut
from ritournelle.ingestion.load import (
    Extract,
    epoch_change,
    plan_extract,
    plan_new_epoch,
    refuse_new_epoch,
    require_keepable,
    require_not_shrunk,
    write_source,
)
from ritournelle.ingestion.pages import PageReader, Traffic
from ritournelle.ingestion.parse import Parser
from ritournelle.ingestion.report import SourceReport
from ritournelle.runs.record import Run, Step, note_step
from ritournelle.settings import SourceSettings
from ritournelle.warehouse.base import Warehouse

CRAWL_ORDER = (Source.LISTEN_HISTORY, Source.USERS, Source.TRACKS)
"""Listens first: whoever listened, and whatever was listened to, is then already there when its own turn comes."""

LOAD_ORDER = (Source.USERS, Source.TRACKS, Source.LISTEN_HISTORY)
"""Users before listens: when the ids of the users mean others, so do those in the listens."""


_OF_LISTENERS = (Source.USERS, Source.LISTEN_HISTORY)


class Ingestion:
    """One ingestion of all sources under one run."""

    def __init__(
        self,
        warehouse: Warehouse,
        reader: PageReader,
        settings: SourceSettings,
        landing: Path,
        run: Run,
        *,
        accept_new_epoch: bool = False,
        forgotten: Forgotten | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_step: Callable[[Step], None] | None = None,
    ) -> None:
        self._warehouse = warehouse
        self._reader = reader
        self._settings = settings
        self._folder = run_folder(landing, run.logical_date, run.run_id)
        self._run = run
        self._accept_new_epoch = accept_new_epoch
        self._forgotten = forgotten
        self._on_progress = on_progress
        self._on_step = on_step or (lambda _: None)
        self._users_changed_epoch = ""

    def run(self) -> dict[Source, SourceReport]:
        """Crawl, then load; a source that fails leaves its tables as they were, and the others go on."""
        crawled = {source: self._crawl_or_fail(source) for source in CRAWL_ORDER}
        loaded = {source: self._load_or_fail(crawled.pop(source)) for source in LOAD_ORDER}  # frees what it held
        if self._forgotten is not None:
            self._forgotten.lapse(min(latest_epoch(self._warehouse, source) for source in _OF_LISTENERS))
        return {source: loaded[source] for source in Source}

    def _crawl_or_fail(self, source: Source) -> _Crawled:
        started, before = time.monotonic(), replace(self._reader.traffic)
        crawled = _Crawled(SourceReport(source), Step("ingest", "succeeded", utc_now(), source=str(source)))
        try:
            crawled.harvest = self._crawl(source, latest_epoch(self._warehouse, source))
        except RitournelleError as error:
            crawled.error = error
        crawled.report = _with_traffic(crawled.report, before, self._reader.traffic)
        crawled.seconds = time.monotonic() - started
        return crawled

    def _crawl(self, source: Source, epoch: int) -> Harvested:
        """Read a source, without the rows of those who were forgotten in the population that its ids mean."""
        settings = self._settings
        parser = Parser(
            CONTRACTS[source], time_zone=settings.time_zone, max_text_characters=settings.max_text_characters
        )
        harvest = Harvest(parser, min_known_share=settings.min_known_share)
        with LandingFile(self._folder, source) as landing:
            leaving_out = self._leaving_out(source, epoch)
            crawl = Crawl(self._reader, source, harvest, landing, self._on_progress, leaving_out=leaving_out)
            crawl.run(extra_passes=settings.extra_passes)
            return harvest.finish()

    def _leaving_out(self, source: Source, epoch: int) -> LeavingOut | None:
        if self._forgotten is None or source not in _OF_LISTENERS:
            return None
        is_forgotten = self._forgotten.of_epoch(epoch)
        return None if is_forgotten is None else LeavingOut(source, is_forgotten)

    def _load_or_fail(self, crawled: _Crawled) -> SourceReport:
        started = time.monotonic()
        try:
            if crawled.error is not None:
                raise crawled.error
            report = self._load(crawled, started)
        except RitournelleError as error:
            report = replace(
                crawled.report,
                status="failed",
                message=str(error),
                problem=type(error).__name__,
                duration_seconds=crawled.seconds + time.monotonic() - started,
            )
            crawled.step = replace(self._note(report, crawled.step), is_transient=isinstance(error, TransientError))
        self._on_step(crawled.step)  # only now: what is heard of has been committed
        return report

    def _load(self, crawled: _Crawled, started: float) -> SourceReport:
        assert crawled.harvest is not None, "a crawl without an error has a harvest"
        known = read_known(self._warehouse, crawled.report.source)
        extract = self._judge(crawled, known)
        if extract.epoch > known.epoch and crawled.harvest.erased:
            # Those ids mean others now, who asked for nothing: they are read again, with all that there is.
            crawled.harvest = self._crawl(crawled.report.source, extract.epoch)
            extract = self._judge(crawled, known)
        harvest = crawled.harvest
        report = crawled.report.with_changes(extract)
        report = replace(report, duration_seconds=crawled.seconds + time.monotonic() - started)
        with self._warehouse.transaction():
            write_source(self._warehouse, extract, harvest, self._run, crawled.step.started_at)
            crawled.step = self._note(report, crawled.step)
        return report

    def _judge(self, crawled: _Crawled, known: Known) -> Extract:
        """What the crawl changes, if it can be right."""
        assert crawled.harvest is not None, "only a complete crawl is judged"
        crawled.report = crawled.report.with_harvest(crawled.harvest)
        require_keepable(known, crawled.harvest, self._settings)
        return self._plan(crawled, known)

    def _plan(self, crawled: _Crawled, known: Known) -> Extract:
        source, harvest = known.contract.source, crawled.harvest
        assert harvest is not None, "only a complete crawl is planned"
        reason = epoch_change(known, harvest, self._settings)
        if source is Source.USERS:
            self._users_changed_epoch = reason
        if source is Source.LISTEN_HISTORY and known.rows.num_rows:
            reason = reason or self._users_changed_epoch or self._users_are_newer(known)
        if not reason:
            require_not_shrunk(known, harvest, self._settings)
            return plan_extract(known, harvest)
        crawled.report = replace(crawled.report, source_epoch_changed=True)
        newest = max(latest_epoch(self._warehouse, other) for other in Source)
        if not self._accept_new_epoch and not self._is_half_accepted(known, newest):
            raise refuse_new_epoch(source, reason)
        return plan_new_epoch(known, harvest, self._next_epoch(known, newest))

    def _users_are_newer(self, known: Known) -> str:
        """Why the listens are of another population, when an earlier run has accepted that of the users only."""
        is_newer = latest_epoch(self._warehouse, Source.USERS) > known.epoch
        return "the users are of a newer one, and it was accepted" if is_newer else ""

    def _is_half_accepted(self, known: Known, newest: int) -> bool:
        """Whether another source has begun a newer epoch, and the run that accepted it did not come to this one."""
        source = known.contract.source
        return newest > known.epoch and last_success(self._warehouse, source) < epoch_begin(self._warehouse, newest)

    def _next_epoch(self, known: Known, newest: int) -> int:
        """The epoch that another source has begun already, if it has; then it was accepted there."""
        return newest if newest > known.epoch else newest + 1

    def _note(self, report: SourceReport, step: Step) -> Step:
        ended = replace(
            step, status=report.status, message=report.message, measures=report.measures(), details=report.details()
        )
        note_step(self._warehouse, self._run, ended)
        return ended


@dataclass
class _Crawled:
    """A source between crawl and load."""

    report: SourceReport
    step: Step
    harvest: Harvested | None = None
    error: RitournelleError | None = None
    seconds: float = 0.0


def _with_traffic(report: SourceReport, before: Traffic, after: Traffic) -> SourceReport:
    return replace(
        report,
        requests=after.requests - before.requests,
        retries=after.retries - before.retries,
        bytes_received=after.bytes_received - before.bytes_received,
        request_seconds=round(after.seconds - before.seconds, 3),
        not_json=after.not_json - before.not_json,
    )
