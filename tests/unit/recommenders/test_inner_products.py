"""The fast way to the highest inner products finds what looking at every track finds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse import random as random_sparse

from ritournelle.recommenders.als import AlsConfig, AlsRecommender
from ritournelle.recommenders.base import MANY
from ritournelle.recommenders.inner_products import InnerProducts
from ritournelle.recommenders.ranked import NO_TRACK, Ranked

LISTENERS, TRACKS, DIMENSIONS = 500, 700, 8


def factors(seed: int, rows: int, spread: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (random.normal(size=(rows, DIMENSIONS)) * random.lognormal(0, spread, (rows, 1))).astype(np.float32)


def every_track(tracks: np.ndarray, states: np.ndarray, k: int, hidden: csr_matrix, allowed: np.ndarray) -> Ranked:
    scores = states.astype(np.float64) @ tracks.T.astype(np.float64)
    scores[:, ~allowed] = -np.inf
    scores[hidden.toarray() > 0] = -np.inf
    return Ranked.best_of(scores, k)


@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("k", [1, 20, 700, 900])
def test_finds_what_looking_at_every_track_finds(spread: float, k: int) -> None:
    tracks, states = factors(1, TRACKS, spread), factors(2, LISTENERS, 1.0)
    hidden = csr_matrix(random_sparse(LISTENERS, TRACKS, 0.3, random_state=3, dtype=np.float32))
    allowed = np.random.default_rng(4).random(TRACKS) < 0.8
    found = InnerProducts(tracks, allowed).best(states, k, hidden)
    wanted = every_track(tracks, states, k, hidden, allowed)
    assert np.array_equal(found.lengths, wanted.lengths)
    np.testing.assert_allclose(found.scores, wanted.scores, rtol=1e-4, atol=1e-3)
    assert np.mean(found.tracks == wanted.tracks) > 0.999


def test_equal_scores_are_in_the_order_of_tracks() -> None:
    tracks = np.repeat(factors(1, 10, 0.0), 30, axis=0)
    found = InnerProducts(tracks).best(factors(2, 300, 1.0), 45)
    for row in range(300):
        same = np.diff(found.scores[row]) == 0
        assert np.all(np.diff(found.tracks[row])[same] > 0)


def test_nothing_to_find_is_padding() -> None:
    tracks = factors(1, 20, 0.0)
    nothing = InnerProducts(tracks, np.zeros(20, dtype=np.bool_)).best(factors(2, 5, 0.0), 3)
    everything_heard = InnerProducts(tracks).best(factors(2, 5, 0.0), 3, csr_matrix(np.ones((5, 20))))
    for found in (nothing, everything_heard):
        assert np.all(found.tracks == NO_TRACK) and np.all(np.isneginf(found.scores))


def test_many_listeners_get_what_each_alone_gets() -> None:
    heard = csr_matrix(random_sparse(MANY + 50, 300, 0.05, random_state=5, dtype=np.float32))
    heard.data += 0.5
    model = AlsRecommender(AlsConfig(factors=16, seed=3)).fit(heard)
    together = model.recommend(model.fold_in(heard), 20, exclude=heard)
    alone = Ranked.stacked(
        [model.recommend(model.fold_in(heard[row]), 20, exclude=heard[row]) for row in range(heard.shape[0])]
    )
    np.testing.assert_allclose(together.scores, alone.scores, rtol=1e-3, atol=1e-4)
    assert np.mean(together.tracks == alone.tracks) > 0.99


def test_a_long_history_is_folded_in_by_its_heaviest_tracks() -> None:
    heard = csr_matrix(random_sparse(60, 300, 0.2, random_state=5, dtype=np.float32))
    heard.data += 0.5
    model = AlsRecommender(AlsConfig(factors=8, fold_in_tracks=10)).fit(heard)
    (listener,) = [heard[7]]
    heaviest = np.sort(np.argsort(-listener.data, kind="stable")[:10])
    short = csr_matrix((listener.data[heaviest], (np.zeros(10, dtype=int), listener.indices[heaviest])), shape=(1, 300))
    np.testing.assert_array_equal(model.fold_in(listener), model.fold_in(short))
    np.testing.assert_array_equal(model.fold_in(heard)[7], model.fold_in(short)[0])
    (carriers,) = model.explain(listener, [[3]], limit=300)
    assert set(carriers.tracks[0]) <= {NO_TRACK, *short.indices}
