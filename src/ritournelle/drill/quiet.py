"""Quiet days: a well-kept app, one run each night on a clock that travels, and no trouble at all: who cries wolf?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ritournelle.bootstrap import Platform
from ritournelle.day import Day, RunReport
from ritournelle.domain.clock import travelled_to
from ritournelle.drill.sandbox import SandboxSettings
from ritournelle.drill.world import WORLD, night_after
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reading import Reading
from ritournelle.simulator.running import RunningApp

_SATURDAY = 5
_MORE_AT_WEEKENDS = 0.4
"""Share of the users who also listen on a Saturday or Sunday: more than twice as many as on other days."""


@dataclass(frozen=True)
class QuietDay:
    """One day, its run, and the alarms of the night, each of which is a false one."""

    day: date
    run: RunReport
    alarms: Sequence[Reading]


def quiet_days(home: Path, days: int, *, users: int = 300, weekends: bool = False) -> Iterator[QuietDay]:
    """So many days of a simulated app with the default daily rates, in a home that is new, with the default settings.

    `weekends`: many more people listen on Saturdays and Sundays.
    """
    config = replace(WORLD, users=users, tracks=users)
    with RunningApp(config) as app:
        platform = Platform(SandboxSettings.model_validate({"home": home, "source": {"url": app.url}}))
        for number in range(days):
            if number:
                app.advance()
            day = date.fromisoformat(app.state()["date"])
            if weekends and day.weekday() >= _SATURDAY:
                app.listen(round(users * _MORE_AT_WEEKENDS), tracks=3)
            with travelled_to(night_after(number)):
                run = Day(platform).run("run")
            yield QuietDay(day, run, _alarms_of(home, number))


def _alarms_of(home: Path, number: int) -> list[Reading]:
    readings = Journal(home / "operations.db").latest_readings()
    return [reading for reading in readings if reading.has_fired and reading.at >= night_after(number)]
