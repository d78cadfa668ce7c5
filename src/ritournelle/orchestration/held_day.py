"""The day that the ops of one Dagster run share: one lock and one record, from the first stage to the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from typing import Protocol

import dagster as dg

from ritournelle.bootstrap import Platform
from ritournelle.day import STAGES, Day, OpenRun, RunReport, Watcher
from ritournelle.errors import TransientError
from ritournelle.orchestration.stages import stage_of
from ritournelle.runs.record import Step
from ritournelle.settings import Settings
from ritournelle.transform.report import TransformReport


class Log(Protocol):
    """What a `Day` is told to; Dagster's log is one."""

    def info(self, msg: str) -> None:
        """What went well."""

    def warning(self, msg: str) -> None:
        """What did not."""


class DagsterWatcher(Watcher):
    """Tells a day to the log of the op that runs now; keeps what the transform found."""

    def __init__(self) -> None:
        self.log: Log | None = None
        self.transformed: TransformReport | None = None

    def on_step(self, step: Step) -> None:
        """A step has ended."""
        if self.log is not None:
            tell = self.log.warning if step.status == "failed" else self.log.info
            tell(f"{step.step} {step.source}".strip() + f" {step.status}: {step.message}".rstrip(": "))

    def on_retry(self, problem: str) -> None:
        """A page will be tried again."""
        if self.log is not None:
            self.log.warning(problem)

    def on_transformed(self, report: TransformReport) -> None:
        """The transform has ended, well or not."""
        self.transformed = report


class HeldDay:
    """Opens a run of `Day` at the first stage, and ends it after the last one or after a failure.

    `stages`: those that this Dagster run has ops for, in their order. A stage that is tried again after a failure
    begins a new run, as `ritournelle run` would: the one that failed is on record, with what it had done.
    """

    def __init__(self, platform: Platform, stages: Sequence[str] = STAGES) -> None:
        self.platform = platform
        self.watcher = DagsterWatcher()
        self._day = Day(platform, self.watcher)
        self._waiting = list(stages)
        self._stack = ExitStack()
        self._opened: OpenRun | None = None

    def run(self, stage: str, log: Log, *, logical_date: date | None = None) -> tuple[list[Step], RunReport]:
        """Run one stage; its steps, failed ones too, and the run that they belong to.

        Raises `RunInProgressError` when somebody else runs, and what keeps a run from being recorded at all.
        """
        self.watcher.log = log
        opened = self._opened or self._open(logical_date)
        try:
            steps = opened.run(stage)
        except BaseException as error:  # whatever ends it, interruption too, ends the record
            self._end(error)
            raise
        if opened.report.succeeded:
            self._waiting.remove(stage)
        if not opened.report.succeeded or not self._waiting:
            self._end(None)
        return steps, opened.report

    def backfill(self, first_day: date, last_day: date, log: Log) -> RunReport:
        """Load past days again from their landed pages, a run of its own; errors of `Day.backfill`."""
        self.watcher.log = log
        report = self._day.backfill(first_day, last_day)
        if report.succeeded:
            self._waiting.remove("ingest")
        return report

    def close(self) -> None:
        """End what is open; a run whose stages did not all have their turn is no good run."""
        if self._opened is not None:
            self._end(TransientError(f"Dagster ended the run before {self._waiting[0]}"))

    def _open(self, logical_date: date | None) -> OpenRun:
        # Named as the command that runs the same stages is: `run`, or by the first of them.
        verb = "run" if tuple(self._waiting) == STAGES else self._waiting[0]
        held = self._day.open(verb, tuple(self._waiting), logical_date=logical_date)
        self._opened = self._stack.enter_context(held)
        return self._opened

    def _end(self, error: BaseException | None) -> None:
        self._opened = None
        self._stack.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)


def day_resource(settings: Settings) -> dg.ResourceDefinition:
    """The resource `day`: a `HeldDay` for the run, with the stages that the run has."""

    @dg.resource(description="The day's lock and record, shared by the ops of one run.")
    def day(context: dg.InitResourceContext) -> Iterator[HeldDay]:
        held = HeldDay(Platform(settings), planned_stages(context.run))
        try:
            yield held
        finally:
            held.close()

    return day


def planned_stages(run: dg.DagsterRun | None) -> tuple[str, ...]:
    """The stages that a Dagster run has ops for: each op is called as its stage."""
    if run is None:
        return STAGES
    if run.step_keys_to_execute:
        return tuple(stage for stage in STAGES if stage in run.step_keys_to_execute)
    if run.asset_selection:
        selected = {stage_of(key) for key in run.asset_selection}
        return tuple(stage for stage in STAGES if stage in selected)
    return STAGES
