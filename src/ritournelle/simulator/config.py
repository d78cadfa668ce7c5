"""How large a simulated world is, how its people listen, and how fast it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from ritournelle.errors import SettingsError
from ritournelle.simulator.habits import Habits


@dataclass(frozen=True)
class DailyRates:
    """What one day changes, as shares of the living users or tracks."""

    active_users: float = 0.3
    """Share of users who listen on a day."""

    listens_per_active_user: float = 3.0
    """Mean length, in tracks, of the session of an active user; at least one."""

    new_users: float = 0.005
    """Users who sign up, each with a first record."""

    new_tracks: float = 0.005
    """Tracks that are released."""

    updated_users: float = 0.005
    """Users who change their e-mail or their last name."""

    updated_tracks: float = 0.005
    """Tracks that are renamed."""

    deleted_users: float = 0.001
    """Users who leave; their record leaves with them."""

    deleted_tracks: float = 0.001
    """Tracks that are withdrawn; histories go on naming them."""

    taste_drift: float = 0.02
    """How far a taste moves per day, relative to its length."""


@dataclass(frozen=True)
class WorldConfig:
    """A world: the same config gives the same rows on every machine, whatever the clock says.

    Raises `SettingsError` for numbers that make no world.
    """

    users: int = 1000
    """Users on day 0."""

    tracks: int = 1000
    """Tracks on day 0."""

    seed: int = 7
    """Seed of everything random."""

    start: date = date(2024, 1, 1)
    """The date of day 0; rows that exist then were created during the two years before."""

    mean_listens: float = 5.0
    """Mean number of tracks in a record on day 0; at least one each, all distinct."""

    session_length: int = 5
    """Longest run of related tracks on day 0; a longer record is made of several sessions."""

    tracks_per_artist: int = 8
    """Mean number of tracks of an artist on day 0."""

    scenes: int = 12
    """Planted centres of taste; users like one to three of them."""

    taste_dimensions: int = 16
    """Length of the vectors behind the tastes."""

    taste_strength: float = 6.0
    """Weight of a user's affinity for a track when choosing; 0 means that only popularity counts."""

    session_strength: float = 3.0
    """Weight of the similarity with the first track of the session."""

    popularity_exponent: float = 0.8
    """A track's weight falls with its rank to this power."""

    rates: DailyRates = field(default_factory=DailyRates)
    habits: Habits = field(default_factory=Habits)

    def __post_init__(self) -> None:
        for name in ("users", "tracks", "session_length", "tracks_per_artist", "scenes", "taste_dimensions"):
            if getattr(self, name) < 1:
                raise SettingsError(f"a simulated world needs {name} of at least 1, not {getattr(self, name)}")
        if self.seed < 0 or self.mean_listens < 1:
            raise SettingsError("a simulated world needs a seed of at least 0 and mean_listens of at least 1")
