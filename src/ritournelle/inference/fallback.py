"""The fallback: what is popular, for listeners whom no model can answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import ArrayLike, NDArray

from ritournelle.domain.interactions import IdMap, Interactions
from ritournelle.errors import NothingToLearnError
from ritournelle.inference.rows import Answer, recommendation_rows
from ritournelle.recommenders.popularity import PopularityConfig, PopularityRecommender

_WINDOWS = {
    "plays_28_days": "popular in the last 28 days",
    "plays_365_days": "popular in the last 365 days",
    "plays_total": "popular since the beginning",
}
"""Column of `marts.track_popularity` and the reason it makes true, from the freshest on."""


@dataclass(frozen=True)
class Fallback:
    """The tracks of the freshest window that can fill a list, ranked by their plays in it."""

    tracks: IdMap
    model: PopularityRecommender
    reason: str

    @classmethod
    def of(cls, popularity: pa.Table, *, list_length: int, recommendable: ArrayLike | None = None) -> Fallback:
        """From `marts.track_popularity`: columns track_id, plays_28_days, plays_365_days, plays_total.

        Takes the first of these windows in which `list_length` recommendable tracks were played (`recommendable`: track
        ids, None for all), and `plays_total` if none has so many. Raises `NothingToLearnError` if nothing was ever
        played.
        """
        if recommendable is not None:
            popularity = of_tracks(popularity, recommendable)
        return cls.in_window(popularity, freshest_window(popularity, list_length))

    @classmethod
    def in_window(cls, popularity: pa.Table, column: str) -> Fallback:
        """By the plays of one window; errors as in `of`."""
        played = popularity.filter(pc.greater(popularity.column(column), 0))
        if not played.num_rows:
            raise NothingToLearnError("no track was ever played: there is no popularity to fall back on")
        plays = Interactions.of(np.zeros(played.num_rows), played.column("track_id"), played.column(column))
        model = PopularityRecommender(PopularityConfig(count="weight")).fit(plays.matrix)
        return cls(plays.tracks, model, _WINDOWS[column])

    @property
    def content_hash(self) -> str:
        """Of the tracks in their order: equal when the lists are, but for their scores."""
        digest: str = xxhash.xxh3_64_hexdigest(self.tracks.at(np.argsort(-self._scores, kind="stable")).tobytes())
        return digest

    @property
    def scored_hash(self) -> str:
        """Of the tracks and their scores: equal when the lists are, to the last figure."""
        digest: str = xxhash.xxh3_64_hexdigest(self.tracks.ids.tobytes() + np.ascontiguousarray(self._scores).tobytes())
        return digest

    @property
    def _scores(self) -> NDArray[np.floating[Any]]:
        scores: NDArray[np.floating[Any]] = self.model.scores(np.zeros((1, 0)))[0]
        return scores

    def histories(self, listeners: IdMap, heard: pa.Table) -> Interactions:
        """What these listeners heard of the popular tracks; `heard` has columns user_id, track_id, of anybody."""
        ones = np.ones(heard.num_rows)
        return Interactions.of(
            heard.column("user_id"), heard.column("track_id"), ones, users=listeners, tracks=self.tracks
        )

    def rows(self, user_ids: NDArray[np.int64], histories: Any, k: int, answer: Answer) -> pa.RecordBatch:
        """The lists of these listeners as rows of `marts.recommendations`, without what they heard.

        `histories` is the CSR matrix of listeners × `tracks`, one row per user id.
        """
        ranked = self.model.recommend(self.model.fold_in(histories), k, exclude=histories)
        return recommendation_rows(user_ids, ranked, self.tracks.ids, answer)


def of_tracks(popularity: pa.Table, track_ids: ArrayLike) -> pa.Table:
    """The rows of these tracks."""
    wanted = pa.array(np.asarray(track_ids, dtype=np.int64))
    return popularity.filter(pc.is_in(popularity.column("track_id"), value_set=wanted))


def freshest_window(popularity: pa.Table, list_length: int) -> str:
    """The column of the first window in which so many tracks were played, else of the last one."""
    *fresh, whole = _WINDOWS
    for column in fresh:
        if (pc.sum(pc.greater(popularity.column(column), 0)).as_py() or 0) >= list_length:
            return column
    return whole
