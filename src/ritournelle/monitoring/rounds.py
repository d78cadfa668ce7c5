"""The rounds of the watch: when a run begins, before it trains and publishes, when it ends, and on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ritournelle.domain.clock import utc_now
from ritournelle.errors import (
    HeldError,
    RitournelleError,
    RunInProgressError,
    SettingsError,
    WarehouseError,
    WarehouseOpenHereError,
)
from ritournelle.monitoring.health import HealthReport, health_of
from ritournelle.monitoring.incidents import Change
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.observing import data, machine, models, runs, serving, sources
from ritournelle.monitoring.observing.facts import Facts, facts_of
from ritournelle.monitoring.observing.history import HEALTH, RUNNING, History, PastRun, PastStep, keep_run
from ritournelle.monitoring.observing.mirror import mirror
from ritournelle.monitoring.reading import Reading
from ritournelle.monitoring.reserve import Reserve
from ritournelle.monitoring.rules import Rules
from ritournelle.monitoring.sensors.base import Observation
from ritournelle.monitoring.servers import servers_of
from ritournelle.monitoring.watch import ask, keep
from ritournelle.registry.base import Registry
from ritournelle.runs.lock import is_run_under_way
from ritournelle.streaming.broker import Broker
from ritournelle.warehouse.base import Warehouse

KEPT = timedelta(days=800)
"""The journal forgets runs and readings older than this: two years can be compared. Incidents stay."""
_TOLD = 3


@dataclass(frozen=True)
class Watched:
    """What is watched: the home, the warehouse, and the registry; `metric` is what models are compared by."""

    home: Path
    warehouse_file: Path | None
    """None where the warehouse is on a server."""
    open_warehouse: Callable[[], AbstractContextManager[Warehouse]]
    """For reading."""
    registry: Registry
    metric: str
    open_broker: Callable[[], Broker] | None = None
    """The event log, if one is watched; it is not made by looking at it."""
    topics: Sequence[str] = ()
    """Those that the daily run loads, as the group `group`."""
    group: str = ""


@dataclass(frozen=True)
class Round:
    """What a round has found: every reading, what happened to incidents, and the facts of the warehouse."""

    readings: Sequence[Reading] = ()
    changes: Sequence[Change] = ()
    message: str = ""
    facts: Facts = field(default_factory=dict)

    @property
    def fired(self) -> list[Reading]:
        """The readings that say trouble, the gravest first."""
        return sorted((one for one in self.readings if one.has_fired), key=lambda one: not one.severity.is_critical)


class Rounds:
    """Asks all sensors about what can be observed, and keeps what they say.

    `notify` hears what happened to incidents; `copies` are called with the open warehouse when a run has ended, to copy
    into it what is kept beside it.
    """

    def __init__(
        self,
        watched: Watched,
        journal: Journal,
        rules: Rules,
        *,
        notify: Callable[[Sequence[Change]], None] | None = None,
        copies: Sequence[Callable[[Warehouse], None]] = (),
    ) -> None:
        self._watched = watched
        self._journal = journal
        self._rules = rules
        self._notify = notify or (lambda _: None)
        self._copies = copies
        self._seen: tuple[PastRun, Facts] | None = None
        self._reserve = Reserve(watched.home)

    def begin(self, run: PastRun) -> None:
        """A run begins, under the lock: note it, and see to those that died without a word."""
        self._reserve.keep()
        with self._journal.held():
            self._begin(run, utc_now())

    def _begin(self, run: PastRun, now: datetime) -> None:
        history = History.read(self._journal, now)
        if any(one.status == RUNNING for one in history.runs):
            buried = _buried(history)
            for one in buried.runs:
                keep_run(self._journal, one)
            self._keep(runs.last_run(buried), now)
        keep_run(self._journal, run)

    def refused(self, verb: str, error: RitournelleError | OSError) -> Round:
        """A run could not even begin: because of another one, of the warehouse, or of a full disk."""
        self._reserve.give()
        now = utc_now()
        row = {"at": now, "verb": verb, "problem": type(error).__name__, "message": str(error)}
        self._journal.keep_rows("refusals", [row])
        return self._keep(self._of_refusal(History.read(self._journal, now), error), now)

    def require_free(self, run: PastRun, stage: str) -> None:
        """Raise `HeldError` when a sensor that blocks has fired on what this run has brought so far."""
        now = utc_now()
        history = History.read(self._journal, now)
        if stage == "publish":
            run = self._with_facts(run, now)
            history = History.read(self._journal, now)  # with what was mirrored
        elif _has_built(run):  # the data tests in the journal are of an earlier transform, and this one passed its own
            history = replace(history, checks=())
        readings = ask(self._of_data(history.with_current(run)), self._rules, now)
        held = [reading for reading in readings if reading.holds]
        if held:
            told = "; ".join(self._rules.say(reading) for reading in held)
            raise HeldError(f"held: {told}", tuple(sorted({reading.sensor for reading in held})))

    def end(self, run: PastRun) -> Round:
        """A run has ended, well or not: keep what it did, ask every sensor, follow the incidents, tell."""
        self._reserve.give()
        with self._journal.held():
            return self._end(run, utc_now())

    def _end(self, run: PastRun, now: datetime) -> Round:
        problem = None
        try:
            run = self._with_facts(run, now)
        except WarehouseOpenHereError:  # as in _problem
            problem = None
        except RitournelleError as error:
            problem = error
        keep_run(self._journal, run)
        history = History.read(self._journal, now)
        found = self._keep(self._of_everything(history, now, problem), now)
        facts: Facts = dict(run.facts)
        keep_run(self._journal, _with_health(run, facts, now, found.message))
        self._journal.forget_before(now - KEPT)
        return replace(found, facts=facts)

    def described(self, found: Round) -> dict[str, Any]:
        """JSON-ready, in English: what `run --json` says under `health`."""
        told = [
            {
                "sensor": one.sensor,
                "subject": one.subject,
                "severity": one.severity.value,
                "message": self._rules.say(one),
                "what_to_do": self._rules.advise(one),
            }
            for one in found.fired
        ]
        return {"health": health_of(found.readings).value, "message": found.message, "fired": told}

    def copy(self, warehouse: Warehouse) -> None:
        """Copy into the warehouse what is kept beside it."""
        for copy in self._copies:
            copy(warehouse)

    def look(self) -> HealthReport:
        """What can be seen without a run, now: ages, disk, warehouse, the champion's files; with all read before."""
        now = utc_now()
        self._reserve.give()
        if not self._journal.is_there:
            return HealthReport(now, None, (), (), self._rules)
        in_use = is_run_under_way(self._watched.home)
        history = History.read(self._journal, now)
        if history.runs or history.refusals:
            history = history if in_use else _buried(history)
            self._keep(self._of_now(history, now, self._problem(), in_use), now)
        return self.report()

    def report(self) -> HealthReport:
        """What was read last, without looking."""
        return HealthReport.of(self._journal, self._rules, utc_now())

    def _keep(self, observations: Iterator[Observation], now: datetime) -> Round:
        readings = ask(observations, self._rules, now)
        changes = keep(self._journal, readings, self._rules)
        self._notify(changes)
        found = Round(readings, changes)
        return replace(found, message=self._told(found))

    def _told(self, found: Round) -> str:
        sentences = [self._rules.say(reading) for reading in found.fired]
        more = f"; and {len(sentences) - _TOLD} more" if len(sentences) > _TOLD else ""
        return f"health: {health_of(found.readings)}" + "".join(f"; {one}" for one in sentences[:_TOLD]) + more

    def _with_facts(self, run: PastRun, now: datetime) -> PastRun:
        """The run with what the warehouse holds at its end; asked once if nothing but publishing came in between."""
        if self._seen is not None and _only_published_since(self._seen[0], run):
            return _with_health(run, self._seen[1], now)
        with self._watched.open_warehouse() as warehouse:
            try:
                mirror(warehouse, self._journal, run.run_number)
                facts = facts_of(warehouse, run, now)
            except WarehouseError as error:  # it is there, but not as it should be: a warning of its own
                facts = {"problem": str(error)}
        self._seen = (run, facts)
        return _with_health(run, facts, now)

    def _of_data(self, history: History) -> Iterator[Observation]:
        yield from sources.source_reads(history)
        yield from sources.column_profiles(history)
        yield from sources.all_changes(history)
        yield from data.checked_models(history)
        yield from data.mart_rows(history)
        yield from data.orphans(history)
        yield from data.lists_to_publish(history)

    def _of_everything(
        self, history: History, now: datetime, problem: RitournelleError | None
    ) -> Iterator[Observation]:
        yield from self._of_data(history)
        yield from models.training(history)
        yield from models.judged(self._watched.registry, self._watched.metric)
        yield from serving.usefulness(history, now)
        yield from runs.run_duration(history)
        yield from machine.memory_use(history)
        yield from self._of_now(history, now, problem, False)

    def _of_now(
        self, history: History, now: datetime, problem: RitournelleError | None, in_use: bool
    ) -> Iterator[Observation]:
        yield from sources.source_ages(history, now)
        yield from data.listen_age(history, now)
        yield from data.publication(history, now)
        yield from runs.last_run(history)
        yield from runs.run_gap(history, now)
        yield from runs.refusals(history)
        yield from models.champion(self._watched.registry, history)
        yield from self._of_disk(machine.last_failed_write(history))
        yield machine.warehouse_state(problem, in_use=in_use)
        yield from self._of_serving(now)

    def _of_serving(self, now: datetime) -> Iterator[Observation]:
        watched = self._watched
        yield from serving.servers(servers_of(self._journal), now)
        yield from serving.online_store(watched.home / "online.db")
        if watched.open_broker is not None:
            with watched.open_broker() as broker:
                yield from serving.event_log(broker, watched.topics, watched.group, now)

    def _of_refusal(self, history: History, error: RitournelleError | OSError) -> Iterator[Observation]:
        yield from runs.refusals(history)
        yield from self._of_disk(machine.last_failed_write(history, str(error)))
        is_elsewhere = isinstance(error, (RunInProgressError, WarehouseOpenHereError, SettingsError, OSError))
        if isinstance(error, RitournelleError) and not is_elsewhere:
            yield machine.warehouse_state(error)

    def _of_disk(self, failed_write: str) -> Iterator[Observation]:
        yield from machine.disk_space(self._watched.home, self._watched.warehouse_file, failed_write)

    def _problem(self) -> RitournelleError | None:
        """What keeps the warehouse from being opened; None if nothing does."""
        try:
            with self._watched.open_warehouse():
                return None
        except WarehouseOpenHereError:  # somebody exports from it: so it can be read
            return None
        except RitournelleError as error:
            return error


def _with_health(run: PastRun, facts: Any, now: datetime, message: str = "") -> PastRun:
    step = PastStep(HEALTH, "", "succeeded", now, now, message, {}, {"facts": facts})
    return replace(run, steps=(*(one for one in run.steps if one.step != HEALTH), step))


def _has_built(run: PastRun) -> bool:
    built = run.step("transform")
    return built is not None and built.succeeded


def _only_published_since(before: PastRun, run: PastRun) -> bool:
    later = [step.step for step in run.steps[len(before.steps) :]]
    return before.run_id == run.run_id and set(later) <= {"publish"}


def _buried(history: History) -> History:
    """With the runs that go on, and whose process is gone, as killed."""
    told = "the process ended without a word"
    return replace(
        history,
        runs=tuple(
            replace(run, status="killed", finished_at=run.started_at, message=told) if run.status == RUNNING else run
            for run in history.runs
        ),
    )
