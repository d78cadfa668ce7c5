"""What is known of tracks before anybody has heard them, as a matrix: artist, album, words of the genres."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from ritournelle.domain.interactions import UNKNOWN, IdMap

_WORD = re.compile(r"\w+")


def content_matrix(catalogue: pa.Table, tracks: IdMap) -> Any:
    """CSR, float32, len(tracks) × features: 1 where a track has the feature; a track that is not listed has none.

    `catalogue` has the columns track_id, artist, album, genres; case and punctuation do not count. A feature of one
    track alone says nothing about others and is left out, so that free words cost no memory (Q10 of the source).
    """
    rows = tracks.rows(catalogue.column("track_id"))
    features: dict[str, int] = {}
    entries = [
        (row, features.setdefault(feature, len(features)))
        for row, track in zip(rows.tolist(), catalogue.to_pylist(), strict=True)
        if row != UNKNOWN
        for feature in dict.fromkeys(_features(track))  # not a set: columns are the same in every process
    ]
    places = np.array(entries, dtype=np.int64).reshape(-1, 2)
    matrix = csr_matrix(
        (np.ones(len(places), dtype=np.float32), (places[:, 0], places[:, 1])), shape=(len(tracks), len(features))
    )
    shared = np.flatnonzero(np.bincount(places[:, 1], minlength=len(features)) > 1)
    return csr_matrix(matrix[:, shared])


def _features(track: dict[str, Any]) -> Iterator[str]:
    for kind in ("artist", "album"):
        text = " ".join(_words(track[kind]))
        if text:
            yield f"{kind}:{text}"
    yield from (f"genre:{word}" for word in _words(track["genres"]))


def _words(text: str | None) -> list[str]:
    return _WORD.findall((text or "").casefold())
