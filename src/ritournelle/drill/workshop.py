"""The workshop: one app, one home that has lived through good days, and copies of it for cases to ruin."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from ritournelle.domain.clock import travelled, travelled_to
from ritournelle.drill.acts import build, ingest, run
from ritournelle.drill.case import Case
from ritournelle.drill.sandbox import Sandbox
from ritournelle.drill.tables import Tables, compared_tables
from ritournelle.drill.world import GOOD_DAYS, WHOLE_DAYS, WORLD, night_after
from ritournelle.errors import PermanentError
from ritournelle.monitoring.reading import Reading
from ritournelle.simulator.running import RunningApp

Say = Callable[[str], None]


class Workshop:
    """Everything lies in a temporary folder and is gone afterwards; the app ends with it.

    `false_alarms`: sensors that fired while the good days went by, when nothing was wrong.
    """

    def __init__(self, say: Say = lambda _: None) -> None:
        self.false_alarms: list[Reading] = []
        self._say = say
        self._stack = ExitStack()
        self._numbers = count(1)
        self._undisturbed: dict[Hashable, Tables] = {}
        self._app = RunningApp(WORLD)
        self._folder = Path()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="ritournelle-drill-")))
            stack.enter_context(self._app)
            self._prepare()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @contextmanager
    def sandbox(self, case: Case) -> Iterator[Sandbox]:
        """A copy of the home, in the night after a day that it has not read yet, or, for some acts, has just built."""
        act = case.act
        home = self._folder / f"case-{next(self._numbers)}"
        copytree(self._built if act.on_built else self._good, home, symlinks=True)
        self._rewind()
        with travelled_to(night_after(GOOD_DAYS)), travelled(timedelta(hours=act.on_built)):
            with Sandbox(home, self._app) as sandbox:
                case.news(sandbox)
                yield sandbox
        rmtree(home)

    def undisturbed(self, case: Case) -> Tables:
        """The tables of a home in which the same was done, after the same news, without any trouble."""
        key = (case.act.after, case.act.on_built, case.news)
        if key not in self._undisturbed:
            with self.sandbox(case) as sandbox:
                case.act.after(sandbox)
                self._undisturbed[key] = compared_tables(sandbox)
        return self._undisturbed[key]

    @property
    def _good(self) -> Path:
        return self._folder / "good"

    @property
    def _built(self) -> Path:
        """Made when the first case asks for it."""
        home = self._folder / "built"
        if not home.exists():
            self._say("a home in which today is built already …")
            copytree(self._good, home, symlinks=True)
            self._rewind()
            with travelled_to(night_after(GOOD_DAYS)), Sandbox(home, self._app) as sandbox:
                build(sandbox)
        return home

    def _prepare(self) -> None:
        """Let the good days pass: read every night, and build and train in the last ones."""
        with Sandbox(self._good, self._app) as sandbox:
            for day in range(GOOD_DAYS):
                self._say(f"good day {day + 1} of {GOOD_DAYS}")
                if day:
                    self._app.advance()
                with travelled_to(night_after(day)):
                    (run if day >= GOOD_DAYS - WHOLE_DAYS else ingest)(sandbox)
            self.false_alarms = alarms(sandbox)
            try:
                sandbox.readers.begin()
            except PermanentError as error:
                raise PermanentError(f"the good days of the drill came to nothing: {error}") from error

    def _rewind(self) -> None:
        """The app as it is in the night after the first day that a good home does not know."""
        self._app.reset(WORLD)
        self._app.advance(GOOD_DAYS)


def alarms(sandbox: Sandbox) -> list[Reading]:
    """Every reading of a home that fired, from the beginning."""
    rows = sandbox.journal.rows("SELECT DISTINCT sensor, subject FROM readings WHERE status = 'fired'")
    found = (sandbox.journal.readings_of(row["sensor"], row["subject"], night_after(-1)) for row in rows)
    return [reading for readings in found for reading in readings if reading.has_fired]
