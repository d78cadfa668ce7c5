"""A running world: what the app serves now, what befell it, and what moves it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.faults.board import FaultBoard
from ritournelle.simulator.faults.fault import Fault, WorldFault
from ritournelle.simulator.pages import envelope
from ritournelle.simulator.world import DayReport, World

_BEATS_PER_SECOND = 20


class Simulation:
    """Everything happens on one event loop, and every change is one uninterrupted step: a page is never half old."""

    def __init__(self, config: WorldConfig) -> None:
        self.world = World(config)
        self.faults = FaultBoard()
        self.requests: Counter[Source] = Counter()
        self._mutation: asyncio.Task[None] | None = None
        self._mutations_per_second = 0.0

    def page(self, source: Source, page: int, size: int, faults: Sequence[Fault] = ()) -> bytes:
        """One page as JSON."""
        self.requests[source] += 1
        for fault in faults:
            if isinstance(fault, WorldFault):
                fault.happen(source, self.world)
        return envelope(source, self.world.table(source).encoded(), page, size, faults)

    def advance(self, days: int, *, quiet: bool = False) -> list[DayReport]:
        """Let days pass."""
        return [self.world.advance_one_day(quiet=quiet) for _ in range(days)]

    def listen(self, users: int, *, tracks: int = 1, prepend: bool = False) -> int:
        """Let users hear tracks now; return how many listens that made."""
        return self.world.listen(users, tracks=tracks, prepend=prepend)

    def restart(self, seed: int | None = None) -> None:
        """Begin a new epoch, as the real app does when it is restarted."""
        self.world = self.world.restart(seed)

    def reset(self, config: WorldConfig | None = None) -> None:
        """Back to day 0 of epoch 0 of a world, at rest and without faults."""
        self.world = World(config or self.world.config)
        self.faults.clear()
        self.requests.clear()
        self.mutate(0)

    def mutate(self, per_second: float) -> None:
        """From now on insert and delete so many tracks, and as many users, per second; 0 stops."""
        if self._mutation is not None:
            self._mutation.cancel()
        self._mutations_per_second = per_second
        self._mutation = asyncio.create_task(repeat(per_second, self._replace)) if per_second > 0 else None

    def state(self) -> dict[str, Any]:
        """Where the world stands."""
        return {
            "epoch": self.world.epoch,
            "day": self.world.day,
            "date": self.world.today.isoformat(),
            "seed": self.world.config.seed,
            "totals": {source.value: len(self.world.table(source)) for source in Source},
            "listens": self.world.histories.listens(),
            "mutations_per_second": self._mutations_per_second,
            "requests": {source.value: self.requests[source] for source in Source},
            "faults": self.faults.report(),
        }

    def _replace(self, count: int) -> None:
        self.world.delete_tracks(count)
        self.world.delete_users(count)
        self.world.insert_tracks(count)
        self.world.insert_users(count)


async def repeat(per_second: float, act: Callable[[int], object]) -> None:
    """Call `act(count)` for ever, in small beats, so that the counts add up to `per_second`."""
    pause = max(1 / _BEATS_PER_SECOND, 1 / per_second)
    due = 0.0
    while True:
        await asyncio.sleep(pause)
        due += per_second * pause
        count, due = int(due + 1e-9), due - int(due + 1e-9)
        if count:
            act(count)
