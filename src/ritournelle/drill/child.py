"""A run in a process of its own, for troubles that end a process or need a disk of their own: `python -m …drill.child`.

What to do comes as JSON on standard input, an `Order`.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ritournelle.bootstrap import Platform
from ritournelle.day import Day, Watcher
from ritournelle.domain.clock import travelled_to
from ritournelle.drill.order import Order
from ritournelle.drill.sandbox import sandbox_settings
from ritournelle.drill.small_disk import mount_small_disk
from ritournelle.errors import PermanentError, RitournelleError
from ritournelle.monitoring.observing.machine import NO_ROOM

if TYPE_CHECKING:
    from ritournelle.ingestion.crawl import Progress


class Killer(Watcher):
    """SIGKILL, by its own hand, in the middle of a step; where a step has no middle, as it begins."""

    def __init__(self, step: str, kill: Callable[[], None]) -> None:
        self._step = step
        self._kill = kill

    def on_stage(self, stage: str) -> None:
        """Publishing is one rename after one copy: nobody hears of its middle."""
        if stage == self._step == "publish":
            self._kill()

    def on_crawl(self, progress: Progress) -> None:
        """The second pass of a source."""
        if self._step == f"ingest {progress.source}" and progress.pass_number == 2:
            self._kill()

    def on_transform(self, number: int, total: int, what: str) -> None:
        """Half of the models and tests."""
        if self._step == "transform" and number > total // 2:
            self._kill()

    def on_training(self, done: int, total: int, what: str) -> None:
        """A model is judged, or fitted."""
        if self._step == "train":
            self._kill()

    def on_lists(self, done: int, total: int) -> None:
        """Lists are there, and not yet all stored."""
        if self._step == "recommend":
            self._kill()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Do what standard input says."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    with travelled_to(order.moment):
        if order.spare_bytes is None:
            _run(order, Path(order.home))
        else:
            _run_on_small_disk(order, order.spare_bytes)


def _run(order: Order, home: Path) -> str:
    """Why the run failed; empty when it did not."""
    platform = Platform(sandbox_settings(home, order.url, order.changes))
    try:
        return Day(platform, Killer(order.kill_at, _die)).run(order.verb, tuple(order.stages)).message
    except (RitournelleError, OSError) as error:
        return str(error)


def _run_on_small_disk(order: Order, spare_bytes: int) -> None:
    """Move the home to a disk that is nearly full, run there, and bring what is left back to where there is room."""
    home = Path(order.home)
    disk = home.with_name(f"{home.name}.disk")
    disk.mkdir()
    mount_small_disk(disk, 2 * _size(home))
    shutil.copytree(home, disk / "home", symlinks=True)
    ballast = shutil.disk_usage(disk).free - spare_bytes
    (disk / "ballast").write_bytes(bytes(ballast))
    said = _run(order, disk / "home")
    if not NO_ROOM.search(said):
        raise PermanentError(f"the disk was not full enough: {said or 'the run was good'}")
    with suppress(RitournelleError):  # a journal without room for a line leaves the word to the exit code
        Platform(sandbox_settings(disk / "home", order.url, order.changes)).rounds().look()
    shutil.rmtree(home)
    shutil.copytree(disk / "home", home, symlinks=True)


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))


if __name__ == "__main__":
    main()
