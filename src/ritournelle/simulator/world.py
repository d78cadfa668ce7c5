"""A seeded world of users, tracks and listens that can be asked what its people truly like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from ritournelle.domain.sources import Source
from ritournelle.simulator import moments, taste
from ritournelle.simulator.arrays import Ints, Vectors
from ritournelle.simulator.audience import Audience
from ritournelle.simulator.catalogue import Catalogue
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.histories import Histories
from ritournelle.simulator.mint import Mint
from ritournelle.simulator.table import Table


@dataclass(frozen=True)
class Change:
    """What happened to one kind of thing."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0


@dataclass(frozen=True)
class DayReport:
    """What one day changed.

    Listens at its end = those before + `listens_added` + `listens_of_new_users` (their first records) - `listens_lost`
    (in the records of users who left).
    """

    day: int
    date: date
    tracks: Change
    users: Change
    listens_added: int
    listens_of_new_users: int
    listens_lost: int


class World:
    """The same config, epoch and sequence of calls give the same rows.

    `former` is the world before a restart: a share of its ids comes back for other users and tracks (Q5).
    """

    def __init__(self, config: WorldConfig, *, epoch: int = 0, day: int = 0, former: World | None = None) -> None:
        self.config = config
        self.epoch = epoch
        self.day = day
        self._rng = np.random.default_rng((config.seed, epoch))
        self._mint = Mint(self._rng)
        scenes = taste.scattered(self._rng, config.scenes, config.taste_dimensions)
        self.catalogue = Catalogue(self._rng, config, scenes)
        self.audience = Audience(config, scenes)
        self.histories = Histories(config, self.audience, self.catalogue)
        self._populate(former)

    @property
    def today(self) -> date:
        """The date of the world's present day."""
        return self.config.start + timedelta(days=self.day)

    def table(self, source: Source) -> Table[Any]:
        """What one endpoint of the app shows."""
        tables: dict[Source, Table[Any]] = {
            Source.TRACKS: self.catalogue.table,
            Source.USERS: self.audience.table,
            Source.LISTEN_HISTORY: self.histories.table,
        }
        return tables[source]

    def ids(self, source: Source) -> list[int | None]:
        """The keys that a source shows now, in page order; ids never come back within an epoch."""
        if source is Source.LISTEN_HISTORY:
            return [row.user_id for row in self.histories.table.rows()]
        return [row.id for row in self.table(source).rows()]

    def restart(self, seed: int | None = None) -> World:
        """The world after the app restarted: everything regenerated with new ids, in a new epoch."""
        config = self.config if seed is None else replace(self.config, seed=seed)
        return World(config, epoch=self.epoch + 1, day=self.day, former=self)

    def advance_one_day(self, *, quiet: bool = False) -> DayReport:
        """Let a day pass; on a quiet one nothing changes but the date."""
        self.day += 1
        if quiet:
            return DayReport(self.day, self.today, Change(), Change(), 0, 0, 0)
        rates = self.config.rates
        self.audience.drift(self._rng, rates.taste_drift)
        tracks = Change(
            inserted=self.insert_tracks(self._some(rates.new_tracks, self.catalogue.table)),
            updated=self._rename_tracks(self._some(rates.updated_tracks, self.catalogue.table)),
            deleted=self.delete_tracks(self._some(rates.deleted_tracks, self.catalogue.table)),
        )
        left, lost = self.delete_users(self._some(rates.deleted_users, self.audience.table))
        joined, first = self.insert_users(self._some(rates.new_users, self.audience.table))
        users = Change(
            inserted=joined,
            updated=self._change_users(self._some(rates.updated_users, self.audience.table)),
            deleted=left,
        )
        added = self._listen_today()
        return DayReport(self.day, self.today, tracks, users, added, first, lost)

    def listen(self, users: int, *, tracks: int = 1, prepend: bool = False) -> int:
        """Let some users hear a session of `tracks` tracks right now; return how many listens that made."""
        slots = self._sample(self.audience.members.living(), users)
        lengths = np.full(len(slots), tracks, dtype=np.int64)
        return self.histories.listen(self._rng, slots, lengths, self._now(len(slots)), prepend=prepend)

    def insert_tracks(self, count: int) -> int:
        """Release tracks today; return how many."""
        self.catalogue.release(self._rng, self._mint.fresh(count), *self._lives(count))
        return count

    def insert_users(self, count: int) -> tuple[int, int]:
        """Let users join today, each with a first record; return how many, and the listens in their records."""
        slots = self.audience.join(self._rng, self._mint.fresh(count), *self._lives(count))
        return count, self.histories.open(self._rng, slots, self._midnight() + moments.DAY)

    def delete_tracks(self, count: int) -> int:
        """Withdraw some tracks, but never the last one; return how many."""
        living = self.catalogue.members.living()
        slots = self._sample(living, min(count, len(living) - 1))
        self.catalogue.withdraw(slots)
        return len(slots)

    def delete_users(self, count: int) -> tuple[int, int]:
        """Let some users leave, but never the last one; return how many, and the listens in their records."""
        living = self.audience.members.living()
        slots = self._sample(living, min(count, len(living) - 1))
        self.audience.leave(slots)
        return len(slots), self.histories.close(slots)

    def affinity(self, user_ids: Sequence[int] | Ints, track_ids: Sequence[int] | Ints) -> Vectors:
        """The planted truth: how much each user likes each track today, -1 to 1, shape (users, tracks).

        All zero when listens are uniform. Raises `KeyError` for an id that this epoch never gave.
        """
        users, tracks = self.audience.members.slots(user_ids), self.catalogue.members.slots(track_ids)
        if self.config.habits.uniform_listens:
            return np.zeros((len(users), len(tracks)), dtype=np.float32)
        return self.audience.members.tastes[users] @ self.catalogue.members.tastes[tracks].T

    def true_preferences(self, user_id: int) -> tuple[Ints, Vectors]:
        """Ids of all living tracks, and how probable each is as the first track of this user's next session."""
        shelf = self.catalogue.shelf()
        ids = self.catalogue.members.ids[shelf.slots]
        appeal = self.config.taste_strength * self.affinity([user_id], ids)[0]
        weights = shelf.weights * np.exp(appeal - appeal.max())
        return ids, (weights / weights.sum()).astype(np.float32)

    def _populate(self, former: World | None) -> None:
        config, share = self.config, self.config.habits.colliding_ids
        old_tracks = former.catalogue.members.ids if former else np.empty(0, dtype=np.int64)
        old_users = former.audience.members.ids if former else np.empty(0, dtype=np.int64)
        self._mint.reserve(np.concatenate([old_tracks, old_users]))
        track_ids = self._mint.recycled(config.tracks, old_tracks, share)
        self.catalogue.release(self._rng, track_ids, *self._past_lives(config.tracks, self._midnight()))
        user_ids = self._mint.recycled(config.users, old_users, share)
        slots = self.audience.join(self._rng, user_ids, *self._past_lives(config.users, self._midnight()))
        self.histories.open(self._rng, slots, self._midnight())

    def _listen_today(self) -> int:
        rates = self.config.rates
        slots = self._sample(self.audience.members.living(), self._some(rates.active_users, self.audience.table))
        lengths = 1 + self._rng.poisson(max(rates.listens_per_active_user - 1, 0), size=len(slots))
        prepend = self.config.habits.prepended_listens
        return self.histories.listen(self._rng, slots, lengths, self._now(len(slots)), prepend=prepend)

    def _rename_tracks(self, count: int) -> int:
        slots = self._sample(self.catalogue.members.living(), count)
        self.catalogue.rename(self._rng, slots, self._now(len(slots)))
        return len(slots)

    def _change_users(self, count: int) -> int:
        slots = self._sample(self.audience.members.living(), count)
        self.audience.change(self._rng, slots, self._now(len(slots)))
        return len(slots)

    def _lives(self, count: int) -> tuple[Ints, Ints]:
        if self.config.habits.new_rows_with_old_dates:
            return self._past_lives(count, self._midnight())
        born = moments.between(self._rng, self._midnight(), self._midnight() + moments.DAY, count)
        return born, born.copy()

    def _past_lives(self, count: int, now: int) -> tuple[Ints, Ints]:
        born = moments.between(self._rng, now - moments.PAST, now, count)
        touched = moments.between(self._rng, born, now, count)
        before = moments.between(self._rng, born - moments.PAST, born, count)
        wrong = self._rng.random(count) < self.config.habits.updated_before_created
        return born, np.where(wrong, before, touched)

    def _midnight(self) -> int:
        return moments.midnight(self.today)

    def _now(self, count: int) -> list[str]:
        today = moments.between(self._rng, self._midnight(), self._midnight() + moments.DAY, count)
        return moments.iso_texts(self._rng, today, self.config.habits.whole_second_datetimes)

    def _some(self, share: float, table: Table[Any]) -> int:
        return int(self._rng.binomial(len(table), share))

    def _sample(self, slots: Ints, count: int) -> Ints:
        return np.sort(self._rng.choice(slots, size=min(count, len(slots)), replace=False))
