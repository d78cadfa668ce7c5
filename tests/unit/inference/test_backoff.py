"""The content back-off: who is answered by it, with what, and who is left to popularity."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from ritournelle.domain.interactions import IdMap
from ritournelle.inference.backoff import ContentBackoff, backoff_of, needs_backoff
from ritournelle.inference.rows import Answer

ANSWER = Answer("als-000001", datetime(2024, 6, 1, tzinfo=UTC), "by artists you listen to", "why")
CATALOGUE = pa.table(
    {
        "track_id": [1, 2, 3, 4, 5],
        "artist": ["Nina", "Nina", "Bob", "Bob", None],
        "album": pa.nulls(5, pa.string()),
        "genres": pa.nulls(5, pa.string()),
    }
)
HEARD = pa.table({"user_id": [7, 8, 9], "track_id": [1, 5, 3], "weight": [1.0, 1.0, 1.0]})


class ContentBackoffTest(unittest.TestCase):
    def test_tracks_of_the_same_artist_are_found(self) -> None:
        rows, left = ContentBackoff.of(CATALOGUE).rows(np.array([7, 8, 9]), HEARD, 3, ANSWER)
        listed = list(zip(rows.column("user_id").to_pylist(), rows.column("track_id").to_pylist(), strict=True))
        self.assertEqual(listed, [(7, 2), (9, 4)])
        self.assertEqual(left.tolist(), [8])

    def test_it_is_needed_only_if_somebody_heard_only_unknown_tracks(self) -> None:
        self.assertFalse(needs_backoff(HEARD, IdMap.of([1, 3, 5])))
        self.assertFalse(needs_backoff(HEARD.slice(0, 0), IdMap.of([1])))
        self.assertTrue(needs_backoff(HEARD, IdMap.of([1, 3])))

    def test_there_is_none_without_tracks(self) -> None:
        self.assertIsNotNone(backoff_of(CATALOGUE))
        self.assertIsNone(backoff_of(CATALOGUE.slice(0, 0)))
