"""Cases: what is known of some listeners, and what they then listened to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ritournelle.recommenders.sequences import Sequences

Task = Literal["discovery", "next_listen"]


@dataclass(frozen=True, eq=False)
class Cases:
    """One row per question. `heard`, `relevant` and `exclude` are CSR matrices, cases × tracks, of one shape.

    `heard` is what a model may know (weights as in training), `relevant` is above 0 at the answers, at least one per
    row. `exclude` is the seen filter of *discovery*; None for *next listen*, where repeats are normal. `recent` holds
    the latest listens before the question, in order; its `listeners` are case rows. Raises `ValueError` for shapes that
    do not fit.
    """

    heard: Any
    relevant: Any
    recent: Sequences | None = None
    exclude: Any = None
    task: Task = "discovery"

    def __post_init__(self) -> None:
        for name in ("relevant", "exclude"):
            matrix = getattr(self, name)
            if matrix is not None and matrix.shape != self.heard.shape:
                raise ValueError(f"{name} is {matrix.shape}, but heard is {self.heard.shape}")
        if len(self) and np.diff(self.relevant.indptr).min() == 0:
            raise ValueError("a case without a relevant track asks nothing; leave it out")

    def __len__(self) -> int:
        return int(self.heard.shape[0])

    @property
    def n_tracks(self) -> int:
        """Tracks of the catalogue, all of which are ranked."""
        return int(self.heard.shape[1])

    def take(self, rows: ArrayLike) -> Cases:
        """Only these cases, in this order."""
        wanted = np.asarray(rows, dtype=np.int64)
        recent = None if self.recent is None else self.recent.of_listeners(wanted, len(self))
        exclude = None if self.exclude is None else self.exclude[wanted]
        return Cases(self.heard[wanted], self.relevant[wanted], recent, exclude, self.task)
