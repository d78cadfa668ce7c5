"""One listener's list, made the moment that it is asked for: from what was just heard, without what is excluded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ritournelle.domain.interactions import UNKNOWN
from ritournelle.domain.recommendations import AnsweredBy, RecommendationList
from ritournelle.domain.taste import TasteExclusion
from ritournelle.errors import ModelError, NothingToLearnError
from ritournelle.inference.batch import NO_MODEL_VERSION, NOTHING_HEARD, NOTHING_LEFT, Night, all_nightly_lists
from ritournelle.inference.champion import Champion, Champions
from ritournelle.inference.excluding import excluded_tracks, unheard_tracks, without_tracks
from ritournelle.inference.explaining import carriers
from ritournelle.inference.fallback import Fallback
from ritournelle.inference.lists import list_from_rows, unknown_listener
from ritournelle.inference.publication import Publication
from ritournelle.inference.rerank import RerankRules
from ritournelle.inference.strongest import strongest
from ritournelle.warehouse import marts
from ritournelle.warehouse.base import Warehouse

DAMAGED = "the files of the model are missing or damaged"
NOTHING_PLAYED = "no track that may be recommended was ever played"


@dataclass(frozen=True)
class Asked:
    """Whose list, how long, and when; `context` are tracks heard just now, the last one at the end."""

    user_id: int
    k: int
    now: datetime
    context: Sequence[int] = ()
    exclusions: Sequence[TasteExclusion] = ()
    rules: RerankRules = RerankRules()


def empty_list(asked: Asked, why: str, model_version: str = NO_MODEL_VERSION) -> RecommendationList:
    """The answer when there is nothing to recommend."""
    return RecommendationList(asked.user_id, model_version, asked.now, AnsweredBy.FALLBACK, why)


def live_list(
    warehouse: Warehouse, champions: Champions, asked: Asked, publication: Publication | None = None
) -> RecommendationList:
    """By the champion where it can be read and the listener has heard something, else by popularity, which says why.

    `publication` keeps what lists share in memory, for those who make many.
    """
    shared, problem = publication or Publication(), ""
    try:
        champion = champions.in_force()
    except ModelError:
        champion, problem = None, DAMAGED
    version = NO_MODEL_VERSION if champion is None else champion.version
    left_out = excluded_tracks(warehouse, shared, asked.exclusions)
    try:
        night = _night(warehouse, shared, champion, asked, left_out)
        rows = _allowed(_rows(warehouse, shared, night, asked, left_out), left_out)
    except NothingToLearnError:
        return empty_list(asked, problem or NOTHING_PLAYED, version)
    if not rows.num_rows:
        return empty_list(asked, problem or NOTHING_LEFT, version)
    return _told(_named(warehouse, shared, night, rows), warehouse, asked, problem)


def _rows(
    warehouse: Warehouse, shared: Publication, night: Night, asked: Asked, left_out: NDArray[np.int64]
) -> pa.Table:
    """The list; where popularity has to answer somebody who excludes tracks, of the others alone."""
    rows = all_nightly_lists(night, [asked.user_id])
    if not left_out.size or (rows.num_rows and not rows["fallback_reason"][0].is_valid):
        return rows
    tracks = np.setdiff1d(shared.living(warehouse), left_out)
    fallback = Fallback.of(shared.popularity(warehouse), list_length=asked.k, recommendable=tracks)
    return all_nightly_lists(replace(night, fallback=fallback), [asked.user_id])


def _night(
    warehouse: Warehouse, shared: Publication, champion: Champion | None, asked: Asked, left_out: NDArray[np.int64]
) -> Night:
    fallback = shared.fallback(warehouse, asked.k, only_living=True)
    nothing = marts.INTERACTIONS.columns.empty_table()
    night = Night(champion, fallback, nothing, asked.k, asked.now, rules=asked.rules)
    if champion is not None and asked.rules.is_active:
        night = replace(night, traits=shared.traits(warehouse, champion))
    unheard = unheard_tracks(warehouse, asked.user_id, asked.exclusions) | set(left_out.tolist())
    night = _with_context(_without(_with_history(warehouse, shared, night, asked.user_id), unheard), asked)
    if champion is None:
        return night
    if unheard:  # as if it had not been heard: it may be recommended
        heard = _known_rows(champion, night.interactions["track_id"].to_numpy())
    else:
        heard = shared.histories.known(warehouse, asked.user_id, champion)
    others = _known_rows(champion, np.concatenate([left_out, np.array(asked.context, dtype=np.int64)]))
    return replace(night, candidates=shared.allowed_but(warehouse, champion, heard, others))


def _known_rows(champion: Champion, tracks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of those of the tracks that the champion knows."""
    rows = champion.tracks.rows(tracks)
    known: NDArray[np.int64] = rows[rows != UNKNOWN]
    return known


def _with_history(warehouse: Warehouse, shared: Publication, night: Night, user_id: int) -> Night:
    """With what the listener heard until this publication, and what they are known by."""
    histories, champion = shared.histories, night.champion
    night = replace(night, interactions=histories.heard(warehouse, user_id))
    if champion is None:
        return night
    is_known = len(histories.known(warehouse, user_id, champion)) or not night.interactions.num_rows
    return replace(
        night,
        strongest=histories.strongest(warehouse, user_id),
        recent=histories.recent(warehouse, user_id) if champion.model.follows_order else None,
        backoff=None if is_known else shared.backoff(warehouse),
    )


def _allowed(rows: pa.Table, left_out: NDArray[np.int64]) -> pa.Table:
    """The list without excluded tracks, whatever made it; ranks without holes."""
    kept = without_tracks(rows.sort_by("rank"), left_out.tolist())
    ranks = pa.array(np.arange(1, kept.num_rows + 1, dtype=np.int32))
    return kept.set_column(kept.schema.get_field_index("rank"), kept.schema.field("rank"), ranks)


def _without(night: Night, tracks: set[int]) -> Night:
    """Without these tracks in what was heard: what the listener is known by is found anew."""
    if not tracks:
        return night
    recent = None if night.recent is None else without_tracks(night.recent, tracks)
    interactions = without_tracks(night.interactions, tracks)
    known_by = None if night.strongest is None else strongest(interactions)
    return replace(night, interactions=interactions, strongest=known_by, recent=recent)


def _with_context(night: Night, asked: Asked) -> Night:
    """With the tracks of the context as listens of now."""
    if not asked.context:
        return night
    users, ones = [asked.user_id] * len(asked.context), [1.0] * len(asked.context)
    heard = pa.table([users, list(asked.context), ones], schema=night.interactions.schema)
    known_by = None if night.strongest is None else pa.concat_tables([night.strongest, heard])
    recent = night.recent
    if recent is not None:
        now = pa.table([users, list(asked.context), [asked.now] * len(users)], schema=recent.schema)
        recent = pa.concat_tables([recent, now])
    interactions = pa.concat_tables([night.interactions, heard])
    return replace(night, interactions=interactions, strongest=known_by, recent=recent)


def _named(warehouse: Warehouse, shared: Publication, night: Night, rows: pa.Table) -> RecommendationList:
    because_of: dict[int, list[int]] = {}
    if night.champion is not None and night.strongest is not None and not rows["fallback_reason"][0].is_valid:
        because_of = carriers(night.champion, rows, night.strongest, night.recent)
    named = [*rows["track_id"].to_pylist(), *(track for heard in because_of.values() for track in heard)]
    return list_from_rows(rows, shared.named(warehouse, named), because_of)


def _told(made: RecommendationList, warehouse: Warehouse, asked: Asked, problem: str) -> RecommendationList:
    """The list with what answered it, and the true reason of a fallback."""
    if made.answered_by is not AnsweredBy.FALLBACK:
        return replace(made, answered_by=AnsweredBy.FOLD_IN)
    if problem:
        return replace(made, fallback_reason=problem)
    is_stranger = not marts.LIVING_USER.run(warehouse, user_id=asked.user_id).num_rows
    if is_stranger and made.fallback_reason == NOTHING_HEARD and not asked.context:
        return replace(made, fallback_reason=unknown_listener(asked.user_id))
    return made


def popular_list(
    warehouse: Warehouse, k: int, publication: Publication | None = None
) -> tuple[list[tuple[int, float]], str]:
    """The `k` most popular living tracks with their scores, best first, and what they are popular by.

    Raises `NothingToLearnError` when nothing was ever played.
    """
    fallback = (publication or Publication()).fallback(warehouse, k, only_living=True)
    ranked = fallback.model.recommend(np.zeros((1, 0)), k)
    rows, scores = ranked.row(0)
    return list(zip(fallback.tracks.at(rows).tolist(), np.asarray(scores).tolist(), strict=True)), fallback.reason


def tracks_of_same_artist(warehouse: Warehouse, track_id: int, publication: Publication | None = None) -> list[int]:
    """Living tracks by the artist of this one, itself left out, by their ids; none for an unknown track."""
    content = (publication or Publication()).content(warehouse)
    mine = content.filter(pc.equal(content["track_id"], track_id))
    if not mine.num_rows or not mine["artist"][0].is_valid:
        return []
    same = content.filter(pc.equal(content["artist"], mine["artist"][0]))["track_id"].to_pylist()
    return [int(track) for track in same if track != track_id]
