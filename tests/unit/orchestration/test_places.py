"""Where the sensors have their checks: at the assets that their readings are told at."""

from __future__ import annotations

import unittest

import dagster as dg

from ritournelle.domain.sources import Source
from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.orchestration.checks import asset_of
from ritournelle.orchestration.keys import CHAMPION, EXTRACTS, MODEL_QUALITY, PUBLICATION, QUARANTINE
from ritournelle.orchestration.places import health_specs

MART = dg.AssetKey(["marts", "interactions"])
FACTS = dg.AssetKey(["core", "fact_listen_history"])
MOVING = dg.AssetKey(["marts", "pipeline_health_days"])  # follows the runs, not the sources
STAGED = dg.AssetKey(["staging", "stg_users"])
KNOWN = frozenset({MART, FACTS, MOVING, MODEL_QUALITY, STAGED, QUARANTINE, CHAMPION, PUBLICATION, *EXTRACTS.values()})
SUBJECTS = {
    **{source.value: ("source_reachable", "volume", "source_freshness", "quarantine") for source in Source},
    "users.gender": ("value_drift", "date_sanity"),
    "listen_history": ("listen_freshness",),
    "core.fact_listen_history": ("orphans", "mart_volume"),
    "marts.interactions": ("mart_volume",),
    "stg_users": ("data_tests",),
    "a_test_of_no_model": ("data_tests",),
    "published": ("mart_freshness",),
    "pipeline": ("run_outcome", "run_missed", "run_overlap", "run_duration", "stale_snapshot"),
    "warehouse": ("warehouse",),
    "home": ("disk_space", "memory"),
    "model": ("model_training", "model_age", "model_quality", "model_degenerate", "model_artefact"),
    "mailto": ("alerts",),
}
"""What sensors speak of, as `monitoring/observing` calls it."""


class TestPlaces(unittest.TestCase):
    def setUp(self) -> None:
        self.rules = load_rules(SENSORS)
        self.specs = health_specs(self.rules, KNOWN, {STAGED, MART})

    def test_there_is_a_check_where_every_reading_is_told(self) -> None:
        keys = {spec.key for spec in self.specs}
        for subject, sensors in SUBJECTS.items():
            for sensor in sensors:
                self.assertIn(dg.AssetCheckKey(asset_of(subject, KNOWN), sensor), keys, subject)

    def test_every_sensor_has_one_with_its_meaning(self) -> None:
        told = {spec.name: spec.description for spec in self.specs}
        self.assertEqual(told, {sensor.name: self.rules.by_sensor[sensor.name].meaning.en for sensor in SENSORS})

    def test_a_table_whose_rows_are_not_counted_has_no_check_of_them(self) -> None:
        counted = {spec.asset_key for spec in self.specs if spec.name == "mart_volume"}
        self.assertEqual(counted, {MART, FACTS})


if __name__ == "__main__":
    unittest.main()
