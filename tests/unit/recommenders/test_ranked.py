"""The best of rows of scores: order, ties, padding."""

from __future__ import annotations

import unittest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ritournelle.recommenders.ranked import NO_TRACK, Ranked

few_values = st.sampled_from([-np.inf, -2.0, 0.0, 1.0, 1.5])
tables = arrays(np.float64, st.tuples(st.integers(0, 6), st.integers(0, 12)), elements=few_values)


@given(tables, st.integers(1, 15))
def test_equals_the_obvious_way(scores: np.ndarray, k: int) -> None:
    ranked = Ranked.best_of(scores, k)
    assert ranked.tracks.shape == ranked.scores.shape == (len(scores), k)
    for row, values in enumerate(scores):
        possible = [column for column in range(len(values)) if values[column] > -np.inf]
        expected = sorted(possible, key=lambda column: (-values[column], column))[:k]  # pylint: disable=W0640
        tracks, found = ranked.row(row)
        assert tracks.tolist() == expected
        assert found.tolist() == values[expected].tolist()
        assert set(ranked.tracks[row, len(expected) :]) <= {NO_TRACK}


class RankedTest(unittest.TestCase):
    def test_many_ties_at_the_edge_go_to_the_lowest_columns(self) -> None:
        scores = np.zeros((2, 1000))
        scores[:, 700] = 1.0
        self.assertEqual(Ranked.best_of(scores, 4).tracks.tolist(), [[700, 0, 1, 2]] * 2)

    def test_no_room_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "at least one"):
            Ranked.best_of(np.zeros((1, 3)), 0)

    def test_stacked_in_order(self) -> None:
        parts = [Ranked.best_of(np.eye(3)[row : row + 1], 1) for row in range(3)]
        self.assertEqual(Ranked.stacked(parts).tracks.tolist(), [[0], [1], [2]])
