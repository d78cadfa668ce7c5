"""The catalogue as the pages show it: one track, the names of some, and a search; from what is published."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ritournelle.errors import PermanentError
from ritournelle.serving.api.readers import Readers
from ritournelle.serving.searching import SearchIndex
from ritournelle.warehouse import marts

Track = Mapping[str, Any]


@dataclass(frozen=True)
class TrackFacts:
    """One track: its fields of the star, and its plays by window (`plays_28_days`, …; none: nobody ever played it)."""

    track: Track
    plays: Mapping[str, int]


class Catalogue:
    """Threads may share it. Where nothing is published there are no tracks; errors of the warehouse are raised."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._index: tuple[str, SearchIndex] = ("", SearchIndex.of_nothing())

    def track(self, track_id: int) -> TrackFacts | None:
        """None for a track that nobody knows; one that is gone says so (`is_deleted`)."""
        if not self._readers.publication():
            return None
        with self._readers.reader() as warehouse:
            found = marts.TRACK_DETAILS.run(warehouse, track_id=track_id).to_pylist()
            plays = marts.POPULARITY_OF.run(warehouse, track_id=track_id).to_pylist()
        if not found:
            return None
        return TrackFacts(found[0], {name: count for row in plays for name, count in row.items() if name != "track_id"})

    def titles(self, track_ids: Collection[int]) -> Mapping[int, str]:
        """By id, of those that have one."""
        if not track_ids or not self._readers.publication():
            return {}
        with self._readers.reader() as warehouse:
            rows = marts.CATALOGUE.run(warehouse, track_ids=sorted(set(track_ids))).to_pylist()
        return {row["track_id"]: row["name"] for row in rows if row["name"]}

    def search(self, text: str, at_most: int) -> Sequence[Track]:
        """Living tracks whose title and artist hold every word, whatever case and accents; the best first."""
        return self._searched().find(text, at_most)

    def some_listeners(self, at_most: int) -> Sequence[int]:
        """Ids of a few whose list the model made, else of a few whom popularity answers."""
        try:
            with self._readers.reader() as warehouse:
                if not warehouse.exists(warehouse.schema("marts"), "recommendations"):
                    return []
                by_model = marts.ANSWERED_LISTENERS.run(warehouse, by_model=True, at_most=at_most)
                found = (
                    by_model.num_rows
                    and by_model
                    or marts.ANSWERED_LISTENERS.run(warehouse, by_model=False, at_most=at_most)
                )
        except PermanentError:
            return []
        listeners: list[int] = found["user_id"].to_pylist()
        return listeners

    def _searched(self) -> SearchIndex:
        """Made anew with each publication: 0.1 s for 50,000 tracks."""
        publication = self._readers.publication()
        if not publication:
            return SearchIndex.of_nothing()
        if self._index[0] != publication:
            with self._readers.reader() as warehouse:
                tracks, popularity = marts.SEARCHED_TRACKS.run(warehouse), marts.TRACK_POPULARITY.run(warehouse)
            self._index = publication, SearchIndex.of(tracks, popularity)
        return self._index[1]
