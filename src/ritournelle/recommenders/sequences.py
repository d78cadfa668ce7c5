"""Sequences: listens in the order in which they were heard, cut into sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sequences:
    """Session `s` of listener `listeners[s]` is `tracks[starts[s]:starts[s + 1]]`, oldest listen first.

    `tracks` and `listeners` are row numbers; `starts` has one entry more than there are sessions, from 0 to
    len(tracks). Sessions of one listener stand in the order of time. Raises `ValueError` for arrays that do not fit.
    """

    tracks: Rows
    starts: Rows
    listeners: Rows

    def __post_init__(self) -> None:
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
