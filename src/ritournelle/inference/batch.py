"""The nightly lists: every listener's best tracks, block by block: they never lie in memory all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from ritournelle.domain.interactions import UNKNOWN, IdMap, Interactions
from ritournelle.inference.backoff import ContentBackoff
from ritournelle.inference.champion import Champion
from ritournelle.inference.fallback import Fallback
from ritournelle.inference.never import no_pairs, with_pairs
from ritournelle.inference.rerank import RerankRules, Traits, reranked
from ritournelle.inference.rows import RECOMMENDATION_SCHEMA, Answer, recommendation_rows
from ritournelle.inference.recent import recent_sequences
from ritournelle.recommenders.sequences import Sequences

BLOCK_SIZE = 8_192
"""Listeners whose lists lie in memory at once: with lists of 100 that is 80 MB."""
NO_MODEL_VERSION = "none"
"""The model version of lists that were made before there was a champion."""

NO_CHAMPION = "no model has been promoted yet"
NOTHING_HEARD = "no listen of a track that the model knows"
BY_CONTENT = "no listen of a track that the model knows; chosen by artist, album and genre"
NOTHING_LEFT = "the listener has heard every track that the model can recommend"


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
    rules: RerankRules = RerankRules()
    traits: Traits | None = None
    """Of the champion's tracks, where there are rules."""
    strongest: pa.Table | None = None
    """Of `interactions`, what the champion is asked with; None: all. See `inference.strongest`."""
    candidates: NDArray[np.bool_] | None = None
    """Which of the champion's tracks may be recommended, where that is known; None: looked up."""
    backoff: ContentBackoff | None = None
    """For those who heard only tracks that the champion does not know; None: popularity answers them."""
    never: pa.Table = field(default_factory=no_pairs)
    """Pairs of user_id and track_id that listeners have excluded: recommended as little as what was heard."""

    @property
    def model_version(self) -> str:
        """The version in force, also on the lists that the fallback had to make."""
        return NO_MODEL_VERSION if self.champion is None else self.champion.version

    def by_fallback(self, why: str) -> Answer:
        """What the rows of lists share that popularity had to answer."""
        return Answer(self.model_version, self.computed_at, self.fallback.reason, why)

    def by_model(self, champion: Champion) -> Answer:
        """What the rows of the champion's lists share."""
        return Answer(self.model_version, self.computed_at, champion.model.reason)


def nightly_blocks(
    night: Night, listeners: ArrayLike, *, block_size: int = BLOCK_SIZE
) -> Iterator[tuple[NDArray[np.int64], pa.Table]]:
    """The lists of these listeners (user ids), block by block: at most `block_size` of them, ascending, and their rows.

    The champion answers whoever heard a track that it knows; content, then popularity answer the others and say why.
    Nobody is recommended what they heard, and who heard everything gets no row. The same night gives the same rows.
    """
    everybody = IdMap.of(listeners)
    personal, recent = _personal_histories(night, everybody), _recent_listens(night, everybody)
    for start in range(0, len(everybody), block_size):
        rows = np.arange(start, min(start + block_size, len(everybody)))
        batches, strangers = [], {NO_CHAMPION: rows}
        if night.champion is not None and personal is not None:
            batch, strangers = _ask_champion(night, night.champion, personal, recent, rows)
            batches.append(batch)
            if night.backoff is not None:
                batch, strangers[NOTHING_HEARD] = _ask_content(
                    night, night.backoff, everybody, strangers[NOTHING_HEARD]
                )
                batches.append(batch)
        batches += [_ask_fallback(night, everybody.at(who), why) for why, who in strangers.items() if len(who)]
        yield everybody.at(rows), pa.Table.from_batches(batches, RECOMMENDATION_SCHEMA)


def all_nightly_lists(night: Night, listeners: ArrayLike, *, block_size: int = BLOCK_SIZE) -> pa.Table:
    """`nightly_blocks` as one table, for as many listeners as fit into memory; empty if there is nobody."""
    blocks = [rows for _, rows in nightly_blocks(night, listeners, block_size=block_size)]
    return pa.concat_tables(blocks) if blocks else RECOMMENDATION_SCHEMA.empty_table()


def _personal_histories(night: Night, everybody: IdMap) -> Interactions | None:
    if night.champion is None:
        return None
    heard = night.interactions if night.strongest is None else night.strongest
    columns = [heard.column(name) for name in ("user_id", "track_id", "weight")]
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
    pool = night.rules.pool(night.list_length)
    left_out = with_pairs(heard, night.never, IdMap.of(personal.users.at(known)), personal.tracks)
    ranked = model.recommend(states, pool, exclude=left_out, candidates=_candidates(night))
    if night.traits is not None:
        ranked = reranked(ranked, night.list_length, night.rules, night.traits)
    batch = recommendation_rows(personal.users.at(known), ranked, champion.tracks.ids, night.by_model(champion))
    return batch, {NOTHING_HEARD: rows[~heard_something], NOTHING_LEFT: known[ranked.lengths == 0]}


def _ask_content(
    night: Night, backoff: ContentBackoff, everybody: IdMap, strangers: NDArray[np.int64]
) -> tuple[pa.RecordBatch, NDArray[np.int64]]:
    """The lists by content, and whom they leave to popularity (rows of `everybody`)."""
    users = everybody.at(strangers)
    answer = Answer(night.model_version, night.computed_at, backoff.model.reason, BY_CONTENT)
    batch, left = backoff.rows(users, _heard_by(night, users), night.list_length, answer, night.never)
    return batch, everybody.known_rows(left)


def _heard_by(night: Night, users: NDArray[np.int64]) -> pa.Table:
    return night.interactions.filter(pc.is_in(night.interactions.column("user_id"), value_set=pa.array(users)))


def _ask_fallback(night: Night, user_ids: NDArray[np.int64], why: str) -> pa.RecordBatch:
    listeners = IdMap.of(user_ids)
    heard = night.fallback.histories(listeners, _heard_by(night, user_ids)).matrix
    left_out = with_pairs(heard, night.never, listeners, night.fallback.tracks)
    return night.fallback.rows(user_ids, left_out, night.list_length, night.by_fallback(why))


def _candidates(night: Night) -> NDArray[np.int64] | NDArray[np.bool_] | None:
    """Rows of the champion's tracks that may be recommended, or which of them."""
    if night.candidates is not None:
        return night.candidates
    if night.champion is None or night.recommendable is None:
        return None
    rows = night.champion.tracks.rows(night.recommendable)
    known: NDArray[np.int64] = rows[rows != UNKNOWN]
    return known
