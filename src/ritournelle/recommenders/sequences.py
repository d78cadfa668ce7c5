"""Sequences: listens in the order in which they were heard, cut into sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sequences:
    """Session `s` of listener `listeners[s]` is `tracks[starts[s]:starts[s + 1]]`, oldest listen first.

    `tracks` and `listeners` are row numbers; `starts` has one entry more than there are sessions, from 0 to
    len(tracks). Sessions of one listener stand together, in order. Raises `ValueError` for arrays that do not fit.
    """

    tracks: Rows
    starts: Rows
    listeners: Rows
    moments: Rows | None = None
    """When each session began, in any unit, later ones larger; None: not known."""

    def __post_init__(self) -> None:
        if self.moments is not None and len(self.moments) != len(self.listeners):
            raise ValueError(f"{len(self.listeners)} sessions need as many moments, not {len(self.moments)}")
        if len(self.starts) != len(self.listeners) + 1:
            raise ValueError(f"{len(self.listeners)} sessions need {len(self.listeners) + 1} starts")
        if self.starts[0] != 0 or self.starts[-1] != len(self.tracks) or np.any(np.diff(self.starts) < 0):
            raise ValueError("the starts of sessions must ascend from 0 to the number of listens")

    @classmethod
    def of(cls, sessions: list[list[int]], listeners: list[int] | None = None) -> Sequences:
        """From lists of track rows; each session is a listener of its own unless `listeners` says whose it is.

        >>> Sequences.of([[3, 1], [], [2]]).starts
        array([0, 2, 2, 3])
        """
        owners = range(len(sessions)) if listeners is None else listeners
        lengths = [len(session) for session in sessions]
        tracks = [track for session in sessions for track in session]
        starts = np.concatenate([[0], np.cumsum(np.array(lengths, dtype=np.int64))]).astype(np.int64)
        return cls(np.array(tracks, dtype=np.int64), starts, np.fromiter(owners, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.listeners)

    def of_listeners(self, wanted: Rows, n_listeners: int) -> Sequences:
        """The sessions of these listeners, who become rows 0, 1, … in the order given; each may be named once."""
        new_rows = np.full(n_listeners, -1, dtype=np.int64)
        new_rows[wanted] = np.arange(len(wanted))
        owners = new_rows[self.listeners]
        kept = np.flatnonzero(owners >= 0)
        kept = kept[np.argsort(owners[kept], kind="stable")]
        return self.take(kept, owners[kept])

    def take(self, sessions: Rows, listeners: Rows) -> Sequences:
        """These sessions, in this order, as those of these listeners."""
        lengths = self.lengths[sessions]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.arange(starts[-1]) + np.repeat(self.starts[sessions] - starts[:-1], lengths)
        moments = None if self.moments is None else self.moments[sessions]
        return Sequences(self.tracks[places], starts, listeners, moments)

    def latest(self, most: int) -> Sequences:
        """The `most` sessions that began last, in their order here; the last ones where nobody knows when they were."""
        if len(self) <= most:
            return self
        order = np.arange(len(self)) if self.moments is None else np.argsort(self.moments, kind="stable")
        kept = np.sort(order[-most:])
        return self.take(kept, self.listeners[kept])

    def cut(self, longest: int) -> Sequences:
        """The same listens in sessions of at most `longest`; pieces of one session began when it did."""
        if len(self) == 0 or int(self.lengths.max()) <= longest:
            return self
        pieces = -(-self.lengths // longest)
        owner = np.repeat(np.arange(len(self)), pieces)
        number = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        starts = np.append(self.starts[owner] + number * longest, len(self.tracks))
        moments = None if self.moments is None else self.moments[owner]
        return Sequences(self.tracks, starts, self.listeners[owner], moments)

    def freshness(self, half_life: float | None) -> NDArray[np.float64]:
        """What each session counts: the latest 1, one that is older by this share of the whole time 1/2, and so on.

        All count 1 without a half-life, or where nobody knows when they were.
        """
        if half_life is None or self.moments is None or len(self) == 0:
            return np.ones(len(self))
        age = (self.moments.max() - self.moments) / max(int(np.ptp(self.moments)), 1)
        fresh: NDArray[np.float64] = np.exp2(-age / half_life)
        return fresh

    def decayed(self, shape: tuple[int, int], latest: int, recency: float) -> Any:
        """CSR, `shape` (listeners × tracks): of each listener's `latest` listens, 1, `recency`, `recency`² … back from
        the last one; a track heard several times has the sum.
        """
        ages = np.repeat(self._ends_of_listeners(), self.lengths) - 1 - np.arange(len(self.tracks))
        kept = ages < latest
        rows = np.repeat(self.listeners, self.lengths)[kept]
        weights = recency ** ages[kept].astype(np.float64)
        return csr_matrix((weights, (rows, self.tracks[kept])), shape=shape)

    def _ends_of_listeners(self) -> Rows:
        """For each session, where the last session of its listener ends; sessions of one listener stand together."""
        if len(self) == 0:
            return self.starts[1:]
        last = np.flatnonzero(np.append(self.listeners[1:] != self.listeners[:-1], True))
        ends: Rows = self.starts[1:][last[np.searchsorted(last, np.arange(len(self)))]]
        return ends

    @property
    def lengths(self) -> Rows:
        """Listens of each session."""
        return np.diff(self.starts)

    def session(self, number: int) -> Rows:
        """The tracks of one session, oldest first."""
        return self.tracks[self.starts[number] : self.starts[number + 1]]


@dataclass(frozen=True, eq=False)
class SideInformation:
    """What a model may learn from beside the interactions; a family takes what it can use.

    `sequences`: the same listeners and tracks as rows of the interactions. `content`: a CSR matrix of tracks ×
    features (artist, album, genre words), weights > 0. What is None is not known.
    """

    sequences: Sequences | None = None
    content: Any = None  # scipy.sparse.csr_matrix, which carries no types


NO_SIDE_INFORMATION = SideInformation()
