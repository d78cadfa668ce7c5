"""From an observation to a reading, an incident, and its end."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from ritournelle.errors import PermanentError, SettingsError
from ritournelle.monitoring.health import Health, HealthReport
from ritournelle.monitoring.incidents import Event, Phase, acknowledged
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.reading import Severity, Status
from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.monitoring.watch import ask, keep

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
RULES = load_rules(SENSORS)


def read(landed: int = 10, *, announced: int | None = 10, problem: str = "") -> SourceRead:
    """The users, read once."""
    return SourceRead(
        subject="users",
        run_id="run-1",
        finished_at=NOON,
        succeeded=not problem,
        problem=problem,
        message=f"{problem} happened" if problem else "",
        announced=announced,
        landed=landed,
        quarantined=0,
        proven_snapshot=True,
        requests=2,
        retries=0,
        seconds=0.5,
    )


class WatchTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.journal = Journal(Path(folder.name) / "home" / "operations.db")

    def observe(self, *seen: SourceRead, hours: int = 0) -> list[Event | None]:
        """What happened to incidents when this was seen."""
        readings = [one for one in ask(seen, RULES, NOON + timedelta(hours=hours)) if one.sensor == "completeness"]
        return [change.event for change in keep(self.journal, readings, RULES)]

    def test_one_incident_for_a_trouble_that_lasts_and_it_closes_itself(self) -> None:
        self.assertEqual(self.observe(read(10)), [])
        self.assertEqual(self.observe(read(8), hours=1), [Event.OPENED])
        self.assertEqual(self.observe(read(7), hours=2), [])
        (incident,) = self.journal.open_incidents()
        self.assertEqual((incident.key, incident.times_seen, incident.phase), ("completeness:users", 2, Phase.OPEN))
        self.assertEqual(incident.message, "users: rows are missing or appear twice (3 rows are missing)")
        self.assertEqual(
            (incident.first_seen_at, incident.last_seen_at), (NOON + timedelta(hours=1), NOON + timedelta(hours=2))
        )
        self.assertEqual(self.observe(read(10), hours=3), [Event.CLOSED_ITSELF])
        self.assertEqual(self.journal.open_incidents(), [])
        self.assertEqual(
            [one["event"] for one in self.journal.events_of(incident.incident_id)], ["opened", "closed itself"]
        )

    def test_what_is_not_known_changes_nothing(self) -> None:
        self.observe(read(8))
        self.assertEqual(self.observe(read(0, announced=None, problem="TransientSourceError"), hours=1), [])
        self.assertEqual(len(self.journal.open_incidents()), 1)

    def test_who_takes_it_is_kept_and_it_stays_theirs(self) -> None:
        self.observe(read(8))
        (incident,) = self.journal.open_incidents()
        self.journal.keep_changes([acknowledged(incident, "ada", NOON, "asked the app's team")])
        self.observe(read(8), hours=1)
        self.assertEqual(self.journal.incident(incident.incident_id[:20]).phase, Phase.ACKNOWLEDGED)
        with self.assertRaisesRegex(PermanentError, "no incident has an id that begins with '%'"):
            self.journal.incident("%")

    def test_the_report_is_as_bad_as_its_worst_reading(self) -> None:
        for landed, health in ((10, Health.GOOD), (8, Health.CRITICAL)):
            readings = ask([read(landed)], RULES, NOON)
            self.assertIs(HealthReport(NOON, None, readings, (), RULES).health, health)
        nothing = HealthReport(NOON, None, (), (), RULES)
        self.assertIs(nothing.health, Health.UNKNOWN)

    def test_readings_come_back_as_they_went(self) -> None:
        readings = ask([read(8)], RULES, NOON)
        self.journal.keep_readings(readings)
        self.assertEqual(self.journal.latest_readings(), sorted(readings, key=lambda one: (one.sensor, one.subject)))
        (completeness,) = [one for one in readings if one.sensor == "completeness"]
        self.assertEqual(completeness.status, Status.FIRED)


class RulesTest(unittest.TestCase):
    def test_every_sensor_has_its_section_and_every_section_its_sensor(self) -> None:
        self.assertEqual({sensor.name for sensor in SENSORS}, set(RULES.by_sensor))

    def test_a_file_changes_what_it_names(self) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "sensors.toml"
            path.write_text('[completeness]\nseverity = "block"\n', encoding="utf-8")
            changed = load_rules(SENSORS, path)
            self.assertIs(changed.severity("completeness"), Severity.BLOCK)
            self.assertEqual(changed.by_sensor["completeness"].owner, RULES.by_sensor["completeness"].owner)
            for text, told in (
                ("[nobody]\n", "there is no sensor 'nobody'"),
                ('[completeness]\nseverity = "loud"\n', r"\[completeness\] severity: "),
                ("[completeness.limits]\nrows = 3\n", r"\[completeness.limits\] rows: "),
                ("[completeness\n", "cannot be read"),
            ):
                path.write_text(text, encoding="utf-8")
                with self.assertRaisesRegex(SettingsError, told):
                    load_rules(SENSORS, path)
