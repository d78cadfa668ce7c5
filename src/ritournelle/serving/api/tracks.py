"""Tracks as the API tells of them: popular ones, similar ones, and those that a listener heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ritournelle.domain.interactions import UNKNOWN
from ritournelle.errors import ModelError, NothingToLearnError
from ritournelle.inference.batch import NO_CHAMPION, NO_MODEL_VERSION
from ritournelle.inference.champion import Champion, Champions
from ritournelle.inference.live import DAMAGED, NOTHING_PLAYED, popular_list, tracks_of_same_artist
from ritournelle.inference.publication import Publication
from ritournelle.serving.api.contract import HeardOut, HistoryOut, PopularOut, ScoredTrackOut, SimilarBy, SimilarOut
from ritournelle.serving.api.lists import NOTHING_PUBLISHED
from ritournelle.serving.api.readers import Readers
from ritournelle.warehouse import marts
from ritournelle.warehouse.base import Warehouse

_UNKNOWN_TO_MODEL = "the model does not know this track"
_SPARE = 200
"""Similar tracks that are asked for beside the wanted ones, since some of them may be gone."""


@dataclass(frozen=True)
class Tracks:
    """Reads what is published; where nothing is, answers are empty and say so. Raises errors of the warehouse."""

    readers: Readers
    champions: Champions

    def popular(self, k: int, now: datetime) -> PopularOut:
        """The most played tracks; none, with the reason, when nothing was ever played."""
        if not self.readers.publication():
            return PopularOut(computed_at=now, reason=NOTHING_PUBLISHED, tracks=[])
        with self.readers.reading() as (warehouse, publication):
            try:
                ranked, reason = popular_list(warehouse, k, publication)
            except NothingToLearnError:
                return PopularOut(computed_at=now, reason=NOTHING_PLAYED, tracks=[])
            return PopularOut(computed_at=now, reason=reason, tracks=_scored(warehouse, publication, ranked))

    def similar(self, track_id: int, k: int) -> SimilarOut:
        """By the champion, else of the same artist, else the popular ones."""
        champion, problem = self._champion()
        version = NO_MODEL_VERSION if champion is None else champion.version
        if not self.readers.publication():
            return _nothing_similar(track_id, version)
        with self.readers.reading() as (warehouse, publication):
            ranked = [] if champion is None else _alike(warehouse, publication, champion, track_id, k)
            by, reason = SimilarBy.MODEL, None
            if not ranked:
                reason = problem or _UNKNOWN_TO_MODEL
                by, ranked = _otherwise(warehouse, publication, track_id, k)
            tracks = _scored(warehouse, publication, ranked)
        return SimilarOut(
            track_id=track_id, model_version=version, answered_by=by, fallback_reason=reason, tracks=tracks
        )

    def history(self, user_id: int, limit: int) -> HistoryOut:
        """The latest listens; none for who is not known."""
        if not self.readers.publication():
            return HistoryOut(user_id=user_id, listens=[])
        with self.readers.reading() as (warehouse, publication):
            listens = marts.HISTORY_OF.run(warehouse, user_id=user_id, at_most=limit).to_pylist()
            known = _catalogue(warehouse, publication, [listen["track_id"] for listen in listens])
        heard = [HeardOut(**(known.get(listen["track_id"], {}) | listen)) for listen in listens]
        return HistoryOut(user_id=user_id, listens=heard)

    def _champion(self) -> tuple[Champion | None, str]:
        try:
            champion = self.champions.in_force()
        except ModelError:
            return None, DAMAGED
        return champion, "" if champion else NO_CHAMPION


Scored = Sequence[tuple[int, float | None]]


def _alike(warehouse: Warehouse, publication: Publication, champion: Champion, track_id: int, k: int) -> Scored:
    (row,) = champion.tracks.rows([track_id])
    if row == UNKNOWN:
        return []
    rows, scores = champion.model.similar_tracks([row], k + _SPARE).row(0)
    living = np.isin(rows, publication.candidates(warehouse, champion))
    found = zip(champion.tracks.at(rows[living]).tolist(), scores[living].tolist(), strict=True)
    return list(found)[:k]


def _nothing_similar(track_id: int, version: str) -> SimilarOut:
    return SimilarOut(
        track_id=track_id,
        model_version=version,
        answered_by=SimilarBy.POPULARITY,
        fallback_reason=NOTHING_PUBLISHED,
        tracks=[],
    )


def _otherwise(warehouse: Warehouse, publication: Publication, track_id: int, k: int) -> tuple[SimilarBy, Scored]:
    same = tracks_of_same_artist(warehouse, track_id, publication)
    if same:
        return SimilarBy.CONTENT, [(track, None) for track in same[:k]]
    try:
        popular, _ = popular_list(warehouse, k + 1, publication)
    except NothingToLearnError:
        return SimilarBy.POPULARITY, []
    return SimilarBy.POPULARITY, [one for one in popular if one[0] != track_id][:k]


def _scored(warehouse: Warehouse, publication: Publication, ranked: Scored) -> list[ScoredTrackOut]:
    known = _catalogue(warehouse, publication, [track for track, _ in ranked])
    return [
        ScoredTrackOut(**({"track_id": track} | known.get(track, {})), rank=rank, score=score)
        for rank, (track, score) in enumerate(ranked, start=1)
    ]


def _catalogue(warehouse: Warehouse, publication: Publication, track_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    named = publication.named(warehouse, track_ids).to_pylist()
    return {track["track_id"]: track for track in named}
