"""Answers are found at the places where the whole ranking has them, ties and hidden tracks included."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from ritournelle.evaluation.metrics import per_case
from ritournelle.evaluation.places import places_of
from ritournelle.recommenders.ranked import Ranked


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(2, 30), st.integers(1, 35), st.integers(1, 50))
def test_metrics_are_those_of_the_whole_ranking(seed: int, cases: int, tracks: int, k: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    scores = (random.integers(0, levels, (cases, tracks)) / 7).astype(np.float32)
    scores[random.random(scores.shape) < 0.2] = -np.inf
    answers = random.random(scores.shape) < 0.2
    answers[np.arange(cases), random.integers(0, tracks, cases)] = True
    relevant = csr_matrix(answers)
    ranked, found = Ranked.best_of(scores.copy(), k), places_of(relevant, scores, k)
    of_all, of_answers = per_case(ranked, relevant, (k,)), per_case(found, relevant, (k,))
    for name, values in of_all.items():
        np.testing.assert_array_equal(of_answers[name], values, err_msg=name)
    listed = found.tracks >= 0
    np.testing.assert_array_equal(found.tracks[listed], ranked.tracks[listed])
