"""A run on record: its lock, its steps as they end, its health, and who hears of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from ritournelle.bootstrap import Platform
from ritournelle.day.report import RunReport
from ritournelle.day.watcher import Watcher
from ritournelle.domain.clock import utc_now
from ritournelle.errors import HeldError, RitournelleError, TransientError
from ritournelle.monitoring.checkup import Checkup
from ritournelle.runs.record import Step, begin_run, end_run, note_step
from ritournelle.warehouse.kept import KeptWarehouse

Work = Callable[[], tuple[str, dict[str, Any]]]
"""What a step does; it tells what came of it, in a sentence and in details that are ready for JSON."""


class Recorder:
    """Records the runs of one platform, one at a time.

    Attributes:
        warehouse: The warehouse of the run that is under way.
    """

    def __init__(self, platform: Platform, watcher: Watcher) -> None:
        self.warehouse = KeptWarehouse(platform.open_warehouse)
        self._platform = platform
        self._watcher = watcher
        tell: Callable[[datetime], object] = lambda _: None
        if platform.settings.alerts.urls:  # else there is nobody to be told, and the notifier takes 8 ms to import
            tell = platform.notifier().flush
        self._checkup = Checkup(platform.rounds(self.warehouse.use), tell)

    @contextmanager
    def run(self, verb: str, logical_date: date | None) -> Iterator[RunReport]:
        """Hold the lock, begin and end the record; the warehouse stays open where a stage has left it open."""
        report: RunReport | None = None
        try:
            with self._platform.run_lock(), self.warehouse:
                with self.warehouse.use() as warehouse:
                    report = RunReport(begin_run(warehouse, verb, logical_date))
                self._checkup.begin(report.run)
                try:
                    yield report
                except BaseException as error:  # the rim of a run: whatever ends it, interruption too, is on record
                    report.status, report.message = "failed", f"{type(error).__name__}: {error}"
                    raise
                finally:
                    self._end(report)
        except (RitournelleError, OSError) as error:
            if report is None:
                self._checkup.refused(verb, error)
            raise
        finally:
            self._checkup.tell()

    def stages(self, report: RunReport, work: Mapping[str, Callable[[RunReport], None]]) -> None:
        """Do one after the other; those after one that failed are skipped, and on record as that."""
        for stage, do in work.items():
            if report.succeeded:
                self._watcher.on_stage(stage)
                do(report)
            else:
                self.note(report, Step(stage, "skipped", utc_now(), f"because {_first_failure(report)} failed"))

    def step(self, report: RunReport, name: str, work: Work) -> None:
        """Do and record one step; what a sensor holds is not done."""
        started = utc_now()
        try:
            self._checkup.require_free(name, report.run, report.steps)
            message, details = work()
            step = Step(name, "succeeded", started, message, details=details)
        except HeldError as error:
            step = Step(name, "failed", started, str(error), details={"held_by": error.sensors})
        except RitournelleError as error:
            step = Step(name, "failed", started, str(error), is_transient=isinstance(error, TransientError))
        self.note(report, step)

    def note(self, report: RunReport, step: Step) -> None:
        """Record a step that ended."""
        with self.warehouse.use() as warehouse:
            note_step(warehouse, report.run, step)
        self.heard(report, step)

    def heard(self, report: RunReport, step: Step) -> None:
        """Take a step that is on record into the report, and tell of it."""
        report.steps.append(replace(step, finished_at=utc_now()))
        if step.status == "failed":
            report.status = "failed"
            report.message = "\n".join(part for part in (report.message, step.message) if part)
        self._watcher.on_step(step)

    def _end(self, report: RunReport) -> None:
        report.duration_seconds = (utc_now() - report.run.started_at).total_seconds()
        step, report.health = self._checkup.end(report.run, report.steps, report.status, report.message)
        with self.warehouse.use() as warehouse:
            note_step(warehouse, report.run, step)
            end_run(warehouse, report.run, report.status, report.message)
            self._checkup.copy(warehouse)
        self.heard(report, step)


def _first_failure(report: RunReport) -> str:
    failed = next(step for step in report.steps if step.status == "failed")
    return f"{failed.step} of {failed.source}" if failed.source else failed.step
