"""A list that moves while it is read, at one page and not at a rate: so that it can be rehearsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ritournelle.domain.sources import Source
from ritournelle.simulator.faults.fault import WorldFault

if TYPE_CHECKING:
    from ritournelle.simulator.world import World


@dataclass(frozen=True)
class InsertRows(WorldFault):
    """So many rows come at the end of the list."""

    count: int = 3

    def happen(self, source: Source, world: World) -> None:
        if source is Source.TRACKS:
            world.insert_tracks(self.count)
        else:
            world.insert_users(self.count)


@dataclass(frozen=True)
class DeleteRows(WorldFault):
    """So many rows go from anywhere in the list, so that all after them move up."""

    count: int = 3

    def happen(self, source: Source, world: World) -> None:
        if source is Source.TRACKS:
            world.delete_tracks(self.count)
        else:
            world.delete_users(self.count)
