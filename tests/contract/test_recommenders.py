"""The contract suite on every recommender that ships."""

from __future__ import annotations

import unittest
from typing import Any

from ritournelle.recommenders.als import AlsConfig, AlsRecommender
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.blend import BlendConfig, BlendPart, BlendRecommender
from ritournelle.recommenders.chance import ChanceRecommender
from ritournelle.recommenders.content import ContentRecommender
from ritournelle.recommenders.contract import PersonalRecommenderContract, RecommenderContract
from ritournelle.recommenders.ease import EaseConfig, EaseRecommender
from ritournelle.recommenders.factory import known_recommenders
from ritournelle.recommenders.ials import IalsConfig, IalsRecommender
from ritournelle.recommenders.item_knn import ItemKnnConfig, ItemKnnRecommender
from ritournelle.recommenders.popularity import PopularityConfig, PopularityRecommender
from ritournelle.recommenders.sequences import SideInformation
from ritournelle.recommenders.session_knn import SessionKnnConfig, SessionKnnRecommender
from ritournelle.recommenders.transitions import TransitionsConfig, TransitionsRecommender


class PopularityByListenersTest(RecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return PopularityRecommender()


class PopularityByWeightTest(RecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return PopularityRecommender(PopularityConfig(count="weight"))


class ChanceTest(RecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return ChanceRecommender()


class AlsTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return AlsRecommender(AlsConfig(factors=8, seed=3))


class AlsLinearTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return AlsRecommender(AlsConfig(factors=3, weighting="linear", alpha=10, seed=3))


class IalsTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return IalsRecommender(IalsConfig(factors=2, unobserved=0.3, regularization=0.003, seed=3))


class ItemKnnCosineTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return ItemKnnRecommender(ItemKnnConfig(weighting="cosine", neighbours=30, shrinkage=2))


class ItemKnnBm25Test(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return ItemKnnRecommender(ItemKnnConfig())


class ItemKnnTfIdfTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return ItemKnnRecommender(ItemKnnConfig(weighting="tf_idf", scale="binary", popularity_damping=0.3))


class EaseTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return EaseRecommender(EaseConfig(regularization=1.0))


class EaseDampedTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return EaseRecommender(EaseConfig(regularization=5.0, scale="log1p", popularity_damping=0.4))


class TransitionsTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return TransitionsRecommender(TransitionsConfig(recent=24))


class SessionKnnTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return SessionKnnRecommender(SessionKnnConfig(recent=24))


class ContentTest(PersonalRecommenderContract, unittest.TestCase):
    """Content that says what the interactions say: tracks are alike that the same listeners heard."""

    def create(self) -> Recommender:
        return ContentRecommender()

    def side(self, listens: Any) -> SideInformation:
        return SideInformation(content=listens.T.tocsr())


class BlendTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        parts = (
            BlendPart(family="als", options={"factors": 4}),
            BlendPart(family="item_knn", weight=0.5),
            BlendPart(family="transitions", options={"recent": 24}, weight=0.5),
        )
        return BlendRecommender(BlendConfig(parts=parts, seed=3))


class BlendByMaximumTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        parts = (BlendPart(family="ease", options={"regularization": 1.0}), BlendPart(family="popularity", weight=0.01))
        return BlendRecommender(BlendConfig(parts=parts, normalisation="max"))


class EveryRecommenderIsTestedTest(unittest.TestCase):
    def test_every_known_name_has_a_suite(self) -> None:
        suites = (
            kind()
            for kind in RecommenderContract.__subclasses__() + PersonalRecommenderContract.__subclasses__()
            if issubclass(kind, unittest.TestCase)
        )
        self.assertEqual({suite.create().name for suite in suites}, set(known_recommenders()))
