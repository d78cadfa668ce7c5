"""A simulated world, played for some days, as the past that the platform would know of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ritournelle.domain.sources import Source
from ritournelle.simulator import moments
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.world import World
from ritournelle.training.past import Past


@dataclass(frozen=True, eq=False)
class Played:
    """The world as it is today, and every listen so far; of when, only the day is known on which it was first seen."""

    world: World
    past: Past

    @classmethod
    def of(cls, config: WorldConfig, days: int) -> Played:
        """Play that many days after the first extract."""
        world, seen = World(config), {}
        listens: list[tuple[int, int, int]] = []
        for day in range(days + 1):
            if day:
                world.advance_one_day()
            listens += _new_listens(world, seen)
        return cls(world, _past(world, listens))

    def preferences(self) -> NDArray[np.float64]:
        """Listeners × tracks as in `past`: the chance of each to be the first of the next session; rows add up to 1."""
        preferences = np.zeros((len(self.past.users), len(self.past.tracks)))
        for row, user in enumerate(self.past.users.ids.tolist()):
            ids, probable = self.world.true_preferences(user)
            preferences[row, self.past.tracks.known_rows(ids)] = probable
        return preferences


def _new_listens(world: World, seen: dict[int, int]) -> list[tuple[int, int, int]]:
    """User, track, moment (µs) of what today's records hold beyond yesterday's; records only grow at their end."""
    moment = moments.midnight(world.today)
    found = []
    for row in world.table(Source.LISTEN_HISTORY).rows():
        items, known = list(row.items or ()), seen.get(row.user_id, 0)
        found += [(row.user_id, track, moment) for track in items[known:]]
        seen[row.user_id] = len(items)
    return found


def _past(world: World, listens: list[tuple[int, int, int]]) -> Past:
    """Of those who still live, as the queries `LISTENS` and `TRACK_CONTENT` give it."""
    users = {row.id for row in world.table(Source.USERS).rows()}
    tracks = {row.id: row for row in world.table(Source.TRACKS).rows()}
    kept = sorted((one for one in listens if one[0] in users and one[1] in tracks), key=lambda one: (one[0], one[2]))
    columns = [np.array(column, dtype=np.int64) for column in zip(*kept, strict=True)]
    table = {
        "user_id": columns[0],
        "track_id": columns[1],
        "listened_at": pa.array(columns[2]).cast(pa.timestamp("us", "UTC")),
    }
    ids = sorted(tracks)
    catalogue = {"track_id": np.array(ids, dtype=np.int64)}
    catalogue |= {name: [getattr(tracks[track], name) for track in ids] for name in ("artist", "album", "genres")}
    return Past.of(pa.table(table), pa.table(catalogue))
