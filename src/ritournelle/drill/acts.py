"""What a drill does while the trouble is there, and once its cause is gone: verbs of the platform, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ritournelle.drill.order import obey
from ritournelle.drill.sandbox import Sandbox

_SPARE_BYTES = 96 * 1024
"""Enough to open what is there and to note what happened, too little for the pages and rows of a day."""

Doing = Callable[[Sandbox], None]


@dataclass(frozen=True)
class Act:
    """`verb` names it in tables; `builds` says that star and marts are built anew, so that they are compared too."""

    verb: str
    during: Doing
    after: Doing
    builds: bool = False
    on_built: bool = False
    """Begins with a home in which today is read and built already."""


def ingest(sandbox: Sandbox) -> None:
    """Read the app."""
    sandbox.run("ingest", ("ingest",))


def run(sandbox: Sandbox) -> None:
    """The whole day."""
    sandbox.run("run")


def build(sandbox: Sandbox) -> None:
    """Read the app, build everything, publish; without a model."""
    sandbox.run("run", ("ingest", "transform", "publish"))


def train(sandbox: Sandbox) -> None:
    """Train, and make lists, of what was built last."""
    sandbox.run("train", ("train", "recommend", "publish"))


def recommend(sandbox: Sandbox) -> None:
    """Make lists, and publish them."""
    sandbox.run("recommend", ("recommend", "publish"))


def ask(sandbox: Sandbox) -> None:
    """`ritournelle health`: look, without a run."""
    sandbox.ask_health()


def let_shrink(sandbox: Sandbox) -> None:
    """Read the app, and say that it is right that most of it is gone."""
    with sandbox.changed(source={"max_vanished_share": 1.0}):
        ingest(sandbox)


def accept(sandbox: Sandbox) -> None:
    """Read the app, say yes to its new ids, and read it once more on the day after."""
    sandbox.run("ingest", ("ingest",), accept_new_epoch=True)
    sandbox.run("ingest", ("ingest",))


def next_night(sandbox: Sandbox) -> None:
    """A day goes by, and the app is read in the night after it."""
    sandbox.days_pass()
    sandbox.app.advance()
    ingest(sandbox)


def in_turn(*doings: Doing) -> Doing:
    """One after the other."""

    def all_of_them(sandbox: Sandbox) -> None:
        for doing in doings:
            doing(sandbox)

    return all_of_them


def killed(step: str, stages: tuple[str, ...]) -> Doing:
    """A run in a process of its own, which SIGKILL ends in the middle of a step."""

    def killed_run(sandbox: Sandbox) -> None:
        obey(sandbox.order("run", stages, kill_at=step))

    return killed_run


def on_small_disk(sandbox: Sandbox) -> None:
    """Read the app into a home on a disk that has room for a few pages more."""
    obey(sandbox.order("ingest", ("ingest",), spare_bytes=_SPARE_BYTES))


INGEST = Act("ingest", ingest, ingest)
BUILD = Act("run", build, build, builds=True)
RUN = Act("run", run, run, builds=True)
TRAIN = Act("train", train, train, builds=True, on_built=True)
RECOMMEND = Act("recommend", recommend, recommend, builds=True, on_built=True)
