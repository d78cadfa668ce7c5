"""The content back-off: listeners who heard only tracks that the model does not know, by artist, album and genre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ritournelle.domain.content import content_matrix
from ritournelle.domain.interactions import UNKNOWN, IdMap, Interactions
from ritournelle.inference.never import with_pairs
from ritournelle.inference.rows import Answer, recommendation_rows
from ritournelle.recommenders.content import ContentRecommender
from ritournelle.recommenders.ranked import NO_TRACK, Ranked
from ritournelle.recommenders.sequences import SideInformation


@dataclass(frozen=True)
class ContentBackoff:
    """What is known of all living tracks, those that came after the model too."""

    tracks: IdMap
    model: ContentRecommender

    @classmethod
    def of(cls, catalogue: pa.Table) -> ContentBackoff:
        """From the query `TRACK_CONTENT`: track_id, artist, album, genres; at least one track."""
        tracks = IdMap.of(catalogue.column("track_id"))
        anybody = csr_matrix(([1.0], ([0], [0])), shape=(1, len(tracks)))  # listens play no part in content
        model = ContentRecommender().fit(anybody, side=SideInformation(content=content_matrix(catalogue, tracks)))
        return cls(tracks, model)

    def rows(
        self, user_ids: NDArray[np.int64], heard: pa.Table, k: int, answer: Answer, never: pa.Table | None = None
    ) -> tuple[pa.RecordBatch, NDArray[np.int64]]:
        """The lists of these listeners, and who got none: nothing is known of what they heard, or nothing is like it.

        `heard` has user_id, track_id, weight; `never` user_id, track_id of what is left out as well. Tracks that share
        nothing with what was heard are no recommendation: a list may be shorter than `k`.
        """
        columns = [heard.column(name) for name in ("user_id", "track_id", "weight")]
        listeners = IdMap.of(user_ids)
        histories = Interactions.of(*columns, users=listeners, tracks=self.tracks).matrix
        left_out = histories if never is None else with_pairs(histories, never, listeners, self.tracks)
        ranked = self.model.recommend(self.model.fold_in(histories), k, exclude=left_out)
        alike = ranked.scores > 0
        ranked = Ranked(np.where(alike, ranked.tracks, NO_TRACK), np.where(alike, ranked.scores, -np.inf))
        return recommendation_rows(user_ids, ranked, self.tracks.ids, answer), user_ids[ranked.lengths == 0]


def backoff_of(catalogue: pa.Table) -> ContentBackoff | None:
    """From the query `TRACK_CONTENT`; None where there are no tracks."""
    return ContentBackoff.of(catalogue) if catalogue.num_rows else None


def needs_backoff(interactions: pa.Table, known: IdMap) -> bool:
    """Whether anybody in `interactions` heard only tracks outside `known`."""
    is_known = known.rows32(interactions.column("track_id")) != UNKNOWN
    if is_known.all():
        return False
    users = interactions.column("user_id")
    return bool(pc.count_distinct(users).as_py() != pc.count_distinct(users.filter(pa.array(is_known))).as_py())
