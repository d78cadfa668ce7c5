"""Stored lists from the online store, ready to be answered in a fraction of a millisecond; whoever has none is left to
`Lists`, and so is everybody while the store is behind the publication.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Protocol

import msgspec

from ritournelle.domain.exposures import ShownList
from ritournelle.domain.recommendation_ids import RecommendationIds
from ritournelle.domain.recommendations import RecommendationList
from ritournelle.errors import RitournelleError
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.inference.lists import head_of_stored, told_reason
from ritournelle.inference.batch import NO_MODEL_VERSION
from ritournelle.inference.publication import Publication
from ritournelle.online_store.base import OnlineStore, StoredList, unpacked
from ritournelle.serving.api.readers import Readers
from ritournelle.serving.api.shown_tracks import ShownTracks
from ritournelle.streaming.broker import Outgoing
from ritournelle.streaming.messages import encode
from ritournelle.streaming.topics import Topic
from ritournelle.warehouse.publication_watch import version_of

LOG = logging.getLogger(__name__)
_READY = 4_096
"""Lists that stay written out; one of 20 tracks takes 10 kB."""
_END = b"]}"
_FIRST = b'{"recommendation_id":"'
_NEXT = b"}," + _FIRST
_BECAUSE = b',"because_of":'
_LINES = msgspec.json.Encoder().encode_lines
"""One value a line: no text holds a line's end in JSON."""
_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
_BEFORE_TRACKS, _BEFORE_IDS, _BEFORE_MOMENT = b'"track_ids":[', b'],"recommendation_ids":["', b'"],"exposed_at":'


class Told(Protocol):
    """What this listener excluded, or took back, since the last run."""

    def has_told(self, user_id: int) -> bool:
        """Whether there is anything."""


@dataclass(frozen=True)
class Ready:
    """A list written out but for the ids: what each of them stands between.

    `made` is the list without its tracks; `record` and `numbers` begin what is on record of it, and write its tracks.
    """

    made: RecommendationList
    surface: str
    head: bytes
    tracks: Sequence[int]
    entries: Sequence[bytes]
    record: bytes
    numbers: Sequence[bytes]

    @classmethod
    def of(cls, user_id: int, stored: StoredList, tracks: ShownTracks, surface: str) -> Ready:
        """With the names of what is published."""
        made = head_of_stored(user_id, stored)
        head = msgspec.json.encode(made.to_dict())[: -len(_END)] + _FIRST
        numbers = [b"%d" % track for track in stored.tracks]
        return cls(made, surface, head, stored.tracks, _entries(stored, tracks), _record(made, surface), numbers)

    def issued(self, ids: RecommendationIds, k: int, now: datetime) -> tuple[bytes, Outgoing]:
        """The answer of `k` tracks with ids of now, and what is to be on record of it before it is given."""
        made = self.made
        issued = ids.issue_all(made.user_id, self.tracks[:k], made.model_version, self.surface, now)
        body = b"".join(chain.from_iterable(zip(issued, self.entries)))[: 1 - len(_NEXT)]
        return self.head + body + _END, Outgoing(Topic.EXPOSURES, str(made.user_id), self._record_of(issued, now))

    def _record_of(self, issued: Sequence[bytes], now: datetime) -> bytes:
        """What `encode` makes of the `ShownList`."""
        moment = msgspec.json.encode(now)
        tracks, ids = b",".join(self.numbers[: len(issued)]), b'","'.join(issued)
        return b"".join((self.record, tracks, _BEFORE_IDS, ids, _BEFORE_MOMENT, moment, b"}"))


def _entries(stored: StoredList, tracks: ShownTracks) -> list[bytes]:
    """`RecommendationOut` after its id, up to the next one. Each kind of member is encoded for all tracks at once."""
    behind = [[tracks[heard].name for heard in because_of] for because_of in stored.because_of]
    reasons = _LINES([told_reason(stored.reason, names) for names in behind]).split(b"\n")
    because_of = _LINES(stored.because_of).split(b"\n")
    scores = _LINES(stored.scores).split(b"\n")
    parts = zip(map(tracks.__getitem__, stored.tracks), scores, reasons, because_of)
    return [
        b"".join(
            (b'","rank":%d,' % rank, track.members, b',"score":', score, b',"reason":', reason, _BECAUSE, heard, _NEXT)
        )
        for rank, (track, score, reason, heard) in enumerate(parts, start=1)
    ]


def _record(made: RecommendationList, surface: str) -> bytes:
    """How what is on record begins, up to the tracks."""
    sample = ShownList(
        user_id=made.user_id,
        model_version=made.model_version,
        surface=surface,
        answered_by=made.answered_by,
        track_ids=[],
        recommendation_ids=[""],
        exposed_at=_NO_MOMENT,
    )
    before, tracks, after = encode(sample).rpartition(_BEFORE_TRACKS)
    end = _BEFORE_IDS + _BEFORE_MOMENT + msgspec.json.encode(_NO_MOMENT) + b"}"
    assert tracks and after == end, "lists are encoded otherwise now"
    return before + tracks


class StoredLists:
    """Of a listener and a length: the list that `Lists` would answer from what is stored, or None where it has to."""

    def __init__(
        self,
        store: OnlineStore,
        readers: Readers,
        taste: Told,
        forgotten: Forgotten,
        champion: Callable[[], str | None],
        stored_length: int,
        surface: str = "api",
    ) -> None:
        self._store, self._readers, self._taste, self._forgotten = store, readers, taste, forgotten
        self._champion, self._stored_length, self._surface = champion, stored_length, surface
        self._written = lru_cache(maxsize=_READY)(self._write)

    @property
    def is_local(self) -> bool:
        """Whether an event loop may ask."""
        return self._store.is_local

    def find(self, user_id: int, k: int) -> Ready | None:
        """Nothing of it is older than the last change that anybody, in any process, has made."""
        if k > self._stored_length:
            return None
        try:
            return self._found(user_id)
        except RitournelleError as error:
            LOG.debug("no stored list can be had now: %s", error)  # sensors tell of it, once
            return None

    def held(self, user_id: int) -> Sequence[StoredList]:
        """What the store holds of a listener and serves, whatever else there is to say of them; errors of the store."""
        _, content = self._store.find(user_id)
        return [unpacked(content)] if content else []

    def close(self) -> None:
        """Let the store go."""
        self._store.close()

    def _found(self, user_id: int) -> Ready | None:
        name = self._readers.publication()
        publication = self._readers.loaded(name)
        if publication is None or self._forgotten.holds(user_id):
            return None
        if user_id in publication.known_excluding or self._taste.has_told(user_id):
            return None
        state, content = self._store.find(user_id)
        if not content or state.publication != version_of(name):
            return None
        ready = self._written(publication, user_id, content)
        return ready if ready.made.model_version == (self._champion() or NO_MODEL_VERSION) else None

    def _write(self, publication: Publication, user_id: int, content: bytes) -> Ready:
        return Ready.of(user_id, unpacked(content), ShownTracks.of(publication), self._surface)
