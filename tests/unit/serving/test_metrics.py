"""Metrics: names, values, and that alert rules and dashboard name only what there is."""

from __future__ import annotations

import json
import re
import tempfile
import unittest
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from ritournelle.monitoring.reading import Status
from ritournelle.serving.traffic import Traffic
from ritournelle.serving.traffic_metrics import TrafficMetrics
from ritournelle.serving.metrics import exposition
from tests.served import keep_readings, keep_run, parts, reading

ROOT = Path(__file__).resolve().parents[3]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "ritournelle.json"
_UNITS = (
    "seconds",
    "bytes",
    "ratio",
    "rows",
    "info",
    "success",
    "fired",
    "health",
    "readable",
    "open",
    "measured",
    "limit",
)
_COUNTS = ("ritournelle_checks", "ritournelle_runs_recorded")


class Exposed(unittest.TestCase):
    """A home whose metrics are read."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.parts = parts(Path(folder.name))

    def samples(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        """Labels and values by name, as Prometheus's own parser reads them."""
        text = exposition(self.parts).decode()
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found

    def full(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        """With everything that there can be."""
        keep_run(self.parts.journal)
        keep_readings(
            self.parts.journal,
            reading("source_epoch", "users", Status.FIRED),
            reading("volume", "users", Status.UNKNOWN),
            reading("quarantine", "tracks", measured=0, limit=0, waiting=4),
        )
        return self.samples()


class MetricsTest(Exposed):
    """What Prometheus reads of a home with one run."""

    def test_before_anything_has_run(self) -> None:
        self.parts = parts(Path(self.enterContext(tempfile.TemporaryDirectory())), published_at=None)
        samples = self.samples()
        self.assertEqual(samples["ritournelle_health"], [({}, -1.0)])
        self.assertNotIn("ritournelle_published_age_seconds", samples)

    def test_what_is_told_of_one_run(self) -> None:
        samples = self.full()
        self.assertEqual(samples["ritournelle_health"], [({}, 2.0)])
        fired = {(labels["sensor"], labels["severity"]): value for labels, value in samples["ritournelle_sensor_fired"]}
        self.assertEqual(fired, {("source_epoch", "block"): 1.0, ("quarantine", "warn"): 0.0})
        self.assertEqual(samples["ritournelle_published_age_seconds"], [({}, 7200.0)])
        self.assertEqual(samples["ritournelle_last_run_success"], [({}, 1.0)])
        self.assertEqual(samples["ritournelle_quarantine_waiting_rows"], [({"source": "tracks"}, 4.0)])
        self.assertIn(({"table": "core.dim_users"}, 101.0), samples["ritournelle_table_rows"])
        self.assertIn(({"source": "users", "kind": "quarantined"}, 3.0), samples["ritournelle_source_rows"])
        self.assertIn(({"outcome": "warned"}, 1.0), samples["ritournelle_checks"])
        self.assertIn(({"severity": "block"}, 1.0), samples["ritournelle_incidents_open"])
        self.assertIn(({"role": "challenger", "metric": "ndcg@20"}, 0.21), samples["ritournelle_model_quality_ratio"])

    def test_names_say_their_units(self) -> None:
        for name in self.full():
            self.assertTrue(name.startswith("ritournelle_"), name)
            self.assertTrue(name.rpartition("_")[2] in _UNITS or name in _COUNTS, name)


class DeployTest(Exposed):
    """The files that are shipped for Prometheus and Grafana."""

    def expressions(self) -> list[str]:
        """Of every alert and panel."""
        groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
        of_alerts = [rule["expr"] for group in groups for rule in group["rules"]]
        panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
        return of_alerts + [target["expr"] for panel in panels for target in panel["targets"]]

    def of_traffic(self) -> dict[str, Any]:
        """What a server tells that has answered a request."""
        traffic = Traffic()
        traffic.answered("/v1/popular", "GET", 200, 0.003)
        families = TrafficMetrics(traffic).collect()
        found: dict[str, Any] = {}
        for sample in (one for family in families for one in family.samples):
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found

    def test_every_metric_and_label_that_they_name_is_told(self) -> None:
        samples = self.full_with_memory() | self.of_traffic()
        for expression in self.expressions():
            with self.subTest(expression=expression):
                names = re.findall(r"\b(ritournelle_\w+)(?:{([^}]*)})?", expression)
                self.assertTrue(names or expression.startswith("up{"))
                for name, selector in names:
                    self.assertIn(name, samples)
                    labels = set(re.findall(r"(\w+)\s*=?[=~]", selector))
                    self.assertLessEqual(labels, samples[name][0][0].keys())
                self.assertEqual(expression.count("("), expression.count(")"))

    def full_with_memory(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        """`full`, of a run that says what it held."""
        samples = self.full()
        rows = self.parts.journal.rows("SELECT * FROM runs")
        self.parts.journal.keep_rows("runs", [row | {"peak_memory_bytes": 1} for row in rows])
        return samples | self.samples()

    def test_rules_are_whole(self) -> None:
        (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
        rules: list[dict[str, Any]] = group["rules"]
        self.assertEqual(len({rule["alert"] for rule in rules}), len(rules))
        for rule in rules:
            self.assertLessEqual(rule.keys(), {"alert", "expr", "for", "labels", "annotations"})
            self.assertIn(rule["labels"]["severity"], ("warning", "critical"))
            self.assertEqual(rule["annotations"].keys(), {"summary", "description"})
            self.assertRegex(str(rule.get("for", "5m")), r"^\d+[smhd]$")

    def test_panels_stand_beside_each_other(self) -> None:
        dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
        taken: set[tuple[int, int]] = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells
        self.assertEqual(len({panel["id"] for panel in dashboard["panels"]}), len(dashboard["panels"]))
