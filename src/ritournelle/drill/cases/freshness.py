"""Freshness: nothing new comes, nobody asks for it, or clocks disagree."""

from __future__ import annotations

from ritournelle.domain.sources import Source
from ritournelle.drill.acts import INGEST, Act, ask, build, in_turn, ingest, next_night
from ritournelle.drill.case import Case, Family
from ritournelle.drill.troubles import fault, nights_pass, nobody_runs, together

CASES = (
    Case(
        name="no_new_listen",
        family=Family.FRESHNESS,
        happens="the app answers well, and nobody has listened for days",
        lands="everything that comes",
        sensor="listen_freshness",
        trouble=nights_pass(5, quiet=True),
        act=Act("run", build, build),
    ),
    Case(
        name="source_stale",
        family=Family.FRESHNESS,
        happens="users could not be read for three nights, while the other sources could",
        lands="the other sources; of users the last good day stays",
        sensor="source_freshness",
        subject="users",
        trouble=together(fault("status_500", Source.USERS), nights_pass(3)),
    ),
    Case(
        name="day_missed",
        family=Family.FRESHNESS,
        happens="nothing ran for two days",
        lands="nothing, until the next run, which catches up",
        sensor="run_missed",
        trouble=nobody_runs(2),
        act=Act("health", ask, in_turn(ingest, next_night)),
    ),
    Case(
        name="clock_skew",
        family=Family.FRESHNESS,
        happens="the clock of the app is four days ahead",
        lands="everything: dates never decide what is new",
        sensor="date_sanity",
        trouble=fault("clock_ahead", rows=None),
        act=INGEST,
    ),
)
