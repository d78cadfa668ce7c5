"""The local registry: versions that appear whole or not at all, and one champion."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ritournelle.domain.interactions import IdMap
from ritournelle.errors import ModelError
from ritournelle.registry.contents import read_track_ids, write_track_ids
from ritournelle.registry.manifest import Manifest
from ritournelle.registry.store import LocalRegistry

moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
manifests = st.builds(
    Manifest,
    model=st.sampled_from(["als", "item_knn"]),
    config=st.dictionaries(st.text(), st.none() | st.integers() | st.floats(allow_nan=False) | st.text()),
    seed=st.integers(0),
    data_from=st.none() | moments,
    data_to=st.none() | moments,
    trained_at=moments,
    library_versions=st.dictionaries(st.text(), st.text()),
    files=st.dictionaries(st.text(), st.text()),
    metrics=st.dictionaries(st.text(), st.floats(allow_nan=False)),
    tried=st.lists(st.dictionaries(st.text(), st.integers())).map(tuple),
    started_from=st.none() | st.text(),
)


@given(manifests)
def test_manifest_survives_json(manifest: Manifest) -> None:
    assert Manifest.from_json(manifest.to_json()) == manifest


def a_manifest(model: str = "als") -> Manifest:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    return Manifest(model, {"seed": 1}, 1, now, now, 2, 3, 4, "abc", now, "0.1.0", {"numpy": "2"})


def save(folder: Path) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "model.npz").write_bytes(b"factors")
    write_track_ids(folder, IdMap.of([3, 1]))


class LocalRegistryTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "registry"
        self.registry = LocalRegistry(self.folder)

    def test_a_new_registry_is_empty(self) -> None:
        self.assertEqual(self.registry.versions(), [])
        self.assertIsNone(self.registry.champion())

    def test_numbers_grow_over_all_families(self) -> None:
        names = [self.registry.register(a_manifest(model), save) for model in ("als", "popularity", "als")]
        self.assertEqual(names, ["als-000001", "popularity-000002", "als-000003"])
        self.assertEqual(self.registry.versions(), names)

    def test_a_version_comes_back_as_registered(self) -> None:
        name = self.registry.register(a_manifest(), save)
        version = self.registry.load(name)
        self.assertEqual(version.manifest.version, name)
        self.assertEqual(version.manifest.config, {"seed": 1})
        self.assertEqual(set(version.manifest.files), {"model/model.npz", "track_ids.npy"})
        self.assertEqual(read_track_ids(version.folder), IdMap.of([1, 3]))

    def registered(self, number: int) -> list[str]:
        return [self.registry.register(a_manifest(), save) for _ in range(number)]

    def test_promotions_are_kept_with_their_reasons(self) -> None:
        first, second = self.registered(2)
        self.registry.promote(first, "the first")
        self.registry.promote(second, "better")
        kept = [(each.version, each.why) for each in self.registry.promotions()]
        self.assertEqual(kept, [(first, "the first"), (second, "better")])
        self.assertTrue(all(each.promoted_at.tzinfo is UTC for each in self.registry.promotions()))

    def test_a_challenger_is_one_until_it_is_promoted(self) -> None:
        first, second = self.registered(2)
        self.assertIsNone(self.registry.challenger())
        self.registry.challenge(second)
        self.registry.promote(first)
        self.assertEqual((self.registry.champion(), self.registry.challenger()), (first, second))
        self.registry.promote(second)
        self.assertEqual((self.registry.champion(), self.registry.challenger()), (second, None))
        with self.assertRaisesRegex(ModelError, "als-000009"):
            self.registry.challenge("als-000009")

    def test_a_challenger_may_come_before_any_champion(self) -> None:
        self.registry.challenge(*self.registered(1))
        self.assertEqual((self.registry.champion(), self.registry.promotions()), (None, []))

    def test_rollback_goes_back_and_never_forth(self) -> None:
        first, second, third = self.registered(3)
        for version in (first, second, third):
            self.registry.promote(version)
        self.assertEqual(self.registry.rollback("it was bad"), second)
        self.assertEqual(self.registry.rollback(), first)
        with self.assertRaisesRegex(ModelError, f"no sound champion before {first}"):
            self.registry.rollback()
        self.assertEqual(self.registry.champion(), first)
        self.assertEqual([each.version for each in self.registry.promotions()], [first, second, third, second, first])
        self.registry.promote(third)
        self.assertEqual(self.registry.rollback(), first)

    def test_rollback_passes_over_damaged_versions(self) -> None:
        first, second, third = self.registered(3)
        for version in (first, second, third):
            self.registry.promote(version)
        (self.registry.load(second).folder / "model" / "model.npz").write_bytes(b"?")
        self.assertEqual(self.registry.rollback(), first)

    def test_a_pointer_of_an_older_release_is_read(self) -> None:
        (first,) = self.registered(1)
        (self.folder / "champion.json").write_text(json.dumps({"version": first}), encoding="utf-8")
        self.assertEqual((self.registry.champion(), self.registry.challenger()), (first, None))
        self.assertEqual(self.registry.promotions(), [])

    def test_promote_moves_the_pointer(self) -> None:
        first, second = (self.registry.register(a_manifest(), save) for _ in range(2))
        for version in (first, second, first):
            self.registry.promote(version)
            self.assertEqual(LocalRegistry(self.folder).champion(), version)

    def test_an_unknown_version_lists_the_known_ones(self) -> None:
        self.registry.register(a_manifest(), save)
        for name in ("als-000009", "../versions", ""):
            with self.subTest(name=name), self.assertRaisesRegex(ModelError, "there are: als-000001"):
                self.registry.load(name)

    def test_a_failed_registration_leaves_nothing(self) -> None:
        def fail(folder: Path) -> None:
            save(folder)
            raise ModelError("no")

        with self.assertRaisesRegex(ModelError, "no"):
            self.registry.register(a_manifest(), fail)
        self.assertEqual(list((self.folder / "versions").iterdir()), [])

    def test_damaged_versions_are_refused_and_never_promoted(self) -> None:
        good, bad = (self.registry.register(a_manifest(), save) for _ in range(2))
        self.registry.promote(good)
        files = [path for path in (self.folder / "versions" / bad).rglob("*") if path.is_file()]
        self.assertEqual(len(files), 3)
        for path in files:
            content = path.read_bytes()
            for damage in (b"", content[:-1], None):
                path.unlink()
                if damage is not None:
                    path.write_bytes(damage)
                with self.subTest(path=path, damage=damage), self.assertRaisesRegex(ModelError, path.name):
                    if path.name == "manifest.json" and damage == content[:-1]:  # only its last line feed is gone
                        raise ModelError("manifest.json is still whole")
                    self.registry.promote(bad)
                self.assertEqual(self.registry.champion(), good)
                path.write_bytes(content)

    def test_a_corrupt_pointer_is_named_and_mended_by_promoting(self) -> None:
        name = self.registry.register(a_manifest(), save)
        for text in ("", "{", "[]", "{}"):
            (self.folder / "champion.json").write_text(text, encoding="utf-8")
            with self.subTest(text=text), self.assertRaisesRegex(ModelError, "champion.json is corrupt"):
                self.registry.champion()
        self.registry.promote(name)
        self.assertEqual(self.registry.champion(), name)

    def test_registering_at_once_gives_each_its_own_number(self) -> None:
        names: list[str] = []
        threads = [
            threading.Thread(target=lambda: names.append(self.registry.register(a_manifest(), save))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(names), [f"als-{number:06d}" for number in range(1, 9)])

    def test_later_fields_of_a_manifest_are_passed_over(self) -> None:
        fields = json.loads(a_manifest().to_json()) | {"mood": {"recall@10": 0.2}}
        self.assertEqual(Manifest.from_json(json.dumps(fields)), a_manifest())

    def test_what_is_no_manifest_is_refused(self) -> None:
        for text in ("", "[]", "{}", '{"trained_at": "yesterday"}'):
            with self.subTest(text=text), self.assertRaisesRegex(ModelError, "no manifest"):
                Manifest.from_json(text)

    def test_damaged_track_ids_are_refused(self) -> None:
        self.folder.mkdir()
        with self.assertRaisesRegex(ModelError, "track_ids.npy is missing"):
            read_track_ids(self.folder)
        for content in (b"", b"nonsense"):
            (self.folder / "track_ids.npy").write_bytes(content)
            with self.subTest(content=content), self.assertRaisesRegex(ModelError, "track_ids.npy is corrupt"):
                read_track_ids(self.folder)


KILLED_WHILE_SAVING = """
import pathlib, sys, time
from tests_registry import a_manifest, save
from ritournelle.registry.store import LocalRegistry

def save_half(folder):
    save(folder)
    print("half", flush=True)
    time.sleep(60)

LocalRegistry(pathlib.Path(sys.argv[1])).register(a_manifest(), save_half)
"""


class KilledRegistrationTest(unittest.TestCase):
    def test_a_killed_registration_is_invisible_and_swept_later(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "registry"
            registry = LocalRegistry(folder)
            registry.promote(registry.register(a_manifest(), save))
            self._register_and_kill(folder, Path(name))
            self.assertEqual(registry.versions(), ["als-000001"])
            self.assertEqual(registry.champion(), "als-000001")
            left = list((folder / "versions").glob(".unfinished-*"))
            self.assertEqual(len(left), 1)
            long_ago = time.time() - 2 * 24 * 3600
            os.utime(left[0], (long_ago, long_ago))
            self.assertEqual(registry.register(a_manifest(), save), "als-000002")
            self.assertFalse(left[0].exists())

    def _register_and_kill(self, folder: Path, beside: Path) -> None:
        (beside / "tests_registry.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
        environment = {"PYTHONPATH": os.pathsep.join([str(beside), *sys.path])}
        command = [sys.executable, "-c", KILLED_WHILE_SAVING, str(folder)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            self.assertEqual(process.stdout.readline(), "half\n")
            process.send_signal(signal.SIGKILL)
