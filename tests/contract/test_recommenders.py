"""The contract suite on every recommender that ships."""

from __future__ import annotations

import unittest

from ritournelle.recommenders.als import AlsConfig, AlsRecommender
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.contract import PersonalRecommenderContract, RecommenderContract
from ritournelle.recommenders.factory import known_recommenders
from ritournelle.recommenders.popularity import PopularityConfig, PopularityRecommender


class PopularityByListenersTest(RecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return PopularityRecommender()


class PopularityByWeightTest(RecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return PopularityRecommender(PopularityConfig(count="weight"))


class AlsTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return AlsRecommender(AlsConfig(factors=8, seed=3))


class AlsLinearTest(PersonalRecommenderContract, unittest.TestCase):
    def create(self) -> Recommender:
        return AlsRecommender(AlsConfig(factors=3, weighting="linear", alpha=10, seed=3))


class EveryRecommenderIsTestedTest(unittest.TestCase):
    def test_every_known_name_has_a_suite(self) -> None:
        suites = [PopularityByListenersTest(), PopularityByWeightTest(), AlsTest(), AlsLinearTest()]
        self.assertEqual({suite.create().name for suite in suites}, set(known_recommenders()))
