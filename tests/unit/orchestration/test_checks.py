"""Readings as asset checks: where each stands, and what it says."""

from __future__ import annotations

import unittest
from collections.abc import Mapping
from dataclasses import dataclass, field

import dagster as dg

from ritournelle.orchestration.checks import asset_of, reading_results, reading_specs
from ritournelle.orchestration.keys import CHAMPION, EXTRACTS, PUBLICATION, QUARANTINE

MART = dg.AssetKey(["marts", "interactions"])
KNOWN = (MART, QUARANTINE, CHAMPION, PUBLICATION, *EXTRACTS.values())


@dataclass(frozen=True)
class Said:
    """A reading as this room needs it."""

    sensor: str
    subject: str
    status: str = "passed"
    severity: str = "warn"
    facts: Mapping[str, object] = field(default_factory=dict)


def say(reading: Said) -> str:
    return f"{reading.subject} {reading.status}"


def results(*readings: Said) -> list[dg.AssetCheckResult]:
    return list(reading_results(readings, say, KNOWN))


class TestChecks(unittest.TestCase):
    def test_a_subject_is_a_part_of_an_asset(self) -> None:
        wanted = {
            "users": EXTRACTS["users"],
            "marts.interactions": MART,
            "quarantine.users": QUARANTINE,
            "model": CHAMPION,
            "als-000003": CHAMPION,
            "marts.unheard_of": PUBLICATION,
            "warehouse": PUBLICATION,
            "disk": PUBLICATION,
        }
        self.assertEqual({subject: asset_of(subject, KNOWN) for subject in wanted}, wanted)

    def test_there_is_a_spec_for_every_result(self) -> None:
        specs = reading_specs({"freshness": ["users", "disk"], "age": ["als-000001", "als-000002"]}, KNOWN)
        self.assertEqual(len(specs), 3)
        found = results(Said("freshness", "users"), Said("freshness", "disk"), Said("age", "als-000002"))
        self.assertEqual({one.check_name for one in found}, {spec.name for spec in specs})

    def test_what_fired_fails_as_severely_as_its_worst(self) -> None:
        (found,) = results(Said("age", "als-000001", "fired"), Said("age", "als-000002", "fired", "block"))
        self.assertFalse(found.passed)
        self.assertEqual(found.severity, dg.AssetCheckSeverity.ERROR)
        self.assertEqual(found.description, "als-000001 fired\nals-000002 fired")
        (warned,) = results(Said("age", "als-000001", "fired"), Said("age", "als-000002", "passed", "block"))
        self.assertEqual((warned.passed, warned.severity), (False, dg.AssetCheckSeverity.WARN))
        self.assertEqual(warned.description, "als-000001 fired")

    def test_what_is_unknown_says_nothing(self) -> None:
        self.assertEqual(results(Said("volume", "users", "unknown", "error")), [])
        (found,) = results(Said("volume", "users"))
        self.assertTrue(found.passed)


if __name__ == "__main__":
    unittest.main()
