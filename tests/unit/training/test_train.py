"""Training: from the interactions mart to a champion, and only when something changed."""

from __future__ import annotations

import tempfile
import unittest
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ritournelle.errors import ModelError, NothingToLearnError, SettingsError
from ritournelle.recommenders.factory import load_recommender
from ritournelle.registry.store import LocalRegistry
from ritournelle.training.dataset import training_data
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
    def test_window_and_matrix(self) -> None:
        table = mart()
        data = training_data(table)
        moments = table.column("last_listened_at").to_pylist()
        self.assertEqual((data.first_listened_at, data.last_listened_at), (min(moments), max(moments)))
        self.assertEqual(data.interactions.matrix.nnz, table.num_rows)
        self.assertEqual(data.first_listened_at.tzinfo, UTC)

    def test_the_window_begins_with_the_first_listen_if_known(self) -> None:
        first = pa.array([datetime(2020, 1, 1, tzinfo=UTC)] * mart().num_rows, UTC_MICROSECONDS)
        data = training_data(mart().append_column("first_listened_at", first))
        self.assertEqual(data.first_listened_at, datetime(2020, 1, 1, tzinfo=UTC))

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


class TrainTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.registry = LocalRegistry(self.folder)

    def train(self, table: pa.Table | None = None, model_name: str = "als", **options: Any) -> TrainingOutcome:
        options = {"factors": 4, "seed": 5, **options} if model_name == "als" else options
        table = mart() if table is None else table
        return train(table, model_name=model_name, registry=self.registry, now=NOW, options=options)

    def test_the_first_model_becomes_champion(self) -> None:
        outcome = self.train()
        self.assertTrue(outcome.trained)
        self.assertEqual(outcome.why, "there is no champion yet")
        self.assertEqual(self.registry.champion(), "als-000001")
        manifest = outcome.manifest
        self.assertEqual((manifest.model, manifest.seed, manifest.trained_at), ("als", 5, NOW))
        self.assertEqual(manifest.config["factors"], 4)
        self.assertEqual(manifest.n_interactions, mart().num_rows)
        self.assertEqual(set(manifest.library_versions), {"implicit", "numpy", "scipy"})

    def test_nothing_changed_trains_nothing(self) -> None:
        self.train()
        outcome = self.train()
        self.assertFalse(outcome.trained)
        self.assertEqual(outcome.why, "data and config are those of als-000001")
        self.assertEqual(outcome.manifest.version, "als-000001")
        self.assertEqual(self.registry.versions(), ["als-000001"])

    def test_what_changed_is_named(self) -> None:
        self.train()
        self.assertEqual(self.train(mart(seed=1)).why, "the data changed since als-000001")
        self.assertEqual(self.train(mart(seed=1), seed=6).why, "its config changed since als-000002")
        self.assertEqual(self.train(mart(seed=2), seed=7).why, "its config and the data changed since als-000003")
        self.assertEqual(self.train(mart(seed=2), "popularity").why, "the model changed since als-000004")
        self.assertEqual(self.registry.champion(), "popularity-000005")

    def test_the_same_data_and_seed_give_the_same_files(self) -> None:
        first = self.train().manifest
        self.registry = LocalRegistry(self.folder / "another")
        self.assertEqual(self.train().manifest.files, first.files)

    def test_a_corrupt_champion_is_replaced(self) -> None:
        for path, name in (("versions/als-000001/model/model.npz", "model.npz"), ("champion.json", "champion.json")):
            self.train()
            (self.folder / path).write_bytes(b"?")
            outcome = self.train()
            with self.subTest(path=path):
                self.assertTrue(outcome.trained)
                self.assertRegex(outcome.why, f"the champion cannot be used: .*{name}")
                self.assertEqual(self.registry.champion(), outcome.manifest.version)

    def test_nothing_to_learn_keeps_the_champion(self) -> None:
        self.train()
        with self.assertRaises(NothingToLearnError):
            self.train(without_rows(mart()))
        self.assertEqual(self.registry.champion(), "als-000001")

    def test_an_unknown_model_is_refused(self) -> None:
        with self.assertRaisesRegex(SettingsError, "known: als"):
            self.train(model_name="oracle")

    def test_the_model_lies_where_it_is_looked_for(self) -> None:
        self.train()
        self.assertEqual(load_recommender(self.registry.load("als-000001").folder / "model").name, "als")

    def test_progress_is_passed_on(self) -> None:
        steps: list[tuple[int, int]] = []
        options = {"factors": 2, "iterations": 3}
        train(
            mart(),
            model_name="als",
            registry=self.registry,
            now=NOW,
            options=options,
            progress=lambda *step: steps.append(step),
        )
        self.assertEqual(steps, [(1, 3), (2, 3), (3, 3)])
