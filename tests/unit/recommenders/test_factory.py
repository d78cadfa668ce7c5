"""Names of recommenders, and models found again by what their folder says."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

from ritournelle.errors import ModelError, SettingsError
from ritournelle.recommenders.als import AlsConfig, AlsRecommender
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.contract import checkerboard
from ritournelle.recommenders.factory import create_recommender, load_recommender, recommender_class
from ritournelle.recommenders.popularity import PopularityRecommender


class Loudest(PopularityRecommender):
    """Popularity under another name, from another package."""

    name = "loudest"


class Half(Recommender):
    """A model that brings nothing."""

    name, reason = "half", "nothing"


class FactoryTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "model"

    def test_unknown_name_lists_the_known_ones(self) -> None:
        with self.assertRaisesRegex(SettingsError, "'word2vec'; known: als, blend, "):
            recommender_class("word2vec")

    def test_options_become_the_config(self) -> None:
        self.assertEqual(create_recommender("als", factors=3, seed=9).config, AlsConfig(factors=3, seed=9))

    def test_a_wrong_option_is_named(self) -> None:
        for options, name in (({"factor": 3}, "factor"), ({"factors": 0}, "factors")):
            with self.subTest(options=options), self.assertRaisesRegex(SettingsError, f"{name}: "):
                create_recommender("als", **options)

    def test_a_class_from_outside_goes_by_its_import_path(self) -> None:
        path = f"{__name__}:Loudest"
        model = create_recommender(path, seed=4).fit(checkerboard())
        self.assertIsInstance(model, Loudest)
        model.save(self.folder)
        self.assertIsInstance(load_recommender(self.folder), Loudest)

    def test_an_import_path_that_leads_nowhere_is_explained(self) -> None:
        for path, told in (
            ("no_such_package.models:Mine", "cannot be imported .*install the package"),
            (f"{__name__}:Quietest", "has no class 'Quietest'"),
            (f"{__name__}:FactoryTest", "is no subclass"),
            (f"{__name__}:Path", "is no subclass"),
            (f"{__name__}:Half", "does not bring _arrays, _fold_in"),
        ):
            with self.subTest(path=path), self.assertRaisesRegex(SettingsError, told):
                recommender_class(path)

    def test_a_model_whose_class_is_gone_says_what_to_install(self) -> None:
        create_recommender(f"{__name__}:Loudest").fit(checkerboard()).save(self.folder)
        description = self.folder / "model.json"
        description.write_text(description.read_text(encoding="utf-8").replace(__name__, "gone"), encoding="utf-8")
        with self.assertRaisesRegex(ModelError, "cannot be read here: 'gone' .*install the package"):
            load_recommender(self.folder)

    def test_the_family_is_read_from_the_folder(self) -> None:
        PopularityRecommender().fit(checkerboard()).save(self.folder)
        self.assertIsInstance(load_recommender(self.folder), PopularityRecommender)
        with self.assertRaisesRegex(ModelError, "family 'popularity', not 'als'"):
            AlsRecommender.load(self.folder)

    def test_another_family_or_format_is_refused(self) -> None:
        PopularityRecommender().fit(checkerboard()).save(self.folder)
        path = self.folder / "model.json"
        description = json.loads(path.read_text(encoding="utf-8"))
        for change, message in (({"name": "oracle"}, "no recommender called 'oracle'"), ({"format": 99}, "format 99")):
            path.write_text(json.dumps(description | change), encoding="utf-8")
            with self.subTest(change=change), self.assertRaisesRegex(ModelError, message):
                load_recommender(self.folder)
        path.write_text(json.dumps(["als"]), encoding="utf-8")
        with self.assertRaisesRegex(ModelError, "does not describe a model"):
            load_recommender(self.folder)

    def test_no_code_is_run_from_an_artefact(self) -> None:
        import numpy as np  # pylint: disable=import-outside-toplevel

        PopularityRecommender().fit(checkerboard()).save(self.folder)
        with open(self.folder / "model.npz", "wb") as file:
            np.savez(file, popularity=np.array([{"an": "object"}], dtype=object), n_tracks=np.array(1))
        with self.assertRaisesRegex(ModelError, "corrupt"):
            load_recommender(self.folder)
