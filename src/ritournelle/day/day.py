"""The day: ingest → transform → train → recommend → publish, under one lock and one record; shells call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ritournelle.bootstrap import Platform
from ritournelle.day.recorder import Recorder
from ritournelle.day.report import OpenRun, RunReport
from ritournelle.day.watcher import Watcher
from ritournelle.domain.clock import utc_now
from ritournelle.domain.sources import Source
from ritournelle.domain.unknown_member import UNKNOWN_MEMBER
from ritournelle.errors import PermanentError, RitournelleError
from ritournelle.runs.record import Step, note_step
from ritournelle.warehouse.limits import require_backfill, require_compact

if TYPE_CHECKING:
    from ritournelle.forgetting.certificate import Certificate
    from ritournelle.ingestion.replay import ReplayReport
    from ritournelle.warehouse.base import Warehouse

STAGES = ("ingest", "transform", "train", "recommend", "publish")
PUBLISHED_SCHEMAS = ("history", "core", "marts", "ops")
"""What readers see; raw and quarantine hold personal data and stay where they are."""


class Day:
    """One run of some stages; a stage whose predecessor failed is skipped, so that yesterday is still served."""

    def __init__(self, platform: Platform, watcher: Watcher | None = None) -> None:
        self._platform = platform
        self._settings = platform.settings
        self._watcher = watcher or Watcher()
        self._recorder = Recorder(platform, self._watcher)
        self._warehouse = self._recorder.warehouse

    def run(
        self,
        verb: str,
        stages: tuple[str, ...] = STAGES,
        *,
        logical_date: date | None = None,
        accept_new_epoch: bool = False,
        full_refresh: bool = False,
    ) -> RunReport:
        """Run these stages in their order.

        Raises `RunInProgressError` when another run is under way, and what keeps a run from being recorded at all;
        every failure of a stage is in the report.
        """
        with self._recorder.run(verb, logical_date) as report:
            work = self._work(accept_new_epoch, full_refresh)
            self._recorder.stages(report, {stage: work[stage] for stage in stages})
        return report

    @contextmanager
    def open(
        self,
        verb: str,
        stages: tuple[str, ...] = STAGES,
        *,
        logical_date: date | None = None,
        accept_new_epoch: bool = False,
        full_refresh: bool = False,
    ) -> Iterator[OpenRun]:
        """The same run, stage by stage, for those who come back between the stages; lock and record are held meanwhile.

        Stages that were not asked for after one had failed end up as in `run`. Errors as in `run`.
        """
        work = self._work(accept_new_epoch, full_refresh)

        def do(stage: str) -> None:
            self._recorder.stages(report, {stage: work[stage]})
            self._warehouse.let_go()  # who runs stage by stage may look into it between them

        with self._recorder.run(verb, logical_date) as report:
            opened = OpenRun(report, list(stages), do)
            yield opened
            opened.skip_rest()

    def _work(self, accept_new_epoch: bool, full_refresh: bool) -> Mapping[str, Callable[[RunReport], None]]:
        return {
            "ingest": lambda report: self._ingest(report, accept_new_epoch),
            "transform": lambda report: self._transform(report, full_refresh),
            "train": self._train,
            "recommend": self._recommend,
            "publish": self._publish,
        }

    def backfill(self, first_day: date, last_day: date | None = None) -> RunReport:
        """Load the days from `first_day` on again from landing, build everything on them anew, publish.

        With `last_day` the days after it are left alone if all up to it comes out as it stands. Errors as in `run`,
        and `PermanentError` for an engine that cannot do it.
        """
        require_backfill(self._settings.warehouse_url)
        with self._recorder.run("backfill", None) as report:
            self._recorder.stages(report, {"backfill": lambda report: self._backfill(report, first_day, last_day)})
            if not report.succeeded or not _found_the_same(report):
                rebuild = {"transform": lambda report: self._transform(report, True), "publish": self._publish}
                self._recorder.stages(report, rebuild)
        return report

    def compact(self) -> RunReport:
        """Apply the retention of landing, raw and quarantine, and give the space back. Errors as in `backfill`."""
        require_compact(self._settings.warehouse_url)
        with self._recorder.run("compact", None) as report:
            work = {"landing": self._expire_landing, "compact": self._remove_superseded, "reclaim": self._reclaim}
            self._recorder.stages(report, work)
        return report

    def forget(self, user_id: int) -> tuple[RunReport, list[Certificate]]:
        """Erase a listener everywhere, and whoever else waits for it; nothing of them is taken in from now on.

        Raises `PermanentError` for an id that is nobody's, and what `run` raises: then the request stays, and the next
        run fulfils it.
        """
        if user_id == UNKNOWN_MEMBER:
            raise PermanentError(f"{user_id} is the unknown member of the star, and nobody's id")
        self._platform.forgotten().ask(user_id, utc_now())
        return self.forget_waiting()

    def forget_waiting(self) -> tuple[RunReport, list[Certificate]]:
        """Erase everybody who waits for it; errors as in `run`."""
        with self._recorder.run("forget", None) as report:
            certificates = self._forget_waiting(report)
        return report, certificates

    def _forget_waiting(self, report: RunReport) -> list[Certificate]:
        certificates: list[Certificate] = []

        def work() -> tuple[str, dict[str, Any]]:
            self._warehouse.let_go()  # each eraser opens what it needs, and files are written anew
            certificates.extend(self._platform.forgetting(self._watcher.on_store).run(utc_now))
            removed = sum(certificate.removed for certificate in certificates)
            told = f"{len(certificates)} listeners erased: {removed:,} rows, messages and files"
            return told, {"certificates": [certificate.erasure_id for certificate in certificates]}

        self._recorder.step(report, "forget", work)
        return certificates

    def replay_quarantine(self, sources: tuple[Source, ...]) -> tuple[RunReport, list[ReplayReport]]:
        """Bring back the quarantined rows that are good now."""
        with self._recorder.run("quarantine replay", None) as report, self._warehouse.use() as warehouse:
            found = [self._replay(warehouse, report, source) for source in sources]
            if len(sources) == len(Source):
                found += self._replay_events(warehouse, report)
        return report, found

    def _replay(self, warehouse: Warehouse, report: RunReport, source: Source) -> ReplayReport:
        from ritournelle.ingestion.replay import replay

        started = utc_now()
        with warehouse.transaction():
            found = replay(warehouse, source, self._settings.source, report.run, replayed_at=started)
            told = f"{found.replayed} brought back, {found.still_open} still wait"
            step = Step("replay", "succeeded", started, told, str(source), measures={"inserted": found.replayed})
            note_step(warehouse, report.run, step)
        self._recorder.heard(report, step)
        return found

    def _replay_events(self, warehouse: Warehouse, report: RunReport) -> list[ReplayReport]:
        from ritournelle.ingestion.events import replay_events

        started = utc_now()
        found = replay_events(warehouse, report.run)
        for replayed in found:
            told = f"{replayed.replayed} brought back, {replayed.still_open} still wait"
            step = Step("replay", "succeeded", started, told, str(replayed.source))
            note_step(warehouse, report.run, step)
            self._recorder.heard(report, step)
        return found

    def _ingest(self, report: RunReport, accept_new_epoch: bool) -> None:
        from ritournelle.ingestion.ingest import Ingestion
        from ritournelle.ingestion.landing import remove_expired

        if self._platform.forgotten().waiting():
            self._forget_waiting(report)
        with self._warehouse.use() as warehouse:
            self._load_events(report, warehouse)  # first: they speak of the population that was known until now
            ingestion = Ingestion(
                warehouse,
                self._platform.page_reader(self._watcher.on_retry),
                self._settings.source,
                self._settings.landing_folder,
                report.run,
                accept_new_epoch=accept_new_epoch,
                forgotten=self._platform.forgotten(),
                on_progress=self._watcher.on_crawl,
                on_step=lambda step: self._recorder.heard(report, step),
            )
            report.sources = ingestion.run()
        if report.succeeded:
            retention = self._settings.landing.retention_days
            remove_expired(self._settings.landing_folder, utc_now().date(), retention)

    def _load_events(self, report: RunReport, warehouse: Warehouse) -> None:
        """What was told since the last run; when it fails, the app is read all the same."""
        from ritournelle.ingestion.events import STEP, load_events

        started = utc_now()
        try:
            with self._platform.broker() as broker:
                step = load_events(warehouse, broker, report.run, forgotten=self._platform.forgotten())
                broker.expire(started - timedelta(days=self._settings.stream.retention_days))
        except RitournelleError as error:
            step = Step(STEP, "failed", started, str(error))
        note_step(warehouse, report.run, step)
        self._recorder.heard(report, step)

    def _backfill(self, report: RunReport, first_day: date, last_day: date | None) -> None:
        from ritournelle.ingestion.backfill import Backfill

        def work() -> tuple[str, dict[str, Any]]:
            with self._warehouse.use() as warehouse:
                landing, source = self._settings.landing_folder, self._settings.source
                backfill = Backfill(warehouse, landing, source, self._watcher.on_backfill)
                done = backfill.run(first_day, last_day)
            return str(done), asdict(done)

        self._recorder.step(report, "backfill", work)

    def _expire_landing(self, report: RunReport) -> None:
        from ritournelle.ingestion.landing import landed_bytes, remove_expired

        def work() -> tuple[str, dict[str, Any]]:
            folder = self._settings.landing_folder
            before = landed_bytes(folder)
            expired = remove_expired(folder, utc_now().date(), self._settings.landing.retention_days)
            after = landed_bytes(folder)
            told = f"{len(expired)} days of landed pages removed: {before:,} bytes before, {after:,} after"
            days = [day.name.removeprefix("date=") for day in expired]
            return told, {"days": days, "bytes_before": before, "bytes_after": after}

        self._recorder.step(report, "landing", work)

    def _remove_superseded(self, report: RunReport) -> None:
        from ritournelle.ingestion.retention import remove_superseded
        from ritournelle.runs.compaction import COMPACT

        days = self._settings.raw.retention_days
        if days is None:
            told = "RITOURNELLE_RAW__RETENTION_DAYS is not set: raw and quarantine are kept for ever"
            self._recorder.note(report, Step(COMPACT, "skipped", utc_now(), told))
            return
        with self._warehouse.use() as warehouse:
            step = remove_superseded(warehouse, report.run, utc_now().date() - timedelta(days=days))
        self._recorder.heard(report, step)  # noted already, together with what it removed

    def _reclaim(self, report: RunReport) -> None:
        from ritournelle.ingestion.retention import TOUCHED

        def work() -> tuple[str, dict[str, Any]]:
            with self._warehouse.use() as warehouse:
                before, after = warehouse.reclaim(TOUCHED)
            told = f"the warehouse took {before:,} bytes and takes {after:,}"
            return told, {"bytes_before": before, "bytes_after": after}

        self._recorder.step(report, "reclaim", work)

    def _transform(self, report: RunReport, full_refresh: bool) -> None:
        from ritournelle.transform.checks import keep_check_results
        from ritournelle.transform.runner import build

        def work() -> tuple[str, dict[str, Any]]:
            built = build(
                self._platform.dbt_settings(),
                full_refresh=full_refresh,
                on_progress=self._watcher.on_transform,
                kept=self._warehouse,
            )
            with self._warehouse.use() as warehouse:
                keep_check_results(warehouse, report.run, built)
            self._watcher.on_transformed(built)
            built.raise_for_problems()
            warnings = [str(warning) for warning in built.warnings]
            rows = {f"{model.schema}.{model.name}": model.rows for model in built.models if model.rows is not None}
            counts = f"{len(built.models)} models, {len(built.tests)} data tests, {len(warnings)} warnings"
            return f"{counts}; {built.scope}", {"rows": rows, "warnings": warnings, "scope": built.scope}

        self._recorder.step(report, "transform", work)

    def _train(self, report: RunReport) -> None:
        from ritournelle.training.material import Material
        from ritournelle.training.quality import quality_rows
        from ritournelle.training.train import train
        from ritournelle.warehouse.marts import INTERACTIONS, LISTENS, TRACK_CONTENT
        from ritournelle.warehouse.tables import MODEL_QUALITY_DAYS

        def work() -> tuple[str, dict[str, Any]]:
            rules = self._platform.training_rules()
            with self._warehouse.use() as warehouse:
                material = Material.of(*(query.run(warehouse) for query in (INTERACTIONS, LISTENS, TRACK_CONTENT)))
            self._warehouse.let_go()  # training may take long
            outcome = train(
                material,
                rules,
                registry=self._platform.registry(),
                now=utc_now(),
                journal=self._platform.tuning_journal(rules),
                progress=self._watcher.on_training,
            )
            if outcome.manifest is not None:  # also if nothing was trained: the run before may have been killed
                with self._warehouse.use() as warehouse:
                    warehouse.upsert(MODEL_QUALITY_DAYS, quality_rows(outcome.manifest))
            return str(outcome), outcome.to_dict()

        self._recorder.step(report, "train", work)

    def _recommend(self, report: RunReport) -> None:
        from ritournelle.inference.nightly import write_nightly_lists

        def work() -> tuple[str, dict[str, Any]]:
            self._warehouse.let_go()  # lists are read and written with more threads
            with self._platform.open_warehouse(threads=self._settings.warehouse.threads) as warehouse:
                written = write_nightly_lists(
                    warehouse,
                    self._platform.registry(),
                    list_length=self._settings.recommendation.list_length,
                    computed_at=utc_now(),
                    rules=self._platform.rerank_rules(),
                    on_progress=self._watcher.on_lists,
                )
            warnings = [f"the champion is damaged: {written.problem}"] if written.problem else []
            counts = {"listeners": written.listeners, "changed": written.changed, "rows": written.rows}
            return str(written), counts | {"warnings": warnings}

        self._recorder.step(report, "recommend", work)

    def _publish(self, report: RunReport) -> None:
        from ritournelle.inference.online import publish_with_lists

        def work() -> tuple[str, dict[str, Any]]:
            with self._warehouse.use() as warehouse, self._platform.online_store() as store:
                told, problem = publish_with_lists(
                    warehouse,
                    self._platform.served_registry(),
                    store,
                    lambda: warehouse.publish(PUBLISHED_SCHEMAS, report.run.run_id),
                    report.run.run_id,
                    self._watcher.on_stored_lists,
                )
            return f"readers see {report.run.run_id}; {told}", {"warnings": [problem]} if problem else {}

        self._recorder.step(report, "publish", work)


def _found_the_same(report: RunReport) -> bool:
    (details,) = [step.details or {} for step in report.steps if step.step == "backfill"]
    return bool(details["found_the_same"])
