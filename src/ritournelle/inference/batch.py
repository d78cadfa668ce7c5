"""The nightly lists: every listener's best tracks, block by block: they never lie in memory all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from ritournelle.domain.interactions import UNKNOWN, IdMap, Interactions
from ritournelle.domain.recommendations import AnsweredBy
from ritournelle.inference.champion import Champion
from ritournelle.inference.fallback import Fallback
from ritournelle.inference.reasons import BECAUSE_OF_HEARD_TRACKS
from ritournelle.inference.rows import RECOMMENDATION_SCHEMA, Answer, recommendation_rows
from ritournelle.inference.recent import recent_sequences
from ritournelle.recommenders.base import States
from ritournelle.recommenders.ranked import NO_TRACK, Ranked
from ritournelle.recommenders.sequences import Sequences

NO_MODEL_VERSION = "none"
"""The model version of lists that were made before there was a champion."""

NO_CHAMPION = "no model has been promoted yet"
NOTHING_HEARD = "no listen of a track that the model knows"
NOTHING_LEFT = "the listener has heard every track that the model can recommend"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Night:
    """One night's work: who answers, from which histories, how long the lists are, and when it is.

    `interactions` holds the columns user_id, track_id, weight of `marts.interactions`; `recommendable` the ids of the
    tracks that may be recommended (None: all that the model knows); `recent` the rows of the query `RECENT_LISTENS`,
    for a champion that follows the order (None: it is asked without).
    """

    champion: Champion | None
    fallback: Fallback
    interactions: pa.Table
    list_length: int
    computed_at: datetime
    recommendable: ArrayLike | None = None
    recent: pa.Table | None = None

    @property
    def model_version(self) -> str:
        """The version in force, also on the lists that the fallback had to make."""
        return NO_MODEL_VERSION if self.champion is None else self.champion.version

    def answer(self, answered_by: AnsweredBy, fallback_reason: str | None = None) -> Answer:
        """What the rows of one kind of answer share."""
        return Answer(self.model_version, self.computed_at, answered_by, fallback_reason)


def nightly_lists(
    night: Night, listeners: ArrayLike, *, block_size: int = 1024, progress: Progress | None = None
) -> Iterator[pa.RecordBatch]:
    """The lists of these listeners (user ids), as batches of `RECOMMENDATION_SCHEMA` of at most `block_size` listeners.

    The champion answers whoever heard a track that it knows; the fallback answers the others and says why. Nobody is
    recommended what they heard, and who heard everything gets no row. `progress` is told listeners done and in all.
    The same night gives the same rows.
    """
    everybody = IdMap.of(listeners)
    popular = night.fallback.histories(everybody, night.interactions)
    personal, recent = _personal_histories(night, everybody), _recent_listens(night, everybody)
    for start in range(0, len(everybody), block_size):
        rows = np.arange(start, min(start + block_size, len(everybody)))
        strangers: dict[str, NDArray[np.int64]] = {NO_CHAMPION: rows}
        if night.champion is not None and personal is not None:
            batch, strangers = _ask_champion(night, night.champion, personal, recent, rows)
            yield from _unless_empty(batch)
        for why, unanswered in strangers.items():
            yield from _unless_empty(_ask_fallback(night, popular, unanswered, why))
        if progress is not None:
            progress(int(rows[-1]) + 1, len(everybody))


def all_nightly_lists(
    night: Night, listeners: ArrayLike, *, block_size: int = 1024, progress: Progress | None = None
) -> pa.Table:
    """`nightly_lists` as one table, for as many listeners as fit into memory; empty if there is nobody."""
    batches = list(nightly_lists(night, listeners, block_size=block_size, progress=progress))
    return pa.Table.from_batches(batches, RECOMMENDATION_SCHEMA)


def _personal_histories(night: Night, everybody: IdMap) -> Interactions | None:
    if night.champion is None:
        return None
    columns = [night.interactions.column(name) for name in ("user_id", "track_id", "weight")]
    return Interactions.of(*columns, users=everybody, tracks=night.champion.tracks)


def _recent_listens(night: Night, everybody: IdMap) -> Sequences | None:
    if night.champion is None or night.recent is None:
        return None
    return recent_sequences(night.recent, everybody, night.champion.tracks)


def _ask_champion(
    night: Night, champion: Champion, personal: Interactions, recent: Sequences | None, rows: NDArray[np.int64]
) -> tuple[pa.RecordBatch, dict[str, NDArray[np.int64]]]:
    """The champion's rows, and whom it left to the fallback, by reason."""
    heard_something = np.diff(personal.matrix.indptr)[rows] > 0
    known = rows[heard_something]
    heard, model = personal.matrix[known], champion.model
    states = model.fold_in(heard, recent=recent and recent.of_listeners(known, len(personal.users)))
    ranked = model.recommend(states, night.list_length, exclude=heard, candidates=_candidates(night))
    reasons, because_of = _explained(champion, heard, ranked, states)
    answer = night.answer(AnsweredBy.MODEL)
    batch = recommendation_rows(personal.users.at(known), ranked, champion.tracks.ids, reasons, because_of, answer)
    return batch, {NOTHING_HEARD: rows[~heard_something], NOTHING_LEFT: known[ranked.lengths == 0]}


def _ask_fallback(night: Night, popular: Interactions, rows: NDArray[np.int64], why: str) -> pa.RecordBatch:
    answer = night.answer(AnsweredBy.FALLBACK, why)
    return night.fallback.rows(popular.users.at(rows), popular.matrix[rows], night.list_length, answer)


def _candidates(night: Night) -> NDArray[np.int64] | None:
    """Rows of the champion's tracks that may be recommended."""
    if night.champion is None or night.recommendable is None:
        return None
    rows = night.champion.tracks.rows(night.recommendable)
    known: NDArray[np.int64] = rows[rows != UNKNOWN]
    return known


def _explained(champion: Champion, heard: Any, ranked: Ranked, states: States) -> tuple[list[str], list[list[int]]]:
    """Reason and track ids that carried the score, for each recommendation in reading order."""
    reasons: list[str] = []
    because_of: list[list[int]] = []
    explained = champion.model.explain(heard, ranked.tracks, states=states)
    for tracks, carriers in zip(ranked.tracks, explained, strict=True):
        for row in np.flatnonzero(tracks != NO_TRACK).tolist():
            carried = champion.tracks.at(carriers.row(row)[0]).tolist()
            because_of.append(carried)
            reasons.append(BECAUSE_OF_HEARD_TRACKS if carried else champion.model.reason)
    return reasons, because_of


def _unless_empty(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    if batch.num_rows:
        yield batch
