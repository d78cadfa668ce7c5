"""The health of a run, as the day asks for it: it never fails a run by itself, and never hides that one failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ritournelle.domain.clock import utc_now
from ritournelle.errors import HeldError, RitournelleError
from ritournelle.monitoring.observing.history import HEALTH, PastRun, PastStep
from ritournelle.monitoring.observing.machine import peak_memory_bytes
from ritournelle.monitoring.rounds import Rounds
from ritournelle.runs.record import Run, Step
from ritournelle.warehouse.base import Warehouse

HELD_STAGES = ("train", "publish")
"""What a sensor that blocks keeps from happening."""


class Checkup:
    """One run's visits to the watch; `tell` sends people what is due at a moment."""

    def __init__(self, rounds: Rounds, tell: Callable[[datetime], object]) -> None:
        self._rounds = rounds
        self._tell = tell
        self._problems: list[str] = []

    def begin(self, run: Run) -> None:
        """The run has begun."""
        self._try(lambda: self._rounds.begin(_past(run, (), "running", "")))

    def refused(self, verb: str, error: RitournelleError | OSError) -> None:
        """The run could not begin."""
        self._try(lambda: self._rounds.refused(verb, error))

    def require_free(self, stage: str, run: Run, steps: Sequence[Step]) -> None:
        """Raise `HeldError` when nothing may be trained or published now."""
        if stage not in HELD_STAGES:
            return
        held: list[HeldError] = []

        def ask() -> None:
            try:
                self._rounds.require_free(_past(run, steps, "running", ""), stage)
            except HeldError as error:
                held.append(error)

        self._try(ask)
        if held:
            raise held[0]

    def end(self, run: Run, steps: Sequence[Step], status: str, message: str) -> tuple[Step, dict[str, Any]]:
        """The run has ended: the step that tells of its health, and the same for `--json`."""
        started = utc_now()
        found: dict[str, Any] = {}
        facts: dict[str, Any] = {}

        def ask() -> None:
            ended = self._rounds.end(_past(run, steps, status, message))
            found.update(self._rounds.described(ended))
            facts.update(ended.facts)
            self._problems += [str(ended.facts["problem"])] if "problem" in ended.facts else []

        self._try(ask)
        warnings = [f"health could not be judged: {problem}" for problem in self._problems]
        if not found:
            told = "; ".join(warnings)
            return Step(HEALTH, "skipped", started, told, details={"warnings": warnings}), {"problem": told}
        details = {"warnings": warnings, "fired": found["fired"], "facts": facts}
        return Step(HEALTH, "succeeded", started, found["message"], details=details), found

    def tell(self) -> None:
        """After the run has let its lock go: send people what is due, which takes seconds where a channel hangs."""
        self._try(lambda: self._tell(utc_now()))

    def copy(self, warehouse: Warehouse) -> None:
        """Let the warehouse have a copy of what is kept beside it."""
        self._try(lambda: self._rounds.copy(warehouse))

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # pylint: disable=broad-exception-caught  # a sick watch must not fail a good run
            self._problems.append(f"{type(error).__name__}: {error}")


def _past(run: Run, steps: Sequence[Step], status: str, message: str) -> PastRun:
    now = utc_now()
    past = tuple(
        PastStep(
            step.step,
            step.source,
            step.status,
            step.started_at,
            step.finished_at or now,
            step.message,
            step.measures or {},
            step.details or {},
        )
        for step in steps
    )
    ended = None if status == "running" else now
    day = run.logical_date.isoformat()
    peak = peak_memory_bytes()
    return PastRun(run.run_id, run.run_number, run.verb, day, status, run.started_at, ended, message, peak, past)
