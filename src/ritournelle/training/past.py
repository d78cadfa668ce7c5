"""The past: every listen of the star as row numbers, and what is known of the tracks; what evaluation cuts in two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from scipy.sparse import csr_matrix

from ritournelle.domain.interactions import IdMap
from ritournelle.errors import NothingToLearnError
from ritournelle.evaluation.listens import Listens
from ritournelle.evaluation.splitting import Split, SplitRules, split
from ritournelle.evaluation.window import Window
from ritournelle.recommenders.sequences import SideInformation
from ritournelle.domain.content import content_matrix


@dataclass(frozen=True, eq=False)
class Past:
    """`listens` in rows of `users` and `tracks`; `content` is CSR, tracks × features."""

    users: IdMap
    tracks: IdMap
    listens: Listens
    content: Any

    @classmethod
    def of(cls, listens: pa.Table, catalogue: pa.Table) -> Past:
        """From the queries `LISTENS` (ordered by user and time) and `TRACK_CONTENT`.

        All tracks of the catalogue are there, heard or not. Raises `NothingToLearnError` without a listen.
        """
        if not listens.num_rows:
            raise NothingToLearnError("the star holds no listens; run `ritournelle run`")
        users = IdMap.of(listens.column("user_id"))
        tracks = IdMap.of(catalogue.column("track_id"))
        when = pc.cast(listens.column("listened_at"), pa.int64()).to_numpy()
        rows = (users.known_rows(listens.column("user_id")), tracks.known_rows(listens.column("track_id")))
        return cls(
            users,
            tracks,
            Listens(*rows, np.asarray(when, dtype=np.int64), (len(users), len(tracks))),
            content_matrix(catalogue, tracks),
        )

    @property
    def side(self) -> SideInformation:
        """What models may learn from beside the interactions."""
        return SideInformation(self.listens.sequences(), self.content)

    @property
    def content_hash(self) -> str:
        """XXH3-128 of listens and content: equal for an equal past."""
        digest = xxhash.xxh3_128()
        content = csr_matrix(self.content)
        ids = (self.users.ids, self.tracks.ids)
        listens = (self.listens.listeners, self.listens.tracks, self.listens.listened_at)
        for part in (*ids, *listens, content.indptr, content.indices, content.data):
            digest.update(f"{part.dtype} {part.shape} ".encode() + np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    def split(self, rules: SplitRules) -> Split:
        """The windows to choose and to judge on, with the tracks' content."""
        windows = split(self.listens, rules)
        return Split(self._with_content(windows.choosing), self._with_content(windows.judging))

    def _with_content(self, window: Window) -> Window:
        return replace(window, side=SideInformation(window.side.sequences, self.content))
