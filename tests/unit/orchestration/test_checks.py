"""Readings as asset checks: where each stands, and what it says."""

from __future__ import annotations

import unittest
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg

from ritournelle.orchestration.checks import asset_of, by_check, outcome_of, result_of
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
    at: datetime = datetime(2026, 3, 4, tzinfo=UTC)


def say(reading: Said) -> str:
    return f"{reading.subject} {reading.status}"


def results(*readings: Said) -> list[dg.AssetCheckResult]:
    return [result_of(check, of_check, say) for check, of_check in by_check(readings, KNOWN).items()]


class TestChecks(unittest.TestCase):
    def test_a_subject_is_a_part_of_an_asset(self) -> None:
        wanted = {
            "users": EXTRACTS["users"],
            "users.gender": EXTRACTS["users"],
            "interactions": MART,
            "marts.interactions": MART,
            "quarantine.users": QUARANTINE,
            "model": CHAMPION,
            "als-000003": CHAMPION,
            "marts.unheard_of": PUBLICATION,
            "warehouse": PUBLICATION,
            "disk": PUBLICATION,
        }
        self.assertEqual({subject: asset_of(subject, KNOWN) for subject in wanted}, wanted)

    def test_a_check_is_of_a_sensor_and_an_asset(self) -> None:
        found = by_check([Said("age", "als-000001"), Said("age", "model"), Said("age", "disk")], KNOWN)
        told = {check: [reading.subject for reading in readings] for check, readings in found.items()}
        wanted = {dg.AssetCheckKey(CHAMPION, "age"): ["als-000001", "model"]}
        self.assertEqual(told, wanted | {dg.AssetCheckKey(PUBLICATION, "age"): ["disk"]})

    def test_what_blocks_is_an_error(self) -> None:
        outcomes = {one: outcome_of([Said("age", "model", "fired", one)]) for one in ("warn", "error", "block")}
        self.assertEqual(outcomes, {"warn": "warn", "error": "error", "block": "error"})
        self.assertEqual(outcome_of([Said("age", "model", "passed", "block")]), "passed")

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
        self.assertEqual(found.metadata["read_at"], dg.MetadataValue.timestamp(Said("volume", "users").at))


if __name__ == "__main__":
    unittest.main()
