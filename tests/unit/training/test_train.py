"""Training: from the material to a version, and to a champion only by evidence."""

from __future__ import annotations

import tempfile
import unittest
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ritournelle.errors import ModelError, NothingToLearnError, SettingsError
from ritournelle.evaluation.gate import GateRules
from ritournelle.evaluation.splitting import SplitRules
from ritournelle.recommenders.factory import load_recommender
from ritournelle.registry.contents import write_track_ids
from ritournelle.registry.manifest import Manifest
from ritournelle.registry.store import LocalRegistry
from ritournelle.training.dataset import training_data
from ritournelle.training.fitting import fit_candidate
from ritournelle.training.material import Material
from ritournelle.training.plans import FAMILIES, plan_of
from ritournelle.training.quality import quality_rows
from ritournelle.training.registered import candidate_of
from ritournelle.training.reproduce import reproduce
from ritournelle.training.rules import TrainingRules
from ritournelle.training.candidate import Candidate
from ritournelle.training.train import TrainingOutcome, train

NOW = datetime(2024, 6, 1, 3, tzinfo=UTC)
UTC_MICROSECONDS = pa.timestamp("us", "UTC")


def mart(seed: int = 0, rows: int = 400) -> pa.Table:
    random = np.random.default_rng(seed)
    pairs = np.unique(np.stack([random.integers(1, 60, rows), random.integers(500, 560, rows)], axis=1), axis=0)
    days = random.integers(1, 90, len(pairs)).tolist()
    return pa.table(
        {
            "user_id": pairs[:, 0],
            "track_id": pairs[:, 1],
            "plays": random.integers(1, 9, len(pairs)),
            "weight": random.uniform(0.1, 5, len(pairs)),
            "last_listened_at": pa.array([NOW - timedelta(days=day) for day in days], UTC_MICROSECONDS),
        }
    )


def without_rows(table: pa.Table) -> pa.Table:
    return table.slice(0, 0)


class TrainingDataTest(unittest.TestCase):
    def test_one_entry_per_row(self) -> None:
        table = mart()
        data = training_data(table)
        self.assertEqual(data.matrix.nnz, table.num_rows)
        self.assertAlmostEqual(float(data.matrix.sum()), sum(table.column("weight").to_pylist()), places=1)

    def test_row_order_does_not_matter(self) -> None:
        backwards = mart().take(pa.array(range(mart().num_rows - 1, -1, -1)))
        self.assertEqual(training_data(backwards).content_hash, training_data(mart()).content_hash)

    def test_an_empty_mart_is_refused(self) -> None:
        with self.assertRaisesRegex(NothingToLearnError, "holds no interactions"):
            training_data(without_rows(mart()))

    def test_a_mart_that_cannot_be_learnt_from_is_refused(self) -> None:
        place = mart().column_names.index("weight")
        broken = {
            "lacks the columns weight": mart().drop_columns(["weight"]),
            "nulls in weight": mart().set_column(place, "weight", pa.nulls(mart().num_rows, pa.float64())),
            "finite": mart().set_column(place, "weight", pa.array([float("nan")] * mart().num_rows)),
        }
        for message, table in broken.items():
            with self.subTest(message=message), self.assertRaisesRegex(ModelError, message):
                training_data(table)


SCENES, LISTENERS, TRACKS = 6, 400, 240


def material(seed: int = 0, *, scenes: int = SCENES, listeners: int = LISTENERS) -> Material:
    """Each listener hears 8 tracks of one of the scenes, all at one moment; one scene means by chance alone."""
    random = np.random.default_rng(seed)
    each = TRACKS // scenes
    pairs = [
        (1 + listener, 500 + int(track) + each * (listener % scenes))
        for listener in range(listeners)
        for track in sorted(random.choice(each, 8, replace=False))
    ]
    users, tracks = (np.array(column) for column in zip(*pairs, strict=True))
    moments = pa.array([NOW - timedelta(days=1)] * len(pairs), UTC_MICROSECONDS)
    listens = pa.table({"user_id": users, "track_id": tracks, "listened_at": moments})
    marts = pa.table({"user_id": users, "track_id": tracks, "weight": np.ones(len(users)), "last_listened_at": moments})
    nothing = pa.nulls(TRACKS, pa.string())
    catalogue = {"track_id": np.arange(500, 500 + TRACKS), "artist": nothing, "album": nothing, "genres": nothing}
    return Material.of(marts, listens, pa.table(catalogue))


RULES = TrainingRules(plan_of("item_knn"), SplitRules(seed=5))


class RegistryTestCase(unittest.TestCase):
    """An empty registry, and training into it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.registry = LocalRegistry(self.folder)

    def train(
        self, data: Material | None = None, rules: TrainingRules = RULES, days: float = 0, **more: Any
    ) -> TrainingOutcome:
        now = NOW + timedelta(days=days)
        return train(data or material(), rules, registry=self.registry, now=now, **more)

    def manifest(self, outcome: TrainingOutcome) -> Manifest:
        assert outcome.manifest is not None
        return outcome.manifest


class TrainTest(RegistryTestCase):
    def test_taste_is_promoted_with_its_evidence(self) -> None:
        outcome = self.train()
        manifest = self.manifest(outcome)
        self.assertTrue(outcome.trained and outcome.promoted)
        self.assertRegex(str(outcome), "trained item_knn-000001: promoted: better than popularity by .* ndcg@20")
        self.assertEqual(self.registry.champion(), "item_knn-000001")
        self.assertEqual((manifest.model, manifest.seed, manifest.trained_at), ("item_knn", 5, NOW))
        self.assertEqual((manifest.n_users, manifest.n_tracks), (LISTENERS, TRACKS))
        self.assertTrue(manifest.decision["promote"])
        self.assertGreater(manifest.metrics["ndcg@20"], manifest.compared["popularity"]["ndcg@20"])
        self.assertIn("ndcg@20 of light listeners", manifest.metrics)
        self.assertEqual([trial["family"] for trial in manifest.tried], ["item_knn"])
        self.assertEqual((manifest.data_from, manifest.data_to), (NOW - timedelta(days=1),) * 2)
        self.assertEqual(set(manifest.library_versions), {"implicit", "numpy", "scipy"})
        (promotion,) = self.registry.promotions()
        self.assertEqual(promotion.why, "; ".join(manifest.decision["reasons"]))

    def test_chance_is_refused_and_nobody_serves(self) -> None:
        outcome = self.train(material(scenes=1))
        self.assertTrue(outcome.trained and not outcome.promoted)
        self.assertIn("refused: not better than popularity", outcome.why)
        self.assertIn("popular tracks are served", outcome.why)
        self.assertEqual((self.registry.champion(), self.registry.challenger()), (None, "item_knn-000001"))
        again = self.train(material(scenes=1))
        self.assertFalse(again.trained)
        self.assertIn("which was refused: not better than popularity", again.why)

    def test_nothing_changed_trains_nothing(self) -> None:
        self.train()
        outcome = self.train(days=30)
        self.assertEqual((outcome.trained, outcome.promoted), (False, False))
        self.assertEqual(str(outcome), "kept item_knn-000001: data and rules are those of item_knn-000001")
        self.assertEqual(self.registry.versions(), ["item_knn-000001"])

    def test_the_same_data_and_seed_give_the_same_files(self) -> None:
        first = self.manifest(self.train())
        self.registry = LocalRegistry(self.folder / "another")
        self.assertEqual(self.manifest(self.train()).files, first.files)

    def test_between_two_choices_the_champions_family_learns_on(self) -> None:
        rules = TrainingRules(plan_of("als", options={"als": {"factors": 8}}), SplitRules(seed=5))
        first = self.manifest(self.train(rules=rules))
        second = self.train(material(1), rules, days=6)
        self.assertTrue(second.promoted, second.why)
        self.assertEqual(self.manifest(second).started_from, first.version)
        self.assertEqual(self.manifest(second).tried, ())
        third = self.manifest(self.train(material(2), rules, days=7))
        self.assertIsNone(third.started_from)
        self.assertEqual([trial["family"] for trial in third.tried], ["als"])

    def test_new_rules_are_chosen_by_at_once(self) -> None:
        self.train()
        outcome = self.train(rules=TrainingRules(plan_of("ease"), SplitRules(seed=5)))
        manifest = self.manifest(outcome)
        self.assertEqual((manifest.model, len(manifest.tried)), ("ease", 1))
        self.assertIn("item_knn-000001", manifest.compared)

    def test_a_worse_challenger_does_not_serve(self) -> None:
        self.train()
        worse = TrainingRules(plan_of("als", options={"als": {"factors": 3}}), SplitRules(seed=5))
        outcome = self.train(rules=worse)
        self.assertFalse(outcome.promoted)
        self.assertIn("not better than the champion", outcome.why)
        self.assertIn("item_knn-000001 goes on serving", outcome.why)
        self.assertEqual((self.registry.champion(), self.registry.challenger()), ("item_knn-000001", "als-000002"))

    def test_all_families_compete(self) -> None:
        outcome = self.train(rules=TrainingRules(split=SplitRules(seed=5)))
        self.assertLessEqual(set(FAMILIES), {trial["family"] for trial in self.manifest(outcome).tried})

    def test_what_a_killed_run_did_not_promote_is_promoted(self) -> None:
        self.train()
        (self.folder / "champion.json").unlink()
        outcome = self.train()
        self.assertEqual((outcome.trained, outcome.promoted), (False, True))
        self.assertIn("did not come to promote", outcome.why)
        self.assertEqual(self.registry.champion(), "item_knn-000001")

    def test_what_was_rolled_back_stays_so(self) -> None:
        first = self.manifest(self.train()).version
        second = self.manifest(self.train(material(1), days=1)).version
        self.assertEqual(self.registry.rollback(), first)
        outcome = self.train(material(1), days=2)
        self.assertFalse(outcome.trained or outcome.promoted)
        self.assertEqual((self.registry.champion(), self.registry.versions()), (first, [first, second]))

    def test_a_corrupt_champion_is_replaced(self) -> None:
        self.train()
        (self.folder / "versions/item_knn-000001/model/model.npz").write_bytes(b"?")
        outcome = self.train()
        self.assertTrue(outcome.promoted)
        self.assertEqual(self.registry.champion(), "item_knn-000002")

    def test_a_corrupt_pointer_is_written_anew(self) -> None:
        self.train()
        (self.folder / "champion.json").write_bytes(b"?")
        self.assertTrue(self.train().promoted)
        self.assertEqual(self.registry.champion(), "item_knn-000001")

    def test_too_few_listeners_decide_nothing(self) -> None:
        outcome = self.train(material(listeners=40))
        self.assertIn("only 40 listeners could be asked; 50 are needed", outcome.why)
        self.assertEqual(self.registry.champion(), None)
        lenient = TrainingRules(RULES.plan, RULES.split, GateRules(least_cases=40))
        self.assertTrue(self.train(material(listeners=40), lenient).promoted)

    def test_nothing_to_learn_keeps_the_champion(self) -> None:
        self.train()
        data = material()
        empty = pa.table({name: pa.array([], kind) for name, kind in (("user_id", pa.int64()),)})
        with self.assertRaises(NothingToLearnError):
            Material.of(mart().slice(0, 0), empty, pa.table({"track_id": data.past.tracks.ids}))
        self.assertEqual(self.registry.champion(), "item_knn-000001")

    def test_an_unknown_model_or_option_is_refused(self) -> None:
        with self.assertRaisesRegex(SettingsError, "known: .*als"):
            plan_of("oracle")
        with self.assertRaisesRegex(SettingsError, "colour"):
            plan_of(options={"als": {"colour": "red"}})

    def test_the_version_holds_what_it_says(self) -> None:
        manifest = self.manifest(self.train())
        loaded = load_recommender(self.registry.load(manifest.version).folder / "model")
        again = fit_candidate(material(), candidate_of(manifest), manifest.seed)
        for name, array in again.arrays().items():
            np.testing.assert_allclose(loaded.arrays()[name], array, rtol=1e-6)

    def test_progress_says_what_is_done(self) -> None:
        steps: list[tuple[int, int, str]] = []
        self.train(progress=lambda *step: steps.append(step))
        told = [what for _, _, what in steps]
        self.assertEqual(list(dict.fromkeys(told)), ["choose item_knn", "judge item_knn", "fit item_knn"])
        self.assertEqual(steps[-1][0], steps[-1][1])


class ReproduceTest(RegistryTestCase):
    """`reproduce`, on what `train` registered."""

    def test_a_version_comes_out_the_same(self) -> None:
        rules = TrainingRules(plan_of("als", options={"als": {"factors": 8}}), SplitRules(seed=5))
        first = self.manifest(self.train(rules=rules)).version
        second = self.manifest(self.train(material(1), rules, days=1))
        self.assertEqual(second.started_from, first)
        for version, seed in ((first, 0), (second.version, 1)):
            found = reproduce(self.registry, version, material(seed))
            self.assertTrue(found.is_within(1e-6), found)
            self.assertGreater(found.numbers, 8 * TRACKS)

    def test_other_data_is_nothing_to_compare_with(self) -> None:
        version = self.manifest(self.train()).version
        with self.assertRaisesRegex(ModelError, "was trained on other data"):
            reproduce(self.registry, version, material(1))

    def test_a_model_that_is_not_what_its_manifest_says_is_found(self) -> None:
        manifest = self.manifest(self.train())
        other = fit_candidate(material(), Candidate("item_knn", {"shrinkage": 33.0}), 5)

        def save(folder: Path) -> None:
            other.save(folder / "model")
            write_track_ids(folder, material().past.tracks)

        version = self.registry.register(manifest, save)
        self.assertFalse(reproduce(self.registry, version, material()).is_within(1e-6))


class QualityTest(RegistryTestCase):
    """`quality_rows`: the evidence as rows."""

    def test_every_role_slice_and_metric_is_a_row(self) -> None:
        first = self.manifest(self.train())
        rules = TrainingRules(plan_of("ease"), SplitRules(seed=5))
        rows = quality_rows(self.manifest(self.train(rules=rules))).to_pylist()
        by = {(row["role"], row["slice"], row["metric"]): row for row in rows}
        self.assertEqual(len(by), len(rows))
        self.assertEqual({row["role"] for row in rows}, {"challenger", "champion", "popularity"})
        champion = by["champion", "all", "ndcg@20"]
        self.assertEqual((champion["model_version"], champion["family"]), (first.version, "item_knn"))
        self.assertAlmostEqual(champion["value"], first.metrics["ndcg@20"])
        self.assertEqual(champion["cases"], LISTENERS)
        self.assertEqual(by["popularity", "all", "coverage"]["model_version"], None)
        self.assertIn(("challenger", "tail tracks", "recall@20"), by)

    def test_who_was_never_judged_has_none(self) -> None:
        manifest = replace(self.manifest(self.train()), metrics={}, compared={}, decision={})
        self.assertEqual(quality_rows(manifest).num_rows, 0)


class RecipeTest(unittest.TestCase):
    def test_equal_rules_have_one_recipe(self) -> None:
        self.assertEqual(TrainingRules().recipe, TrainingRules(choose_every=timedelta(days=1)).recipe)
        others = [
            TrainingRules(plan_of("als")),
            TrainingRules(split=SplitRules(seed=1)),
            TrainingRules(gate=GateRules(confidence=0.9)),
            TrainingRules(plan_of(options={"als": {"factors": 8}})),
        ]
        self.assertEqual(len({rules.recipe for rules in (TrainingRules(), *others)}), 5)

    def test_candidates_of_a_manifest_are_those_it_was_made_from(self) -> None:
        config = Candidate("item_knn", {"neighbours": 7}).create(3).config
        before = Candidate("item_knn", config.model_dump(mode="json"))
        self.assertEqual(before.create(9).config, config)
