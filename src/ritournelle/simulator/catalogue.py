"""The tracks of a simulated world: artists around scenes, songs around artists, popularity by a power law."""

from __future__ import annotations

import numpy as np

from ritournelle.simulator import moments, names, taste
from ritournelle.simulator.arrays import Ints, Vectors
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.population import Population
from ritournelle.simulator.rows import TrackRow
from ritournelle.simulator.sessions import Shelf
from ritournelle.simulator.table import Table

_SHORTEST_SECONDS, _LONGEST_SECONDS = 95, 420
_ARTIST_SPREAD, _TRACK_SPREAD = 0.45, 0.35


class Catalogue:
    """Tracks as the app shows them (`table`) and as they are (`members`, tastes and popularity)."""

    def __init__(self, rng: np.random.Generator, config: WorldConfig, scenes: Vectors) -> None:
        self.table: Table[TrackRow] = Table()
        self.members = Population(config.taste_dimensions)
        self._config = config
        self._weights: Vectors = np.empty(0, dtype=np.float32)
        artists = max(1, config.tracks // config.tracks_per_artist)
        self._artist_scenes = rng.integers(len(scenes), size=artists)
        self._artist_tastes = taste.around(rng, scenes[self._artist_scenes], _ARTIST_SPREAD)

    def release(self, rng: np.random.Generator, ids: Ints, created: Ints, updated: Ints) -> None:
        """Add tracks with these ids and dates at the end of the list."""
        artists = rng.integers(len(self._artist_tastes), size=len(ids))
        tastes = taste.around(rng, self._artist_tastes[artists], _TRACK_SPREAD)
        slots = self.members.add(ids, tastes, created)
        ranks = np.maximum(rng.random(len(ids)), 1e-6)
        weights = ranks**-self._config.popularity_exponent
        self._weights = np.concatenate([self._weights, weights.astype(np.float32)])
        for slot, row in zip(slots.tolist(), self._rows(rng, ids, artists, created, updated), strict=True):
            self.table.put(slot, row)

    def withdraw(self, slots: Ints) -> None:
        """Take tracks out of the list; histories may go on naming them."""
        self.members.remove(slots)
        self.table.remove(slots.tolist())

    def rename(self, rng: np.random.Generator, slots: Ints, moment: list[str]) -> None:
        """Give tracks another title, updated at `moment`."""
        for slot, title, when in zip(slots.tolist(), names.titles(rng, len(slots)), moment, strict=True):
            row = self.table[slot]
            row.name, row.updated_at = f"{title} (Remastered)", when
            self.table.put(slot, row)

    def shelf(self) -> Shelf:
        """The living tracks, to choose from; all equally popular when listens are uniform."""
        slots = self.members.living()
        weights = self._weights[slots]
        if self._config.habits.uniform_listens:
            weights = np.ones_like(weights)
        return Shelf(slots, self.members.tastes[slots], weights)

    def _rows(self, rng: np.random.Generator, ids: Ints, artists: Ints, created: Ints, updated: Ints) -> list[TrackRow]:
        whole = self._config.habits.whole_second_datetimes
        albums: list[int] = rng.integers(3, size=len(ids)).tolist()
        columns = zip(
            ids.tolist(),
            names.titles(rng, len(ids)),
            artists.tolist(),
            albums,
            _durations(rng, len(ids)),
            self._genres(rng, artists),
            moments.iso_texts(rng, created, whole),
            moments.iso_texts(rng, updated, whole),
            strict=True,
        )
        return [
            TrackRow(
                id=one,
                name=title,
                artist=names.artist_name(artist),
                songwriters=names.songwriters(artist),
                duration=duration,
                genres=genres,
                album=names.album_name(artist, album),
                created_at=born,
                updated_at=touched,
            )
            for one, title, artist, album, duration, genres, born, touched in columns
        ]

    def _genres(self, rng: np.random.Generator, artists: Ints) -> list[str]:
        if self._config.habits.free_track_genres:
            return [names.free_word(number) for number in rng.integers(names.FREE_WORDS, size=len(artists)).tolist()]
        return [names.genre_name(scene) for scene in self._artist_scenes[artists].tolist()]


def _durations(rng: np.random.Generator, count: int) -> list[str]:
    seconds = rng.integers(_SHORTEST_SECONDS, _LONGEST_SECONDS, size=count).tolist()
    return [f"{one // 60:02d}:{one % 60:02d}" for one in seconds]
