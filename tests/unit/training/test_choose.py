"""Choosing: searches are bounded and resumable, the best wins, and chance finds nothing to promote."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from ritournelle.domain.interactions import IdMap
from ritournelle.evaluation.evaluate import evaluate
from ritournelle.evaluation.gate import Decision, decide
from ritournelle.evaluation.listens import Listens
from ritournelle.evaluation.splitting import SplitRules, split
from ritournelle.evaluation.window import Window
from ritournelle.recommenders.ease import EaseRecommender
from ritournelle.recommenders.search_space import Between, OneOf
from ritournelle.training.choose import Plan, choose
from ritournelle.domain.content import content_matrix
from ritournelle.training.candidate import Candidate
from ritournelle.training.fitted import FittedModels
from ritournelle.training.narrowed import of_most_heard
from ritournelle.training.selection import Goal, Trial, attempt, compare
from ritournelle.training.tuning import Budget, tune

GOAL = Goal("ndcg", 20)


def world(seed: int, scenes: int, listeners: int = 400, tracks: int = 240) -> Listens:
    """Each listener hears 8 tracks, from one of the scenes; one scene means by chance alone."""
    random = np.random.default_rng(seed)
    each = tracks // scenes
    mine = random.integers(scenes, size=listeners)
    heard = np.array([random.choice(each, 8, replace=False) + scene * each for scene in mine])
    who = np.repeat(np.arange(listeners), 8)
    return Listens(who, heard.ravel(), np.zeros(len(who), dtype=np.int64), (listeners, tracks))


def windows(seed: int, scenes: int) -> tuple[Window, Window]:
    parts = split(world(seed, scenes), SplitRules(seed=seed))
    return parts.choosing, parts.judging


def verdict(seed: int, scenes: int) -> Decision:
    choosing, judging = windows(seed, scenes)
    plan = Plan(tuple(Candidate(family) for family in ("popularity", "item_knn", "ease")), blend_of=0)
    winner = choose(choosing, plan, GOAL).winner.candidate
    asked = [
        evaluate(candidate.create(seed).fit(judging.interactions, side=judging.side), judging.cases, ks=(20,))
        for candidate in (winner, Candidate("popularity"))
    ]
    return decide(*asked)


class ChooseTest(unittest.TestCase):
    def test_taste_is_promoted_and_chance_is_refused(self) -> None:
        self.assertTrue(all(verdict(seed, 6).promote for seed in range(5)))
        refused = [verdict(seed, 1) for seed in range(10)]
        self.assertLessEqual(sum(decision.promote for decision in refused), 1)

    def test_the_best_wins_and_the_blend_is_among_them(self) -> None:
        choosing, _ = windows(1, 6)
        plan = Plan((Candidate("popularity"), Candidate("item_knn"), Candidate("als", {"factors": 8})))
        choice = choose(choosing, plan, GOAL)
        scores = [trial.score for trial in choice.trials]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual(choice.winner, choice.trials[0])
        self.assertGreater(choice.winner.score, attempt(choosing, Candidate("popularity"), GOAL).score)
        again = choose(choosing, plan, GOAL)
        self.assertEqual(again.winner.candidate, choice.winner.candidate)

    def test_a_candidate_that_cannot_be_fitted_is_last_and_says_why(self) -> None:
        choosing, _ = windows(1, 6)
        trials = compare(choosing, [Candidate("ease", {"most_tracks": 5}), Candidate("popularity")], GOAL)
        self.assertEqual([trial.candidate.family for trial in trials], ["popularity", "ease"])
        self.assertIn("most_tracks", trials[1].problem)


class Costly(EaseRecommender):
    """EASE, for which more than 100 tracks are many."""

    name: ClassVar[str] = "costly"
    searched_on: ClassVar[int] = 100


class TuneTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.journal = Path(folder.name) / "tuning" / "journal.log"
        self.window = windows(2, 6)[0]

    def tuned(self, trials: int, journal: Path | None = None) -> tuple[Trial, list[Trial]]:
        seen: list[Trial] = []
        best = tune(self.window, "item_knn", GOAL, Budget(trials), journal=journal, on_trial=seen.append)
        return best, seen

    def test_never_below_the_defaults_and_within_the_budget(self) -> None:
        best, seen = self.tuned(6)
        self.assertEqual(len(seen), 6)
        self.assertEqual(best.score, max(trial.score for trial in seen))
        self.assertAlmostEqual(seen[0].score, attempt(self.window, Candidate("item_knn"), GOAL).score)
        self.assertEqual([trial.score for trial in self.tuned(6)[1]], [trial.score for trial in seen])

    def test_goes_on_where_it_ended(self) -> None:
        _, first = self.tuned(3, self.journal)
        best, rest = self.tuned(5, self.journal)
        self.assertEqual((len(first), len(rest)), (3, 2))
        self.assertEqual(best.score, max(trial.score for trial in first + rest))
        self.assertEqual(self.tuned(5, self.journal)[1], [])

    def test_the_best_model_is_kept_and_the_others_are_forgotten(self) -> None:
        models = FittedModels(self.window, GOAL.seed)
        best = tune(self.window, "item_knn", GOAL, Budget(4), models=models)
        model = models.of(best.candidate)
        self.assertIs(models.of(best.candidate), model)
        self.assertEqual(len(models), 1)

    def test_a_costly_family_is_searched_for_on_the_most_heard_tracks(self) -> None:
        seen: list[Trial] = []
        best = tune(self.window, f"{__name__}:Costly", GOAL, Budget(3), on_trial=seen.append)
        small = of_most_heard(self.window, Costly.searched_on)
        self.assertEqual([len(small.cases), small.interactions.shape[1]], [small.cases.heard.shape[0], 100])
        self.assertEqual(seen[-1], best)
        self.assertEqual(best.candidate, max(seen[:-1], key=lambda trial: trial.score).candidate)
        self.assertEqual(seen[0].score, attempt(small, Candidate("ease"), GOAL).score)
        self.assertEqual(best.score, attempt(self.window, best.candidate, GOAL).score)

    def test_minutes_end_a_search(self) -> None:
        seen: list[Trial] = []
        tune(self.window, "item_knn", GOAL, Budget(50, minutes=1e-9), on_trial=seen.append)
        self.assertEqual(len(seen), 1)

    def test_spaces_are_bounded(self) -> None:
        for low, high, log in ((2, 2, False), (3, 1, False), (0, 1, True)):
            with self.assertRaises(ValueError):
                Between(low, high, log)
        with self.assertRaises(ValueError):
            OneOf(())


class ContentMatrixTest(unittest.TestCase):
    def test_what_tracks_share_is_a_feature(self) -> None:
        catalogue = pa.table(
            {
                "track_id": [30, 10, 20, 99],
                "artist": ["Nina", "nina ", "Bob", "Nina"],
                "album": ["One", None, "Two", "One"],
                "genres": ["soul, jazz", "Jazz", "rock", "soul"],
            }
        )
        matrix = content_matrix(catalogue, IdMap.of([10, 20, 30]))
        self.assertEqual(matrix.shape, (3, 2))
        self.assertEqual(np.asarray(matrix.sum(axis=1)).ravel().tolist(), [2, 0, 2])

    def test_features_are_numbered_as_they_come(self) -> None:
        """Sets of texts have another order in every process; the same catalogue must hash equally in each."""
        words = [f"word{number}" for number in range(20)]
        nothing = pa.nulls(2, pa.string())
        genres = [" ".join(words), " ".join(reversed(words))]
        catalogue = pa.table({"track_id": [1, 2], "artist": nothing, "album": nothing, "genres": genres})
        matrix = csr_matrix(content_matrix(catalogue.slice(0, 2), IdMap.of([1, 2])))
        tagged = pa.table(
            {"track_id": [1, 2, 3], "artist": [None] * 3, "album": [None] * 3, "genres": [*genres, words[7]]}
        )
        third = csr_matrix(content_matrix(tagged, IdMap.of([1, 2, 3])))[2]
        self.assertEqual((matrix.shape, third.indices.tolist()), ((2, 20), [7]))

    def test_nothing_is_known(self) -> None:
        columns = {name: pa.array([], pa.string()) for name in ("artist", "album", "genres")}
        matrix = content_matrix(pa.table({"track_id": pa.array([], pa.int64()), **columns}), IdMap.of([1, 2]))
        self.assertEqual(csr_matrix(matrix).nnz, 0)
