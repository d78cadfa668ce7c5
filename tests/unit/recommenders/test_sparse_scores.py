"""Sparse scores: the same lists as dense ones."""

from __future__ import annotations

import unittest

import numpy as np
from scipy.sparse import csr_matrix

from ritournelle.recommenders.blend import normalised
from ritournelle.recommenders.ranked import Ranked
from ritournelle.recommenders.sparse_scores import NORMALISATIONS, SparseScores


def some_scores(seed: int, rows: int = 20, tracks: int = 50) -> np.ndarray:
    random = np.random.default_rng(seed)
    scores: np.ndarray = random.random((rows, tracks)) * (random.random((rows, tracks)) < 0.3)
    return scores.round(1)  # so that there are ties


class SparseScoresTest(unittest.TestCase):
    def test_ranks_like_dense_ones(self) -> None:
        dense = some_scores(1)
        ranked, short = SparseScores.of(csr_matrix(dense)).best(12, None, None)
        expected = Ranked.best_of(dense, 12)
        full = np.setdiff1d(np.arange(20), short)
        self.assertTrue(0 < len(short) < 20)
        np.testing.assert_array_equal(ranked.tracks[full], expected.tracks[full])
        np.testing.assert_array_equal(ranked.scores[full], expected.scores[full])

    def test_what_is_hidden_is_left_out(self) -> None:
        dense, hidden = some_scores(2), csr_matrix(some_scores(3) > 0.5)
        allowed = np.arange(50) % 2 == 0
        ranked = SparseScores.of(csr_matrix(dense)).best_entries(5, hidden, allowed)
        dense[hidden.toarray()] = 0
        dense[:, ~allowed] = 0
        expected = Ranked.best_of(np.where(dense > 0, dense, -np.inf), 5)
        np.testing.assert_array_equal(ranked.tracks, expected.tracks)

    def test_sums_of_normalised_ones_are_those_of_dense_ones(self) -> None:
        one, other = some_scores(4), some_scores(5)
        other[3] = 0  # nothing is known of this listener
        for how in NORMALISATIONS:
            parts = [SparseScores.of(csr_matrix(scores)).normalised(how) for scores in (one, other)]
            total = SparseScores.total(parts, (1.0, 0.5))
            expected = normalised(one.copy(), how) + 0.5 * normalised(other.copy(), how)
            np.testing.assert_allclose(total.entries.toarray() + total.offsets[:, None], expected, atol=1e-12)
