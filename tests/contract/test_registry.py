"""One suite for every registry: the folder, and the folder that MLflow mirrors."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from abc import ABC, abstractmethod
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from ritournelle.errors import ModelError, RegistryUnavailableError
from ritournelle.registry.base import Registry
from ritournelle.registry.manifest import Manifest
from ritournelle.registry.mlflow import NAME, VERSION_TAG, MlflowRegistry
from ritournelle.registry.store import LocalRegistry


def a_manifest(model: str = "als") -> Manifest:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    return Manifest(
        model,
        {"seed": 1, "parts": [{"family": "als"}]},
        1,
        now,
        now,
        2,
        3,
        4,
        "abc",
        now,
        "0.1.0",
        {"numpy": "2"},
        metrics={"ndcg@20": 0.25},
        compared={"popularity": {"ndcg@20": 0.125}},
        decision={"promote": True, "reasons": ["it is better"]},
    )


def save(folder: Path) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "model.npz").write_bytes(b"factors")


class RegistryContract(ABC):
    """What every registry promises; `again` opens what `registry` wrote, as another process would."""

    registry: Registry
    folder: Path

    @abstractmethod
    def again(self) -> Registry:
        """The same registry, opened anew."""

    def registered(self, number: int) -> list[str]:
        return [self.registry.register(a_manifest(), save) for _ in range(number)]

    def test_versions_are_numbered_over_all_families(self) -> None:
        assert self.registry.versions() == [] and self.registry.champion() is None
        names = [self.registry.register(a_manifest(model), save) for model in ("als", "popularity")]
        assert names == ["als-000001", "popularity-000002"] == self.registry.versions() == self.again().versions()

    def test_a_version_comes_back_whole(self) -> None:
        (name,) = self.registered(1)
        version = self.again().load(name)
        assert (version.manifest.version, version.manifest.metrics) == (name, {"ndcg@20": 0.25})
        assert (version.folder / "model" / "model.npz").read_bytes() == b"factors"

    def test_aliases_and_promotions_are_kept(self) -> None:
        first, second = self.registered(2)
        self.registry.promote(first, "the first")
        self.registry.challenge(second)
        again = self.again()
        assert (again.champion(), again.challenger()) == (first, second)
        again.promote(second, "better")
        last = self.again()
        assert (last.champion(), last.challenger()) == (second, None)
        assert [(each.version, each.why) for each in last.promotions()] == [(first, "the first"), (second, "better")]

    def test_rollback_goes_back_once(self) -> None:
        first, second = self.registered(2)
        for version in (first, second):
            self.registry.promote(version)
        assert self.registry.rollback("it was bad") == first == self.again().champion()
        _refused(lambda: self.again().rollback(), "no sound champion before")

    def test_a_failed_registration_leaves_nothing(self) -> None:
        def fail(folder: Path) -> None:
            save(folder)
            raise ModelError("the disk is full")

        _refused(lambda: self.registry.register(a_manifest(), fail), "the disk is full")
        assert self.again().versions() == []

    def test_what_is_damaged_or_unknown_is_refused(self) -> None:
        good, bad = self.registered(2)
        self.registry.promote(good)
        (self.registry.load(bad).folder / "model" / "model.npz").write_bytes(b"?")
        for version, told in ((bad, "model.npz"), ("als-000009", "als-000009")):
            _refused(lambda version=version: self.again().load(version), told)
            _refused(lambda version=version: self.again().promote(version), told)
            _refused(lambda version=version: self.again().challenge(version), told)
        assert self.again().champion() == good


class LocalRegistryTest(RegistryContract, unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.registry = self.again()

    def again(self) -> Registry:
        return LocalRegistry(self.folder / "registry")


class MlflowRegistryTest(RegistryContract, unittest.TestCase):
    """MLflow in a SQLite file; one that is empty is copied, since making its tables takes a second."""

    empty: ClassVar[Path]

    @classmethod
    def setUpClass(cls) -> None:
        cls.empty = Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "empty.db"
        LocalRegistryAt(cls.empty.parent).mirrored(cls.empty).versions()

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.database = self.folder / "mlflow.db"
        shutil.copy(self.empty, self.database)
        self.registry = self.again()

    def again(self) -> Registry:
        return LocalRegistryAt(self.folder).mirrored(self.database)

    def client(self) -> Any:
        from mlflow import MlflowClient

        return MlflowClient(f"sqlite:///{self.database}", f"sqlite:///{self.database}")

    def test_mlflow_shows_what_was_learnt_and_reached(self) -> None:
        (version,) = self.registered(1)
        self.registry.promote(version)
        found = self.client().get_model_version_by_alias(NAME, "champion")
        self.assertEqual(found.tags[VERSION_TAG], version)
        run = self.client().get_run(found.run_id)
        self.assertEqual((run.data.params["model"], run.data.params["config.parts.0.family"]), ("als", "als"))
        self.assertEqual(run.data.metrics, {"ndcg_at_20": 0.25, "popularity/ndcg_at_20": 0.125})
        self.assertEqual((run.data.tags["reasons"], run.info.status), ("it is better", "FINISHED"))
        self.assertEqual(
            sorted(each.path for each in self.client().list_artifacts(run.info.run_id)), ["manifest.json", "model"]
        )

    def test_an_alias_that_is_moved_in_mlflow_is_followed(self) -> None:
        first, second = self.registered(2)
        self.registry.promote(second)
        self.client().set_registered_model_alias(NAME, "champion", "1")
        self.assertEqual(self.again().champion(), first)
        self.assertIn("set in MLflow", self.again().promotions()[-1].why)
        self.assertEqual(LocalRegistry(self.folder / "registry").champion(), first)

    def test_what_a_killed_run_did_not_record_is_recorded_at_the_next_use(self) -> None:
        (first,) = self.registered(1)
        self.registry.promote(first)
        local = LocalRegistry(self.folder / "registry")
        second = local.register(a_manifest(), save)
        local.promote(second)
        self.assertEqual(self.again().champion(), second)
        found = self.client().get_model_version_by_alias(NAME, "champion")
        self.assertEqual(found.tags[VERSION_TAG], second)

    def test_another_home_gets_the_champion_and_goes_on_counting(self) -> None:
        (first,) = self.registered(1)
        self.registry.promote(first)
        other = LocalRegistryAt(self.folder / "other").mirrored(self.database)
        self.assertEqual(other.champion(), first)
        self.assertEqual(other.load(first).manifest.version, first)
        self.assertEqual(other.register(a_manifest(), save), "als-000002")
        self.assertEqual(self.again().versions(), [first, "als-000002"])
        self.assertEqual(self.again().load("als-000002").manifest.version, "als-000002")

    def test_a_server_that_fails_costs_no_model(self) -> None:
        (first,) = self.registered(1)
        with closing(sqlite3.connect(self.database)) as database:
            database.execute("drop table registered_model_aliases")
        with self.assertRaisesRegex(RegistryUnavailableError, "models serve on from the folder"):
            self.again().promote(first)
        local = LocalRegistry(self.folder / "registry")
        self.assertEqual(local.load(first).manifest.version, first)

    def test_serving_does_not_import_mlflow(self) -> None:
        (first,) = self.registered(1)
        self.registry.promote(first)
        program = (
            "import sys, pathlib\nfrom ritournelle.bootstrap import Platform\nfrom ritournelle.settings import Settings\n"
            "registry = Platform(Settings(home=pathlib.Path(sys.argv[1]), registry={'url': 'sqlite:///x'}))"
            ".served_registry()\n"
            "print(registry.load(registry.champion()).manifest.version, 'mlflow' in sys.modules)"
        )
        told = subprocess.run(
            [sys.executable, "-c", program, str(self.folder)], capture_output=True, text=True, check=True
        )
        self.assertEqual(told.stdout.split(), [first, "False"])


class LocalRegistryAt:
    """A home of its own."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "registry"

    def mirrored(self, database: Path) -> MlflowRegistry:
        return MlflowRegistry(LocalRegistry(self.folder), f"sqlite:///{database}", self.folder / "mlflow")


def _refused(action: Any, told: str) -> None:
    try:
        action()
    except ModelError as error:
        assert told in str(error), error
        return
    raise AssertionError(f"not refused: {told}")
