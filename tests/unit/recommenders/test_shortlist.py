"""A shortlist holds the best, however near scores are to each other; from it come the same lists as from all scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ritournelle.recommenders.ranked import Ranked
from ritournelle.recommenders.shortlist import Shortlist


@given(
    st.integers(0, 10_000),
    st.integers(1, 40),
    st.one_of(st.integers(1, 130), st.integers(64, 4_000)),  # few groups, and many
    st.sampled_from((0.0, 1e-9, 1e-6, 1.0)),
    st.sampled_from((1e-3, 1.0, 1e6)),
)
def test_the_best_are_those_of_all_scores(seed: int, k: int, tracks: int, apart: float, size: float) -> None:
    """Factors that are nearly one and the same, `apart` from each other, of any size; some tracks are left out."""
    random = np.random.default_rng(seed)
    dimensions = int(random.integers(1, 70))
    factors = size * (random.normal(size=dimensions) + apart * random.normal(size=(tracks, dimensions)))
    factors = factors.astype(np.float32).astype(np.float64)
    state = random.normal(size=dimensions)
    hidden = np.sort(random.choice(tracks, tracks // 3, replace=False))
    allowed = None if seed % 2 else random.random(tracks) < 0.7
    scores = (state @ factors.T)[None, :]
    scores[0, hidden] = -np.inf
    if allowed is not None:
        scores[:, ~allowed] = -np.inf
    expected = Ranked.best_of(scores, k)
    found = Shortlist(factors).best(state, k, hidden, allowed)
    np.testing.assert_array_equal(found.tracks, expected.tracks)
    np.testing.assert_array_equal(found.scores, expected.scores)


def test_it_is_short_where_scores_differ() -> None:
    random = np.random.default_rng(1)
    factors = random.normal(size=(20_000, 64))
    rows = Shortlist(factors).rows(random.normal(size=64), 50, np.zeros(0, dtype=np.int64), None)
    assert 50 <= len(rows) < 60


@pytest.mark.parametrize("tracks", [3, 1_000])
@pytest.mark.parametrize("left", [0, 1, 2])
def test_nothing_or_little_is_left(tracks: int, left: int) -> None:
    """Fewer than the list is long: all of them, and no more."""
    found = Shortlist(np.ones((tracks, 2))).best(np.ones(2), 3, np.arange(left, tracks), None)
    assert found.lengths.tolist() == [left]
