"""The users of a simulated world: who they say they are, and the tastes they do not tell."""

from __future__ import annotations

import numpy as np

from ritournelle.simulator import moments, names, taste
from ritournelle.simulator.arrays import Ints, Vectors
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.population import Population
from ritournelle.simulator.rows import UserRow
from ritournelle.simulator.table import Table


class Audience:
    """Users as the app shows them (`table`) and as they are (`members`, with their tastes)."""

    def __init__(self, config: WorldConfig, scenes: Vectors) -> None:
        self.table: Table[UserRow] = Table()
        self.members = Population(config.taste_dimensions)
        self._config = config
        self._scenes = scenes

    def join(self, rng: np.random.Generator, ids: Ints, created: Ints, updated: Ints) -> Ints:
        """Add users with these ids and dates at the end of the list; return their slots."""
        tastes, scenes = taste.blends(rng, self._scenes, len(ids))
        slots = self.members.add(ids, tastes, created)
        rows = self._rows(rng, ids, scenes, created, updated)
        self._share_emails(rng, rows)
        for slot, row in zip(slots.tolist(), rows, strict=True):
            self.table.put(slot, row)
        return slots

    def leave(self, slots: Ints) -> None:
        """Take users out of the list."""
        self.members.remove(slots)
        self.table.remove(slots.tolist())

    def change(self, rng: np.random.Generator, slots: Ints, moment: list[str]) -> None:
        """Give users a new last name and e-mail, updated at `moment`."""
        for slot, name, when in zip(slots.tolist(), names.last_names(rng, len(slots)), moment, strict=True):
            row = self.table[slot]
            row.last_name, row.updated_at = name, when
            row.email = _email(row.first_name, name, row.id)
            self.table.put(slot, row)

    def drift(self, rng: np.random.Generator, step: float) -> None:
        """Move every taste a little."""
        self.members.tastes = taste.drifted(rng, self.members.tastes, step)

    def _rows(self, rng: np.random.Generator, ids: Ints, scenes: Ints, created: Ints, updated: Ints) -> list[UserRow]:
        whole = self._config.habits.whole_second_datetimes
        columns = zip(
            ids.tolist(),
            names.first_names(rng, len(ids)),
            names.last_names(rng, len(ids)),
            names.genders(rng, len(ids)),
            scenes.tolist(),
            moments.iso_texts(rng, created, whole),
            moments.iso_texts(rng, updated, whole),
            strict=True,
        )
        return [
            UserRow(
                id=one,
                first_name=first,
                last_name=last,
                email=_email(first, last, one),
                gender=gender,
                favorite_genres=names.genre_name(scene),
                created_at=born,
                updated_at=touched,
            )
            for one, first, last, gender, scene, born, touched in columns
        ]

    def _share_emails(self, rng: np.random.Generator, rows: list[UserRow]) -> None:
        # The lenders never borrow, so that exactly this many e-mails are lost (Q8: 996 distinct of 1,000).
        shared = min(round(len(rows) * self._config.habits.duplicate_emails), len(rows) // 2)
        order = rng.permutation(len(rows)).tolist()
        for borrower, lender in zip(order[:shared], order[shared : 2 * shared], strict=True):
            rows[borrower].email = rows[lender].email


def _email(first_name: str, last_name: str, user_id: int) -> str:
    name = f"{first_name}.{last_name}".lower().translate(_PLAIN)
    return f"{name}.{user_id % 1_000_000:06d}@example.com"


_PLAIN = str.maketrans("àâäçéèêëïîôöùûü", "aaaceeeeiioouuu")
