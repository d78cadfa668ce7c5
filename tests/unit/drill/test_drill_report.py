"""What a drill says: which cases failed, and why; which can be asked for."""

from __future__ import annotations

import unittest
from dataclasses import replace
from datetime import UTC, datetime

from ritournelle.domain.sources import Source
from ritournelle.drill.cases import CASES, chosen
from ritournelle.drill.finding import Finding
from ritournelle.drill.report import DrillReport
from ritournelle.drill.truth import Rows, differences
from ritournelle.errors import SettingsError
from ritournelle.monitoring.reading import Reading, Severity, Status

GOOD = Finding(CASES[0], True, 0.4, "error", "yesterday, whole", 0, True)


def rows(**found: Rows) -> dict[Source, Rows]:
    return {source: found.get(source.value, {}) for source in Source}


class ReportTest(unittest.TestCase):
    def test_good(self) -> None:
        report = DrillReport([GOOD], [], 15, 61.2)
        self.assertFalse(report.has_failed)
        self.assertEqual(report.summary, "1 cases, 0 failed, 0 rows lost; 0 false alarms in 15 good days; 61 s")
        (told,) = report.to_list()
        self.assertEqual(
            {name: told[name] for name in ("case", "family", "sensor", "detected", "seconds_to_detect", "severity")},
            {
                "case": "connection_refused",
                "family": "transport",
                "sensor": "source_reachable",
                "detected": True,
                "seconds_to_detect": 0.4,
                "severity": "error",
            },
        )
        self.assertEqual((told["rows_lost"], told["recovered"]), (0, True))

    def test_a_case_with_a_problem_fails_the_drill(self) -> None:
        bad = replace(GOOD, detected=False, problem="source_reachable did not fire")
        self.assertTrue(DrillReport([GOOD, bad], [], 15, 1).has_failed)

    def test_a_false_alarm_fails_the_drill(self) -> None:
        alarm = Reading("volume", "users", Status.FIRED, Severity.ERROR, datetime(2025, 1, 8, tzinfo=UTC))
        report = DrillReport([GOOD], [alarm], 15, 1)
        self.assertTrue(report.has_failed)
        self.assertIn("1 false alarms", report.summary)

    def test_what_a_machine_cannot_cause_is_told_and_does_not_fail(self) -> None:
        report = DrillReport([Finding(CASES[0], why_not="a small disk needs Linux")], [], 15, 1)
        self.assertFalse(report.has_failed)
        self.assertIn("1 cannot be caused here", report.summary)


class ChosenTest(unittest.TestCase):
    def test_all_some_or_a_family(self) -> None:
        self.assertEqual(chosen(), CASES)
        self.assertEqual([case.name for case in chosen(("total_lies", "dns_failure"))], ["dns_failure", "total_lies"])
        self.assertEqual({case.family for case in chosen(family="schema drift")}, {"schema drift"})

    def test_unknown_ones_are_refused(self) -> None:
        with self.assertRaisesRegex(SettingsError, "there is no case 'flood'"):
            chosen(("total_lies", "flood"))
        with self.assertRaisesRegex(SettingsError, "there is no family 'weather'; there are: transport"):
            chosen(family="weather")


class DifferencesTest(unittest.TestCase):
    def test_missing_other_and_too_many(self) -> None:
        shown = rows(users={1: {"id": 1}, 2: {"id": 2, "name": "A"}, 3: {"id": 3}})
        self.assertEqual(differences(shown, shown), (0, 0))
        held = rows(users={1: {"id": 1}, 2: {"id": 2, "name": "B"}, 9: {"id": 9}}, tracks={7: {"id": 7}})
        self.assertEqual(differences(shown, held), (2, 2))
