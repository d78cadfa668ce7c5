"""Metrics against numbers worked out by hand, against scikit-learn's NDCG, and against all of ranx's."""

from __future__ import annotations

import json
import math
import unittest
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from ritournelle.evaluation.lists import describe_lists, gini, intra_list_diversity
from ritournelle.evaluation.metrics import METRICS, per_case
from ritournelle.recommenders.ranked import Ranked


def lists(*rows: list[int]) -> Ranked:
    tracks = np.array(rows, dtype=np.int64)
    scores = np.where(tracks < 0, -np.inf, -np.arange(tracks.shape[1], dtype=float)[None, :])
    return Ranked(tracks, scores.astype(np.float32))


def answers(*rows: list[int], tracks: int = 8) -> csr_matrix:
    matrix = np.zeros((len(rows), tracks), dtype=np.float32)
    for row, relevant in enumerate(rows):
        matrix[row, relevant] = 1
    return csr_matrix(matrix)


class MetricsTest(unittest.TestCase):
    def test_by_hand(self) -> None:
        values = per_case(lists([5, 2, 7, 0], [1, 0, 3, 4]), answers([2, 0, 6], [7]), (2, 4))
        found = {name: array.tolist() for name, array in values.items()}
        self.assertEqual(found["recall@2"], [1 / 3, 0])
        self.assertEqual(found["recall@4"], [2 / 3, 0])
        self.assertEqual(found["precision@4"], [0.5, 0])
        self.assertEqual(found["hit@2"], [1, 0])
        self.assertEqual(found["mrr@4"], [0.5, 0])
        ideal = 1 + 1 / math.log2(3) + 0.5
        self.assertAlmostEqual(found["ndcg@4"][0], (1 / math.log2(3) + 1 / math.log2(5)) / ideal)
        self.assertAlmostEqual(found["ndcg@2"][0], (1 / math.log2(3)) / (1 + 1 / math.log2(3)))

    def test_padding_is_no_answer(self) -> None:
        values = per_case(lists([3, -1, -1]), answers([7]), (3,))
        self.assertEqual({float(array[0]) for array in values.values()}, {0.0})

    def test_too_short_lists_are_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "lists of 3 tracks"):
            per_case(lists([1, 2, 3]), answers([1]), (3, 4))

    def test_random_lists_agree_with_scikit_learn(self) -> None:
        from sklearn.metrics import ndcg_score

        random = np.random.default_rng(3)
        scores = random.random((200, 30))
        relevant = random.random((200, 30)) < 0.15
        relevant[:, 0] |= ~relevant.any(axis=1)
        values = per_case(Ranked.best_of(scores, 10), csr_matrix(relevant, dtype=np.float32), (10,))
        ours = values["ndcg@10"]
        theirs = [ndcg_score(relevant[row : row + 1], scores[row : row + 1], k=10) for row in range(200)]
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)

    def test_random_lists_agree_with_ranx(self) -> None:
        """What ranx 0.3 said of them: see `by_ranx.py`."""
        told = json.loads(Path(__file__).with_name("by_ranx.json").read_text(encoding="utf-8"))
        values = per_case(lists(*told["lists"]), answers(*told["answers"], tracks=told["tracks"]), (1, 5, 10))
        self.assertEqual({name for name in values if name.endswith("@5")}, {f"{name}@5" for name in METRICS})
        self.assertEqual(set(values), set(told["values"]))
        for name, theirs in told["values"].items():
            with self.subTest(name):
                np.testing.assert_allclose(values[name], theirs, rtol=1e-6)

    def test_values_lie_between_0_and_1_and_a_perfect_list_has_1(self) -> None:
        values = per_case(lists([4, 1, 0]), answers([4, 1, 0]), (1, 3))
        for name in METRICS:
            self.assertEqual(values[f"{name}@3"][0], 1)
        self.assertEqual(values["ndcg@1"][0], 1)
        self.assertEqual(values["recall@1"][0], 1 / 3)


class ListsTest(unittest.TestCase):
    def test_gini(self) -> None:
        self.assertEqual(gini(np.array([2, 2, 2])), 0)
        self.assertAlmostEqual(gini(np.array([0, 0, 0, 8])), 0.75)
        self.assertEqual(gini(np.zeros(3)), 0)

    def test_described_by_hand(self) -> None:
        described = describe_lists(lists([0, 1], [1, 0], [2, -1]), 4, np.array([6, 2, 0, 0]))
        self.assertEqual(described["coverage"], 0.75)
        self.assertAlmostEqual(described["identical_lists"], 2 / 3)
        self.assertEqual(described["empty_lists"], 0)
        self.assertAlmostEqual(described["average_popularity"], (6 + 2 + 2 + 6 + 0) / 5)
        shares = [7 / 12, 3 / 12, 3 / 12, 7 / 12, 1 / 12]
        self.assertAlmostEqual(described["novelty"], float(np.mean([-math.log2(share) for share in shares])))

    def test_diversity_of_equal_and_different_tracks(self) -> None:
        features = csr_matrix(np.array([[1.0, 0], [2.0, 0], [0, 3.0], [0, 0]]))
        self.assertAlmostEqual(intra_list_diversity(lists([0, 1]), features), 0)
        self.assertAlmostEqual(intra_list_diversity(lists([0, 2]), features), 1)
        self.assertAlmostEqual(intra_list_diversity(lists([0, 1, 2]), features), 2 / 3)
