"""Search in titles and artists: every word somewhere in them, whatever case and accents, the most likely first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.warehouse import marts

MOST_CHARACTERS, _MOST_WORDS = 100, 8
"""Of what is searched for; the rest is not looked at."""


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """Tracks (track_id, name, artist) with their folded texts and their plays, row by row."""

    tracks: pa.Table
    titles: pa.ChunkedArray
    artists: pa.ChunkedArray
    plays: Any  # numpy, int64

    @classmethod
    def of(cls, tracks: pa.Table, popularity: pa.Table) -> SearchIndex:
        """From the queries `SEARCHED_TRACKS` and `TRACK_POPULARITY`."""
        place = pc.index_in(tracks["track_id"], value_set=popularity["track_id"].combine_chunks())
        plays = pc.fill_null(popularity["plays_365_days"].take(place), 0).to_numpy()
        return cls(tracks, folded(tracks["name"]), folded(tracks["artist"]), plays)

    @classmethod
    def of_nothing(cls) -> SearchIndex:
        """In which nothing is found."""
        return cls.of(marts.SEARCHED_TRACKS.columns.empty_table(), marts.TRACK_POPULARITY.columns.empty_table())

    def find(self, text: str, at_most: int) -> Sequence[Mapping[str, Any]]:
        """Rows of `tracks`: titles that are the text, begin with it, hold it, then the others; each by plays."""
        wanted = folded(pa.chunked_array([[text[:MOST_CHARACTERS]]]))[0].as_py()
        words = wanted.split()[:_MOST_WORDS]
        if not words or not self.tracks.num_rows:
            return []
        both = pc.binary_join_element_wise(self.titles, self.artists, " ")
        hits = np.logical_and.reduce([pc.match_substring(both, word).to_numpy() for word in words])
        rows = np.flatnonzero(hits)
        titles, phrase = self.titles.take(pa.array(rows)), " ".join(words)
        steps = (pc.equal(titles, phrase), pc.starts_with(titles, phrase), pc.match_substring(titles, phrase))
        likeness = np.sum([step.to_numpy().astype(np.int64) for step in steps], axis=0)
        best = rows[np.lexsort((rows, -self.plays[rows], -likeness))[:at_most]]
        found: list[Mapping[str, Any]] = self.tracks.take(pa.array(best)).to_pylist()
        return found


def folded(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Small letters without accents, single blanks; nothing for null.

    >>> folded(pa.chunked_array([["  Gymnopédie  N°1", None]])).to_pylist()
    ['gymnopedie n°1', '']
    """
    plain = pc.replace_substring_regex(pc.utf8_normalize(pc.fill_null(texts, ""), "NFKD"), r"\p{M}+", "")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(plain), r"\s+", " "))
