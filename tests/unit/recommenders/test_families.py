"""Families against answers worked out by hand."""

from __future__ import annotations

import unittest

import numpy as np
from pydantic import ValidationError
from scipy.sparse import csr_matrix

from ritournelle.errors import ModelError, SettingsError
from ritournelle.recommenders.blend import BlendConfig, BlendPart, BlendRecommender, normalised
from ritournelle.recommenders.content import ContentRecommender
from ritournelle.recommenders.ease import EaseConfig, EaseRecommender
from ritournelle.recommenders.factory import create_recommender
from ritournelle.recommenders.ials import IalsConfig, IalsRecommender
from ritournelle.recommenders.item_knn import ItemKnnConfig, ItemKnnRecommender
from ritournelle.recommenders.neighbours import strongest
from ritournelle.recommenders.sequences import Sequences, SideInformation
from ritournelle.recommenders.session_knn import SessionKnnConfig, SessionKnnRecommender
from ritournelle.recommenders.transitions import TransitionsConfig, TransitionsRecommender

HEARD = csr_matrix(np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 0]], dtype=np.float32))
FIRST = csr_matrix(([1.0], ([0], [0])), shape=(1, 4))


class ItemKnnTest(unittest.TestCase):
    def test_cosine_by_hand(self) -> None:
        model = ItemKnnRecommender(ItemKnnConfig(weighting="cosine", scale="binary")).fit(HEARD)
        np.testing.assert_allclose(model.scores(model.fold_in(FIRST))[0], [0, 2 / 6**0.5, 1 / 6**0.5, 0], rtol=1e-6)

    def test_only_the_nearest_neighbours_count(self) -> None:
        model = ItemKnnRecommender(ItemKnnConfig(weighting="cosine", scale="binary", neighbours=1)).fit(HEARD)
        self.assertEqual(np.flatnonzero(model.scores(model.fold_in(FIRST))[0]).tolist(), [1])

    def test_shrinkage_distrusts_thin_evidence(self) -> None:
        trusting, careful = (
            ItemKnnRecommender(ItemKnnConfig(weighting="cosine", scale="binary", shrinkage=amount)).fit(HEARD)
            for amount in (0.0, 4.0)
        )
        ratio = careful.scores(careful.fold_in(FIRST))[0, 1] / trusting.scores(trusting.fold_in(FIRST))[0, 1]
        self.assertAlmostEqual(ratio, 6**0.5 / (6**0.5 + 4), places=6)


class EaseTest(unittest.TestCase):
    def test_equals_its_formula(self) -> None:
        model = EaseRecommender(EaseConfig(regularization=2.0)).fit(HEARD)
        inverse = np.linalg.inv((HEARD.T @ HEARD).toarray() + 2 * np.eye(4))
        expected = -inverse / np.diag(inverse)[None, :]
        np.fill_diagonal(expected, 0)
        np.testing.assert_allclose(model.scores(model.fold_in(HEARD)), HEARD @ expected, atol=1e-6)

    def test_a_large_catalogue_is_refused(self) -> None:
        with self.assertRaisesRegex(ModelError, "4 tracks are more than most_tracks = 3; use item_knn"):
            EaseRecommender(EaseConfig(most_tracks=3)).fit(HEARD)

    def test_what_is_kept_is_what_is_strongest(self) -> None:
        whole, kept = (EaseRecommender(EaseConfig(neighbours=k)).fit(HEARD).similarities([0])[0] for k in (4, 1))
        self.assertEqual(np.flatnonzero(kept).tolist(), [int(np.argmax(np.abs(whole)))])


class IalsTest(unittest.TestCase):
    def test_the_state_minimises_the_loss(self) -> None:
        config = IalsConfig(factors=2, unobserved=0.1, regularization=0.01, weighting="linear", seed=1)
        model = IalsRecommender(config).fit(HEARD)
        factors = model.arrays()["factors"].astype(np.float64)
        weights = np.array([2.0, 0, 3.0, 0])
        state = model.fold_in(csr_matrix(weights[None, :]))[0]

        def loss(x: np.ndarray) -> float:
            restraint = 0.01 * (0.1 * 4 + 2)
            return float(weights @ (factors @ x - 1) ** 2 + 0.1 * np.sum((factors @ x) ** 2) + restraint * x @ x)

        for step in np.vstack([np.eye(2), -np.eye(2)]) * 1e-3:
            self.assertLess(loss(state), loss(state + step))


class TransitionsTest(unittest.TestCase):
    def fitted(self, sessions: list[list[int]], **options: float) -> TransitionsRecommender:
        side = SideInformation(sequences=Sequences.of(sessions, [0] * len(sessions)))
        heard = csr_matrix(np.ones((1, 4), dtype=np.float32))
        return TransitionsRecommender(TransitionsConfig(**options)).fit(heard, side=side)  # type: ignore[arg-type]

    def scores(self, model: TransitionsRecommender, recent: list[int]) -> list[float]:
        heard = csr_matrix(np.ones((1, 4), dtype=np.float32))
        found: list[float] = model.scores(model.fold_in(heard, recent=Sequences.of([recent])))[0].tolist()
        return found

    def test_near_listens_count_more(self) -> None:
        model = self.fitted([[0, 1, 2], [0, 3]], damping=0, backward=0)
        self.assertEqual(self.scores(model, [0]), [0, 1, 0.5, 1])

    def test_the_latest_listen_counts_most(self) -> None:
        model = self.fitted([[0, 1], [2, 3]], damping=0, backward=0, recency=0.5)
        self.assertEqual(self.scores(model, [0, 2]), [0, 0.5, 0, 1])

    def test_only_recent_listens_are_looked_at(self) -> None:
        model = self.fitted([[0, 1], [2, 3]], damping=0, backward=0, recent=1)
        self.assertEqual(self.scores(model, [0, 2]), [0, 0, 0, 1])

    def test_repeats_are_learnt(self) -> None:
        self.assertEqual(self.scores(self.fitted([[1, 1]], damping=0, backward=0), [1]), [0, 1, 0, 0])

    def test_one_more_listen_counts_as_if_it_had_been_there(self) -> None:
        model = self.fitted([[0, 1]], damping=0, backward=0.5)
        self.assertTrue(model.update(np.array([0, 1]), 3))
        self.assertEqual(self.scores(model, [0]), self.scores(self.fitted([[0, 1, 3]], damping=0, backward=0.5), [0]))


class SessionKnnTest(unittest.TestCase):
    def test_the_most_alike_session_votes(self) -> None:
        side = SideInformation(sequences=Sequences.of([[0, 1], [0, 1, 2, 3]], [0, 0]))
        config = SessionKnnConfig(neighbours=1, rarity=0, repeats=1, reach=1e9)
        model = SessionKnnRecommender(config).fit(csr_matrix(np.ones((1, 4), dtype=np.float32)), side=side)
        scores = model.scores(model.fold_in(FIRST))[0]
        np.testing.assert_allclose(scores, np.array([1, 1, 0, 0]) / 2**0.5, rtol=1e-6)

    def test_near_the_shared_track_a_vote_counts_more(self) -> None:
        side = SideInformation(sequences=Sequences.of([[3, 0, 1, 2]], [0]))
        config = SessionKnnConfig(rarity=0, repeats=0.5, reach=1.0, backward=0.25)
        model = SessionKnnRecommender(config).fit(csr_matrix(np.ones((1, 4), dtype=np.float32)), side=side)
        scores = model.scores(model.fold_in(FIRST, recent=Sequences.of([[0]])))[0]
        near = np.exp(-1.0)
        np.testing.assert_allclose(scores, np.array([0.5, near, near**2, 0.25 * near]) / 2, rtol=1e-6)

    def test_shares_add_up_to_the_score(self) -> None:
        side = SideInformation(sequences=Sequences.of([[3, 0, 1, 2], [1, 3], [2, 0, 0, 3]], [0, 0, 0]))
        model = SessionKnnRecommender().fit(csr_matrix(np.ones((1, 4), dtype=np.float32)), side=side)
        heard = csr_matrix(np.array([[1.0, 1, 0, 0]]))
        state = model.fold_in(heard, recent=Sequences.of([[1, 0]]))
        shares = model.contributions(heard, [[0, 1, 2, 3]], state)
        np.testing.assert_allclose(shares.sum(axis=0), model.scores(state)[0])

    def test_long_sessions_are_cut(self) -> None:
        cut = Sequences(np.arange(7), np.array([0, 5, 7]), np.array([0, 1]), np.array([10, 20])).cut(2)
        self.assertEqual(cut.starts.tolist(), [0, 2, 4, 5, 7])
        self.assertEqual((cut.listeners.tolist(), np.asarray(cut.moments).tolist()), ([0, 0, 0, 1], [10, 10, 10, 20]))


class ContentTest(unittest.TestCase):
    def test_a_track_that_nobody_heard_is_found_by_its_artist(self) -> None:
        content = csr_matrix(np.array([[1, 0], [0, 1], [0, 1], [1, 0]], dtype=np.float32))
        model = ContentRecommender().fit(HEARD, side=SideInformation(content=content))
        tracks, _ = model.recommend(model.fold_in(FIRST), 1, exclude=FIRST).row(0)
        self.assertEqual(tracks.tolist(), [3])

    def test_of_tracks_without_content_nothing_is_known(self) -> None:
        model = ContentRecommender().fit(HEARD)
        self.assertFalse(model.knows(np.arange(4)).any())


class BlendTest(unittest.TestCase):
    def test_scores_are_the_weighted_sum_of_normalised_ones(self) -> None:
        parts = (BlendPart(family="item_knn", weight=2.0), BlendPart(family="popularity"))
        blend = BlendRecommender(BlendConfig(parts=parts)).fit(HEARD)
        knn, popular = (create_recommender(name).fit(HEARD) for name in ("item_knn", "popularity"))
        expected = 2 * normalised(knn.scores(knn.fold_in(HEARD)), "z_score")
        expected += normalised(popular.scores(popular.fold_in(HEARD)), "z_score")
        np.testing.assert_allclose(blend.scores(blend.fold_in(HEARD)), expected)

    def test_a_row_without_differences_becomes_0(self) -> None:
        for how in ("z_score", "max"):
            np.testing.assert_array_equal(normalised(np.full((1, 3), 7.0), how), np.zeros((1, 3)))  # type: ignore[arg-type]

    def test_a_blend_of_blends_is_refused(self) -> None:
        with self.assertRaisesRegex(ValidationError, "cannot be part of a blend"):
            BlendConfig(parts=(BlendPart(family="blend"),))

    def test_an_unknown_part_is_refused(self) -> None:
        with self.assertRaisesRegex(SettingsError, "no recommender called 'oracle'"):
            BlendRecommender(BlendConfig(parts=(BlendPart(family="oracle"),))).fit(HEARD)


class NeighboursTest(unittest.TestCase):
    def test_the_strongest_of_each_row_ties_to_the_lower_column(self) -> None:
        matrix = csr_matrix(np.array([[1.0, 3, 3, 2], [0, 0, 5, 0]]))
        self.assertEqual(strongest(matrix, 2).toarray().tolist(), [[0, 3, 3, 0], [0, 0, 5, 0]])
        self.assertEqual(strongest(matrix, 1).toarray().tolist(), [[0, 3, 0, 0], [0, 0, 5, 0]])


class SequencesTest(unittest.TestCase):
    def test_latest_listens_decay_across_the_sessions_of_a_listener(self) -> None:
        recent = Sequences.of([[0, 1], [2], [3]], [1, 1, 0])
        weights = recent.decayed((2, 4), 2, 0.5).toarray()
        self.assertEqual(weights.tolist(), [[0, 0, 0, 1], [0, 0.5, 1, 0]])

    def test_sessions_of_some_listeners(self) -> None:
        some = Sequences.of([[0, 1], [2], [3]], [1, 1, 0]).of_listeners(np.array([1]), 2)
        self.assertEqual((some.tracks.tolist(), some.listeners.tolist()), ([0, 1, 2], [0, 0]))

    def test_arrays_that_do_not_fit_are_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "ascend from 0"):
            Sequences(np.array([1]), np.array([0, 2]), np.array([0]))
        with self.assertRaisesRegex(ValueError, "1 sessions need 2 starts"):
            Sequences(np.array([1]), np.array([0]), np.array([0]))
