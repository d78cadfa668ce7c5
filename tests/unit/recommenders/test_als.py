"""ALS: its algebra, its library, and that it is worth its while."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, vstack
from threadpoolctl import threadpool_limits

from ritournelle.errors import ModelError
from ritournelle.recommenders.als import AlsConfig, AlsRecommender
from ritournelle.recommenders.contract import checkerboard, random_listens
from ritournelle.recommenders.popularity import PopularityRecommender


def block_world(seed: int, listeners: int = 300, tracks: int = 120, blocks: int = 6) -> tuple[Any, Any]:
    """Heard and hidden listens: 9 of 10 fall into the listener's own block, some tracks are popular with everybody."""
    random = np.random.default_rng(seed)
    own = (np.arange(listeners) % blocks)[:, None] == (np.arange(tracks) % blocks)[None, :]
    fame = random.pareto(2.0, tracks) + 0.3
    listened = random.random((listeners, tracks)) < np.clip(np.where(own, 0.35, 0.02) * fame, 0, 0.9)
    hidden = listened & (random.random(listened.shape) < 0.25)
    return csr_matrix(listened & ~hidden, dtype=np.float32), csr_matrix(hidden, dtype=np.float32)


def recall(model: Any, heard: Any, hidden: Any, k: int = 10) -> float:
    tracks = model.recommend(model.fold_in(heard), k, exclude=heard).tracks
    shares = [np.isin(hidden[row].indices, tracks[row]).mean() for row in range(heard.shape[0]) if hidden[row].nnz]
    return float(np.mean(shares))


WORLD = random_listens(seed=11, listeners=60, tracks=50)
MODEL = AlsRecommender(AlsConfig(factors=6, seed=1)).fit(WORLD)
histories = st.dictionaries(st.integers(0, 49), st.floats(0.125, 1000), min_size=1, max_size=25)


def as_row(history: dict[int, float]) -> Any:
    return csr_matrix((list(history.values()), ([0] * len(history), list(history))), shape=(1, 50))


@given(histories)
def test_shares_of_heard_tracks_add_up_to_the_score(history: dict[int, float]) -> None:
    heard = as_row(history)
    ranked = MODEL.recommend(MODEL.fold_in(heard), 5)
    shares = MODEL.contributions(heard, ranked.tracks)
    np.testing.assert_allclose(shares.sum(axis=0), ranked.scores[0], rtol=1e-4, atol=1e-6)


@given(histories)
def test_the_state_minimises_the_loss_of_the_paper(history: dict[int, float]) -> None:
    heard = as_row(history)
    state = MODEL.fold_in(heard)[0]
    factors, restraint = MODEL._factors, MODEL._regularization  # pylint: disable=protected-access
    confidence = np.ones(50)
    confidence[heard.indices] = 1 + 2.0 * np.log1p(heard.data)
    preference = np.zeros(50)
    preference[heard.indices] = 1.0
    gradient = factors.T @ (confidence * (factors @ state - preference)) + restraint * state
    np.testing.assert_allclose(gradient, 0, atol=1e-6)


@given(st.lists(histories, min_size=1, max_size=6), st.integers(1, 60))
@settings(max_examples=30)
def test_batch_equals_single(several: list[dict[int, float]], k: int) -> None:
    heard = csr_matrix(vstack([as_row(history) for history in several]))
    batch = MODEL.recommend(MODEL.fold_in(heard), k, exclude=heard)
    for row, history in enumerate(several):
        single = MODEL.recommend(MODEL.fold_in(as_row(history)), k, exclude=as_row(history))
        assert np.array_equal(single.tracks[0], batch.tracks[row])
        assert not set(history) & set(single.tracks[0].tolist())


class AlsQualityTest(unittest.TestCase):
    def test_beats_popularity_on_planted_tastes(self) -> None:
        for seed in range(3):
            with self.subTest(seed=seed):
                heard, hidden = block_world(seed)
                personal = recall(AlsRecommender(AlsConfig(factors=16)).fit(heard), heard, hidden)
                popular = recall(PopularityRecommender().fit(heard), heard, hidden)
                self.assertGreater(personal, 1.2 * popular)

    def test_listeners_kept_out_of_training_are_served_nearly_as_well(self) -> None:
        heard, hidden = block_world(4)
        trained = AlsRecommender(AlsConfig(factors=16)).fit(heard)
        never_seen = AlsRecommender(AlsConfig(factors=16)).fit(heard[60:])
        with_them, without = recall(trained, heard[:60], hidden[:60]), recall(never_seen, heard[:60], hidden[:60])
        self.assertGreater(without, 0.9 * with_them)

    def test_folded_in_lists_are_those_of_the_trained_factors(self) -> None:
        from implicit.cpu.als import AlternatingLeastSquares  # pylint: disable=import-outside-toplevel

        heard, _ = block_world(5)
        model = AlsRecommender(AlsConfig(factors=8, seed=2, alpha=2, weighting="binary", regularization=5)).fit(heard)
        with threadpool_limits(limits=1, user_api="blas"):
            library = AlternatingLeastSquares(factors=8, regularization=5, alpha=3, random_state=2)
            library.fit(heard, show_progress=False)
        trained = model.recommend(library.user_factors, 10, exclude=heard).tracks
        folded = model.recommend(model.fold_in(heard), 10, exclude=heard).tracks
        common = np.mean([len(set(one) & set(other)) for one, other in zip(trained, folded, strict=True)])
        self.assertGreater(common, 9.0)


class AlsConfigTest(unittest.TestCase):
    def test_few_listens_do_not_erase_the_factors(self) -> None:
        random = np.random.default_rng(0)
        rows = np.repeat(np.arange(1000), 5)
        sparse = csr_matrix((np.ones(5000), (rows, random.integers(0, 1000, 5000))), shape=(1000, 1000))
        model = AlsRecommender().fit(sparse)
        ranked = model.recommend(model.fold_in(sparse), 10, exclude=sparse)
        self.assertGreater(len(np.unique(ranked.tracks)), 500)

    def test_a_regularization_that_erases_everything_is_refused(self) -> None:
        with self.assertRaisesRegex(ModelError, "erases every pattern: the strongest in this data is"):
            AlsRecommender(AlsConfig(regularization=1000)).fit(checkerboard())

    def test_another_seed_gives_another_model(self) -> None:
        one, other = (AlsRecommender(AlsConfig(factors=4, seed=seed)).fit(WORLD).fold_in(WORLD) for seed in (1, 2))
        self.assertFalse(np.allclose(one, other))

    def test_a_warm_start_is_shorter_and_stays_near_the_former_model(self) -> None:
        config = AlsConfig(factors=4, iterations=15, warm_iterations=2, seed=1)
        cold = AlsRecommender(config).fit(WORLD)
        other = AlsRecommender(AlsConfig(factors=4, iterations=15, warm_iterations=2, seed=2))
        steps: list[tuple[int, int]] = []
        warm = other.fit(WORLD, start=cold, progress=lambda done, total: steps.append((done, total)))
        self.assertEqual(steps, [(1, 2), (2, 2)])
        ours, theirs = (model.recommend(model.fold_in(WORLD), 5).tracks for model in (warm, cold))
        shared = np.mean([len(set(one) & set(two)) for one, two in zip(ours, theirs, strict=True)]) / 5
        self.assertGreater(shared, 0.9)

    def test_a_former_model_of_another_size_is_no_start(self) -> None:
        former = AlsRecommender(AlsConfig(factors=3)).fit(WORLD)
        steps: list[tuple[int, int]] = []
        AlsRecommender(AlsConfig(factors=4, iterations=5)).fit(
            WORLD, start=former, progress=lambda done, total: steps.append((done, total))
        )
        self.assertEqual(len(steps), 5)

    def test_serving_needs_no_training_library(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "model"
            MODEL.save(folder)
            program = (
                "import sys, scipy.sparse, pathlib\n"
                "from ritournelle.recommenders.factory import load_recommender\n"
                f"model = load_recommender(pathlib.Path({str(folder)!r}))\n"
                "heard = scipy.sparse.csr_matrix(([1.0], ([0], [3])), shape=(1, 50))\n"
                "ranked = model.recommend(model.fold_in(heard), 5, exclude=heard)\n"
                "model.explain(heard, ranked.tracks)\n"
                "assert 'implicit' not in sys.modules\n"
            )
            subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})
