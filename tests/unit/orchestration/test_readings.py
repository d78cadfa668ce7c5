"""What the journal's last readings tell Dagster, and when."""

from __future__ import annotations

import tempfile
import unittest
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from ritournelle.domain.sources import Source
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reading import Reading, Severity, Status
from ritournelle.orchestration.keys import EXTRACTS, PUBLICATION
from ritournelle.orchestration.readings import readings_sensor
from ritournelle.settings import load_settings

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
KNOWN = frozenset({PUBLICATION, *EXTRACTS.values()})
REACHABLE = dg.AssetCheckKey(EXTRACTS[Source.USERS], "source_reachable")
OUTCOME = dg.AssetCheckKey(PUBLICATION, "run_outcome")


class TestReadingsSensor(unittest.TestCase):
    def setUp(self) -> None:
        home = Path(self.enterContext(tempfile.TemporaryDirectory())) / "home"
        settings = load_settings(home=home)
        self.journal = Journal(settings.journal_path)
        self.instance = self.enterContext(dg.DagsterInstance.ephemeral())
        self.sensor = readings_sensor(settings, KNOWN)
        self.cursor: str | None = None
        self.now = NOON

    def read(self, *readings: tuple[str, str, Status, Severity], run: str = "") -> None:
        """Five minutes later sensors have said this; with `run`, at the end of that run."""
        self.now += timedelta(minutes=5)
        if run:
            row = {"run_id": run, "run_number": 1, "verb": "run", "logical_date": "2026-03-04", "status": "failed"}
            self.journal.keep_rows("runs", [{**row, "started_at": self.now}])
        facts = {"source": "users", "message": "503", "where": "ingest users", "problem": "SourceError"}
        self.journal.keep_readings(
            [Reading(sensor, subject, status, how, self.now, facts) for sensor, subject, status, how in readings]
        )

    def look(self) -> dict[dg.AssetCheckKey, dg.AssetCheckEvaluation]:
        """What a look tells, as Dagster's daemon would keep it."""
        with dg.build_sensor_context(instance=self.instance, cursor=self.cursor) as context:
            data = self.sensor.evaluate_tick(context)
        self.cursor = data.cursor or self.cursor
        self.assertEqual(data.run_requests or [], [])
        told = [event for event in data.asset_events if isinstance(event, dg.AssetCheckEvaluation)]
        for event in told:
            self.instance.report_runless_asset_event(event)
        return {event.asset_check_key: event for event in told}

    def test_before_the_first_run_nothing_is_told_and_no_home_is_made(self) -> None:
        self.assertEqual(self.look(), {})
        self.assertFalse(self.journal.path.parent.exists())

    def test_a_run_that_failed_is_told_once(self) -> None:
        fired, passed = Status.FIRED, Status.PASSED
        self.read(
            ("source_reachable", "users", fired, Severity.ERROR), ("memory", "home", passed, Severity.WARN), run="a"
        )
        told = self.look()
        self.assertEqual(
            {check.name: event.passed for check, event in told.items()}, {"source_reachable": False, "memory": True}
        )
        self.assertEqual(told[REACHABLE].severity, dg.AssetCheckSeverity.ERROR)
        self.assertIn("users", told[REACHABLE].description or "")
        self.assertEqual(self.look(), {})

    def test_dagster_keeps_it_as_the_latest_of_the_check(self) -> None:
        self.read(("run_outcome", "pipeline", Status.FIRED, Severity.WARN), run="a")
        self.look()
        found = self.instance.event_log_storage.get_latest_asset_check_execution_by_key([OUTCOME])[OUTCOME]
        self.assertEqual(found.status.value, "FAILED")
        evaluation = (
            found.event.dagster_event.asset_check_evaluation_data if found.event and found.event.dagster_event else None
        )
        self.assertEqual(evaluation and evaluation.severity, dg.AssetCheckSeverity.WARN)

    def test_looks_between_runs_tell_what_changed_and_a_run_tells_all_it_read(self) -> None:
        for status, run, told in (
            (Status.PASSED, "a", 1),
            (Status.PASSED, "", 0),
            (Status.FIRED, "", 1),
            (Status.FIRED, "", 0),
            (Status.FIRED, "b", 1),
            (Status.PASSED, "", 1),
        ):
            self.read(("mart_freshness", "published", status, Severity.ERROR), run=run)
            self.assertEqual(len(self.look()), told, (status, run))

    def test_what_a_run_has_not_read_is_not_told_anew(self) -> None:
        self.read(("run_outcome", "pipeline", Status.PASSED, Severity.ERROR), run="a")
        self.look()
        self.read(("source_reachable", "users", Status.PASSED, Severity.ERROR), run="b")
        self.assertEqual(set(self.look()), {REACHABLE})

    def test_what_is_unknown_is_not_told(self) -> None:
        self.read(("volume", "users", Status.UNKNOWN, Severity.ERROR), run="a")
        self.assertEqual(self.look(), {})


if __name__ == "__main__":
    unittest.main()
