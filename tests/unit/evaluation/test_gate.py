"""The gate: who is let through, who is not, and in which words."""

from __future__ import annotations

import unittest
from typing import Any

import numpy as np

from ritournelle.evaluation.bootstrap import mean_interval
from ritournelle.evaluation.evaluate import Evaluation
from ritournelle.evaluation.gate import Decision, GateRules, decide

CASES = 400
FINE = {"coverage": 0.5, "identical_lists": 0.0, "empty_lists": 0.0}
POPULAR = {"coverage": 0.05, "identical_lists": 0.9, "empty_lists": 0.0}


def reached(mean: float, seed: int, lists: dict[str, float] | None = None, cases: int = CASES) -> Evaluation:
    values = np.clip(np.random.default_rng(seed).normal(mean, 0.1, cases), 0, 1)
    return Evaluation({"ndcg@20": values}, FINE if lists is None else lists)


def judged(challenger: Evaluation, champion: Evaluation | None = None, **options: Any) -> Decision:
    return decide(challenger, reached(0.2, 1, POPULAR, challenger.cases), champion, **options)


class GateTest(unittest.TestCase):
    def test_better_than_popularity_becomes_the_first_champion(self) -> None:
        decision = judged(reached(0.3, 2))
        self.assertTrue(decision.promote)
        self.assertIn("better than popularity by +0.", decision.reasons[0])

    def test_as_good_as_popularity_is_refused(self) -> None:
        decision = judged(reached(0.2, 2))
        self.assertFalse(decision.promote)
        self.assertRegex(decision.reasons[0], "not better than popularity with 95% confidence: ndcg@20 differs by")

    def test_another_family_must_be_better_than_the_champion(self) -> None:
        self.assertFalse(judged(reached(0.3, 2), reached(0.3, 3)).promote)
        self.assertTrue(judged(reached(0.35, 2), reached(0.3, 3)).promote)

    def test_the_same_family_may_follow_when_it_is_not_worse(self) -> None:
        champion = reached(0.3, 3)
        same = Evaluation(champion.per_case, FINE)
        self.assertTrue(judged(same, champion, same_family=True).promote)
        worse = Evaluation({"ndcg@20": champion.per_case["ndcg@20"] * 0.9}, FINE)
        decision = judged(worse, champion, same_family=True)
        self.assertFalse(decision.promote)
        self.assertIn("at most 2% worse than the champion", decision.reasons[0])

    def test_a_slice_that_collapses_is_named(self) -> None:
        champion, challenger = reached(0.3, 3), reached(0.5, 2)
        few = np.arange(CASES) < 100
        challenger.per_case["ndcg@20"][few] = 0.0
        decision = judged(challenger, champion, slices={"new listeners": few})
        self.assertFalse(decision.promote)
        self.assertRegex(decision.reasons[0], "^new listeners would lose")

    def test_degenerate_models_are_refused_however_good(self) -> None:
        broken = reached(0.9, 2)
        broken.per_case["ndcg@20"][3] = np.nan
        for challenger, words in (
            (broken, "not a number"),
            (reached(0.9, 2, FINE | {"identical_lists": 0.8}), "80% of the lists are one and the same"),
            (reached(0.9, 2, FINE | {"coverage": 0.05}), "1.2 times as much"),
            (reached(0.9, 2, FINE | {"empty_lists": 0.01}), "1.0% of the lists are empty"),
            (reached(0.9, 2, cases=49), "only 49 listeners"),
        ):
            with self.subTest(words=words):
                decision = judged(challenger)
                self.assertFalse(decision.promote)
                self.assertIn(words, decision.reasons[0])

    def test_other_cases_cannot_be_compared(self) -> None:
        with self.assertRaisesRegex(ValueError, "400 cases cannot be compared with 399"):
            decide(reached(0.3, 2), reached(0.3, 2, cases=399))

    def test_rules_are_settings(self) -> None:
        self.assertTrue(judged(reached(0.3, 2, cases=30), rules=GateRules(least_cases=10)).promote)


class BootstrapTest(unittest.TestCase):
    def test_covers_the_truth_about_as_often_as_it_says(self) -> None:
        random = np.random.default_rng(5)
        covered = 0
        for seed in range(200):
            interval = mean_interval(random.exponential(1.0, 150) - 1.0, seed=seed, resamples=400)
            covered += interval.low <= 0 <= interval.high
        self.assertGreaterEqual(covered, 178)
        self.assertLessEqual(covered, 199)

    def test_the_same_seed_gives_the_same_interval(self) -> None:
        values = np.random.default_rng(1).normal(size=50)
        self.assertEqual(mean_interval(values, seed=4), mean_interval(values, seed=4))

    def test_nothing_says_nothing(self) -> None:
        interval = mean_interval(np.zeros(0))
        self.assertEqual((interval.low, interval.high), (float("-inf"), float("inf")))
