"""Popularity: the same order for everybody, counted in two ways."""

from __future__ import annotations

import unittest

import numpy as np
from scipy.sparse import csr_matrix

from ritournelle.recommenders.popularity import PopularityConfig, PopularityRecommender

LISTENS = csr_matrix(np.array([[1, 1, 0, 9], [1, 0, 0, 0], [1, 1, 0, 0]], dtype=np.float32))


class PopularityTest(unittest.TestCase):
    def test_by_listeners(self) -> None:
        model = PopularityRecommender().fit(LISTENS)
        ranked = model.recommend(model.fold_in(LISTENS), 4)
        self.assertEqual(ranked.tracks.tolist(), [[0, 1, 3, 2]] * 3)
        self.assertEqual(ranked.scores[0].tolist(), [3, 2, 1, 0])

    def test_by_weight(self) -> None:
        model = PopularityRecommender(PopularityConfig(count="weight")).fit(LISTENS)
        self.assertEqual(model.recommend(model.fold_in(LISTENS), 4).tracks[0].tolist(), [3, 0, 1, 2])

    def test_explains_nothing(self) -> None:
        model = PopularityRecommender().fit(LISTENS)
        self.assertFalse(model.explain(LISTENS, [[2], [1], [3]])[0].lengths.any())
