"""Fresh sessions count more, where it is known when they were."""

from __future__ import annotations

import unittest

import numpy as np
from scipy.sparse import csr_matrix

from ritournelle.recommenders.sequences import Sequences, SideInformation
from ritournelle.recommenders.session_knn import SessionKnnConfig, SessionKnnRecommender
from ritournelle.recommenders.transitions import TransitionsConfig, TransitionsRecommender


def sessions(*moments: int) -> Sequences:
    """0 → 1 and, as often, 0 → 2."""
    plain = Sequences.of([[0, 1], [0, 2]])
    return Sequences(plain.tracks, plain.starts, plain.listeners, np.array(moments) if moments else None)


class FreshnessTest(unittest.TestCase):
    def test_half_a_half_life_and_none(self) -> None:
        dated = Sequences(np.arange(3), np.arange(4), np.arange(3), np.array([100, 200, 300]))
        np.testing.assert_allclose(dated.freshness(0.5), [0.25, 0.5, 1.0])
        np.testing.assert_allclose(dated.freshness(None), [1, 1, 1])
        np.testing.assert_allclose(sessions().freshness(0.5), [1, 1])
        np.testing.assert_allclose(sessions(7, 7).freshness(0.5), [1, 1])

    def test_the_latest_are_those_that_began_last(self) -> None:
        dated = Sequences(np.arange(3), np.arange(4), np.arange(3), np.array([300, 100, 200]))
        self.assertEqual(dated.latest(2).tracks.tolist(), [0, 2])
        self.assertEqual(dated.latest(2).listeners.tolist(), [0, 2])
        self.assertIs(dated.latest(3), dated)
        self.assertEqual(Sequences.of([[5], [6]]).latest(1).tracks.tolist(), [6])

    def test_moments_are_one_per_session(self) -> None:
        with self.assertRaisesRegex(ValueError, "2 sessions need as many moments, not 1"):
            sessions(5)

    def test_what_followed_lately_comes_first(self) -> None:
        heard = csr_matrix(([1.0], ([0], [0])), shape=(2, 3))
        for dated, first in ((sessions(1, 9), 2), (sessions(9, 1), 1)):
            for model in (
                TransitionsRecommender(TransitionsConfig(half_life=0.5)),
                SessionKnnRecommender(SessionKnnConfig(half_life=0.5)),
            ):
                learnt = csr_matrix(np.array([[1.0, 1, 0], [1, 0, 1]]))
                model.fit(learnt, side=SideInformation(sequences=dated))
                ranked = model.recommend(model.fold_in(heard), 2, exclude=heard)
                self.assertEqual(ranked.tracks[0, 0], first, model.name)
