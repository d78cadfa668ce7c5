"""Stored lists from the online store, ready to be answered in a fraction of a millisecond; whoever has none is left to
`Lists`, and so is everybody while the store is behind the publication.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

import msgspec

from ritournelle.domain.exposures import Exposure
from ritournelle.domain.issuing import exposures_of
from ritournelle.domain.recommendation_ids import RecommendationIds
from ritournelle.domain.recommendations import RecommendationList
from ritournelle.errors import RitournelleError
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.inference.lists import list_from_stored
from ritournelle.inference.publication import Publication
from ritournelle.online_store.base import OnlineStore, unpacked
from ritournelle.serving.api.readers import Readers
from ritournelle.streaming.broker import Outgoing
from ritournelle.streaming.messages import VERSION, encode
from ritournelle.streaming.topics import Topic
from ritournelle.warehouse.publication_watch import version_of

LOG = logging.getLogger(__name__)
_READY = 8_192
"""Lists that stay written out; one of 20 tracks takes 6 kB."""
_NO_ID = b'{"recommendation_id":""'
_NO_END = b"]}"
_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
_BEFORE_ID = b'{"version":%d,"recommendation_id":"' % VERSION


class Told(Protocol):
    """What this listener excluded, or took back, since the last run."""

    def has_told(self, user_id: int) -> bool:
        """Whether there is anything."""


@dataclass(frozen=True)
class Ready:
    """A list written out but for the ids, and for the moment of what is on record: what each of them stands between."""

    made: RecommendationList
    surface: str
    head: bytes
    tracks: tuple[int, ...]
    entries: tuple[bytes, ...]
    exposures: tuple[bytes, ...]

    @classmethod
    def of(cls, made: RecommendationList, surface: str) -> Ready:
        """Of a list whose ids are empty."""
        return cls(
            made,
            surface,
            msgspec.json.encode(replace(made, recommendations=()).to_dict())[: -len(_NO_END)],
            tuple(one.track_id for one in made.recommendations),
            tuple(msgspec.json.encode(one)[len(_NO_ID) :] for one in made.recommendations),
            tuple(_between(one) for one in exposures_of(made, surface, _NO_MOMENT)),
        )

    def issued(self, ids: RecommendationIds, k: int, now: datetime) -> tuple[bytes, list[Outgoing]]:
        """The answer of `k` tracks with ids of now, and what is to be on record of it before it is given."""
        made, moment = self.made, msgspec.json.encode(now)
        issued = ids.issue_all(made.user_id, self.tracks[:k], made.model_version, self.surface, now)
        parts = [b'{"recommendation_id":"%b"%b' % pair for pair in zip(issued, self.entries)]
        key = str(made.user_id)
        messages = [
            Outgoing(Topic.EXPOSURES, key, b"%b%b%b%b}" % (_BEFORE_ID, one, rest, moment))
            for one, rest in zip(issued, self.exposures)
        ]
        return b"%b%b%b" % (self.head, b",".join(parts), _NO_END), messages


def _between(exposure: Exposure) -> bytes:
    """What stands in its message between the id and the moment, which are the first field and the last one."""
    text = encode(exposure)
    end = msgspec.json.encode(exposure.exposed_at) + b"}"
    assert text.startswith(_BEFORE_ID) and text.endswith(end), "the encoding of exposures has changed"
    return text[len(_BEFORE_ID) : -len(end)]


class StoredLists:
    """Of a listener and a length: the list that `Lists` would answer from what is stored, or None where it has to."""

    def __init__(
        self,
        store: OnlineStore,
        readers: Readers,
        taste: Told,
        forgotten: Forgotten,
        stored_length: int,
        surface: str = "api",
    ) -> None:
        self._store, self._readers, self._taste, self._forgotten = store, readers, taste, forgotten
        self._stored_length, self._surface = stored_length, surface
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
        return self._written(publication, user_id, content)

    def _write(self, publication: Publication, user_id: int, content: bytes) -> Ready:
        assert publication.known_tracks is not None, "it is loaded"
        return Ready.of(list_from_stored(user_id, unpacked(content), publication.known_tracks), self._surface)
