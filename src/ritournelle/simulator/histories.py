"""What users heard: one record per user that only grows, as the app shows it."""

from __future__ import annotations

import numpy as np

from ritournelle.simulator import moments, sessions
from ritournelle.simulator.arrays import Ints
from ritournelle.simulator.audience import Audience
from ritournelle.simulator.catalogue import Catalogue
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.rows import ListenRow
from ritournelle.simulator.table import Table


class Histories:
    """The records (`table`, by the slot of their user) of an audience that listens to a catalogue."""

    def __init__(self, config: WorldConfig, audience: Audience, catalogue: Catalogue) -> None:
        self.table: Table[ListenRow] = Table()
        self._config = config
        self._audience = audience
        self._catalogue = catalogue

    def open(self, rng: np.random.Generator, users: Ints, now: int) -> int:
        """Give each of these users a record of about `mean_listens` distinct tracks; return how many listens in all."""
        lengths = 1 + rng.poisson(self._config.mean_listens - 1, size=len(users))
        heard = self._play(rng, users, lengths)
        rows = self._rows(rng, users, heard, now)
        self._lose_values(rng, rows)
        for slot, row in zip(users.tolist(), rows, strict=True):
            self.table.put(slot, row)
        return sum(len(row.items or ()) for row in rows)

    def listen(
        self, rng: np.random.Generator, users: Ints, lengths: Ints, moment: list[str], *, prepend: bool = False
    ) -> int:
        """Each of these users hears one session of so many tracks; return how many listens that made."""
        heard = self._session(rng, users, lengths)
        added = 0
        for place, slot in enumerate(users.tolist()):
            tracks, row = self._track_ids(heard[place]), self.table[slot]
            before = row.items or []
            row.items = tracks + before if prepend else before + tracks
            row.updated_at = max(row.updated_at, moment[place])  # who joined this evening did not listen this morning
            added += len(tracks)
            self.table.put(slot, row)
        return added

    def close(self, users: Ints) -> int:
        """Remove the records of these users; return how many listens went with them."""
        return sum(len(row.items or ()) for row in self.table.remove(users.tolist()))

    def listens(self) -> int:
        """Every listen that the records hold now."""
        return sum(len(row.items or ()) for row in self.table.rows())

    def _rows(self, rng: np.random.Generator, users: Ints, heard: Ints, now: int) -> list[ListenRow]:
        born = self._births(rng, users, heard, now)
        touched = moments.between(rng, born, now, len(users))
        whole = self._config.habits.whole_second_datetimes
        columns = zip(
            self._audience.members.ids[users].tolist(),
            heard,
            moments.iso_texts(rng, born, whole),
            moments.iso_texts(rng, touched, whole),
            strict=True,
        )
        return [ListenRow(user, self._track_ids(slots, distinct=True), *dates) for user, slots, *dates in columns]

    def _play(self, rng: np.random.Generator, users: Ints, lengths: Ints) -> Ints:
        longest, rounds = self._config.session_length, []
        left = lengths
        while left.any():
            rounds.append(self._session(rng, users, np.minimum(left, longest)))
            left = np.maximum(left - longest, 0)
        return np.concatenate(rounds, axis=1) if rounds else np.empty((len(users), 0), dtype=np.int64)

    def _session(self, rng: np.random.Generator, users: Ints, lengths: Ints) -> Ints:
        uniform = self._config.habits.uniform_listens
        ear = sessions.Ear(
            taste_strength=0 if uniform else self._config.taste_strength,
            session_strength=0 if uniform else self._config.session_strength,
        )
        return sessions.choose(rng, self._audience.members.tastes[users], lengths, self._catalogue.shelf(), ear)

    def _births(self, rng: np.random.Generator, users: Ints, heard: Ints, now: int) -> Ints:
        signed_up = self._audience.members.created[users]
        if heard.size:
            released = np.where(heard == sessions.NOTHING, 0, self._catalogue.members.created[heard]).max(axis=1)
        else:
            released = signed_up
        proper = moments.between(rng, np.maximum(signed_up, released), now, len(users))
        early = moments.between(rng, signed_up - moments.PAST, signed_up, len(users))
        return np.where(rng.random(len(users)) < self._config.habits.listens_before_creation, early, proper)

    def _lose_values(self, rng: np.random.Generator, rows: list[ListenRow]) -> None:
        habits, order = self._config.habits, rng.permutation(len(rows)).tolist()
        for place in order[: round(len(rows) * habits.null_user)]:
            rows[place].user_id = None
        for place in order[len(rows) - round(len(rows) * habits.null_items) :]:
            rows[place].items = None

    def _track_ids(self, slots: Ints, *, distinct: bool = False) -> list[int]:
        ids: list[int] = self._catalogue.members.ids[slots[slots != sessions.NOTHING]].tolist()
        return list(dict.fromkeys(ids)) if distinct else ids
