"""Each event reaches each channel once: through failures, quiet hours, a kill, and two senders at once."""

from __future__ import annotations

import json
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from ritournelle.monitoring.alerts.notifier import Notifier
from ritournelle.monitoring.incidents import acknowledged, resolved
from ritournelle.monitoring.reading import Reading, Severity, Status
from ritournelle.monitoring.reports import Report
from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.monitoring.watch import keep
from ritournelle.settings import AlertSettings
from tests.unit.monitoring.alerts.receivers import DyingChannel, Killed, MemoryChannel
from tests.unit.monitoring.homes import journal_for

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
RULES = load_rules(SENSORS)
OPENED = "error · users: rows are missing or appear twice (3 rows are missing)"
OVER = "over · users: rows are missing or appear twice (3 rows are missing)"


class NotifierCase(unittest.TestCase):
    """A journal, and channels that remember."""

    def setUp(self) -> None:
        self.journal = journal_for(self)
        self.channel = MemoryChannel()
        self.channels: list[MemoryChannel] = [self.channel]
        self.settings: dict[str, Any] = {}

    @property
    def notifier(self) -> Notifier:
        """Another process with the same settings."""
        return Notifier(self.journal, RULES, AlertSettings(**self.settings), self.channels)

    def read(
        self, fired: bool, hours: float = 0, *, severity: Severity = Severity.ERROR, subject: str = "users"
    ) -> None:
        """A run that meets the trouble, or does not, and tells the notifier."""
        status = Status.FIRED if fired else Status.PASSED
        facts = {"announced": 1000, "landed": 997, "problem": "3 rows are missing"}
        at = NOON + timedelta(hours=hours)
        changes = keep(self.journal, [Reading("completeness", subject, status, severity, at, facts)], RULES)
        self.notifier.notify(changes, at)

    def flush(self, hours: float = 0) -> None:
        """At the end of a run."""
        self.notifier.flush(NOON + timedelta(hours=hours))

    def only(self) -> str:
        """The id of the one open incident."""
        (incident,) = self.journal.open_incidents()
        return incident.incident_id


class OnceTest(NotifierCase):
    def test_one_alert_per_change_and_none_for_being_seen_again(self) -> None:
        for hour, fired in enumerate((True, True, True, False, False, True)):
            self.read(fired, hour / 60)
            self.flush(hour / 60)
        again = OPENED.replace("error", "error, back again")
        self.assertEqual(self.channel.titles, [OPENED, OVER, again])

    def test_what_people_do_is_told_when_it_ends(self) -> None:
        self.read(True)
        self.journal.amend(self.only(), lambda one: acknowledged(one, "ada", NOON))
        self.journal.amend(self.only(), lambda one: resolved(one, "ada", NOON + timedelta(hours=3), "mended"))
        self.flush(3)
        self.assertEqual(self.channel.titles, [OPENED, OVER.replace("over", "resolved")])
        self.assertIn("Closed: by ada\nmended\nLasted: 3 h, seen once", self.channel.messages[1].body)

    def test_without_channels_nothing_happens(self) -> None:
        self.read(True)
        self.channels, known = [], self.channels
        sent = self.notifier.flush(NOON)
        self.channels = known
        self.assertEqual((sent.messages, sent.problems), ({}, {}))
        self.flush()
        self.assertEqual(self.channel.titles, [OPENED])

    def test_a_new_channel_is_not_told_of_the_past(self) -> None:
        self.read(True)
        self.flush()
        late = MemoryChannel("late")
        self.channels.append(late)
        self.flush(1)
        self.assertEqual(late.titles, [])
        self.read(False, 2)
        self.flush(2)
        self.assertEqual((late.titles, len(self.channel.titles)), ([OVER], 2))

    def test_least_severity(self) -> None:
        self.settings = {"least_severity": "error"}
        self.read(True, severity=Severity.WARN)
        self.flush()
        self.assertEqual(self.channel.titles, [])
        self.read(True, severity=Severity.BLOCK)
        self.flush()
        self.assertEqual([title.split(" · ")[0] for title in self.channel.titles], ["block, worse"])


class HeldTest(NotifierCase):
    def test_warnings_wait_for_the_morning_and_what_is_critical_does_not(self) -> None:
        self.settings = {"quiet_hours": "22:00-07:00", "digest_at": ""}
        self.read(True, 11, severity=Severity.WARN)
        self.read(True, 11, subject="tracks")
        self.flush(11)
        self.assertEqual([title[:14] for title in self.channel.titles], ["error · tracks"])
        self.flush(18.9)
        self.assertEqual(len(self.channel.titles), 1)
        self.flush(19)
        self.assertEqual([title[:15] for title in self.channel.titles[1:]], ["warning · users"])

    def test_all_wait_if_that_is_set(self) -> None:
        self.settings = {"quiet_hours": "22:00-07:00", "digest_at": "", "critical_breaks_quiet_hours": False}
        self.read(True, 11)
        self.flush(11)
        self.assertEqual(self.channel.titles, [])
        self.flush(19)
        self.assertEqual(self.channel.titles, [OPENED])


class FailingTest(NotifierCase):
    def test_what_a_channel_refuses_comes_the_next_time_once_and_others_are_told(self) -> None:
        broken = MemoryChannel("slack")
        broken.problem = "connection refused"
        self.channels.append(broken)
        self.read(True)
        self.read(False, 1)
        self.flush(1)
        told = "warning · alerts do not reach slack: connection refused (2 wait)"
        self.assertEqual((self.channel.titles, broken.titles), ([OPENED, OVER, told], []))
        broken.problem = ""
        for hours in (2, 3):
            self.flush(hours)
        self.assertEqual(broken.titles[:2], [OPENED, OVER])
        self.assertEqual([title.split(" · ")[0] for title in self.channel.titles], ["error", "over", "warning", "over"])
        self.assertEqual(len(broken.titles), 4)
        self.assertEqual(self.journal.open_incidents(), [])

    def test_one_that_is_always_refused_does_not_block_the_others(self) -> None:
        self.channel.refuses = lambda message: "users" in message.body and "tracks" not in message.body
        self.read(True)
        self.read(True, subject="tracks")
        for hours in range(5):
            self.flush(hours / 60)
        self.assertIn(OPENED.replace("users", "tracks"), self.channel.titles)

    def test_a_refusal_costs_one_attempt_per_flush(self) -> None:
        tries: list[int] = []
        self.channel.problem, self.channel.before = "time-out", lambda: tries.append(1)
        for subject in ("users", "tracks", "listen_history"):
            self.read(True, subject=subject)
        self.flush()
        self.assertEqual(len(tries), 1)

    def test_a_process_killed_while_it_sends_loses_nothing_and_says_that_it_repeats(self) -> None:
        dying = DyingChannel()
        self.channels = [dying]
        self.read(True)
        self.read(True, subject="tracks")
        with self.assertRaises(Killed):
            self.flush()
        self.channels = [self.channel]
        self.flush()
        self.flush(1)
        self.assertEqual(dying.titles, [OPENED])
        self.assertEqual(sorted(self.channel.titles), sorted([OPENED, OPENED.replace("users", "tracks")]))
        repeats = ["(Sent again:" in message.body for message in self.channel.messages]
        self.assertEqual(sorted(repeats), [False, True])

    def test_two_senders_at_once_send_each_alert_once(self) -> None:
        subjects = [f"source-{number}" for number in range(6)]
        for subject in subjects:
            self.read(True, subject=subject)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: self.flush(), range(8)))
        self.assertEqual(sorted(self.channel.titles), sorted(OPENED.replace("users", name) for name in subjects))


class DigestTest(NotifierCase):
    def setUp(self) -> None:
        super().setUp()
        self.flush()  # noon: the channel becomes known

    def run_on_record(self, hours: float, status: str, message: str = "") -> None:
        """A run of 12 seconds that read the users."""
        at = NOON + timedelta(hours=hours)
        run = {"run_id": f"run-{hours}", "run_number": 1, "verb": "run", "logical_date": "2026-11-25"}
        ended = {"status": status, "started_at": at, "finished_at": at, "duration_seconds": 12.3, "message": message}
        self.journal.keep_rows("runs", [run | ended])
        step = {"run_id": run["run_id"], "step": "ingest", "source": "users", "status": status, "started_at": at}
        measures = json.dumps({"landed": 1000, "inserted": 12, "updated": 0})
        self.journal.keep_rows("run_steps", [step | {"measures": measures, "details": "{}"}])

    def test_it_comes_once_a_day(self) -> None:
        for hours in (1, 19, 19.9, 20, 21, 30, 44, 45):
            self.flush(hours)
        self.assertEqual(self.channel.titles, 2 * ["daily digest · all is well"])

    def test_it_is_sent_now_when_asked(self) -> None:
        self.notifier.digest(NOON + timedelta(hours=1))
        self.flush(2)
        self.assertEqual(self.channel.titles, ["daily digest · all is well"])

    def test_none_when_it_is_off(self) -> None:
        self.settings = {"digest_at": ""}
        self.flush(30)
        self.assertEqual(self.channel.titles, [])

    def test_it_sums_up(self) -> None:
        self.run_on_record(3, "succeeded")
        self.run_on_record(5, "failed", "the source users refused\nmore")
        self.read(True, 5)
        self.read(True, 5, subject="tracks")
        self.journal.amend(self.only_of("users"), lambda one: acknowledged(one, "ada", NOON, "asked the app"))
        self.read(False, 6, subject="tracks")
        self.notifier.digest(NOON + timedelta(hours=20))
        digest = self.channel.messages[0]
        self.assertEqual(digest.title, "Ritournelle · daily digest · 1 open, 1 critical")
        missing = "rows are missing or appear twice (3 rows are missing)"
        wanted = f"""\
Open incidents
- error · users: {missing}
    2026-11-25 17:00 UTC · taken by ada · 20261125T170000-completeness-users

Since the last digest (2026-11-25 12:00 UTC)
- opened: users: {missing}
- opened: tracks: {missing}
- over by itself: tracks: {missing}

Runs of yesterday (2026-11-25)
- run: succeeded, 12 s
    users: 1,000 rows, 12 new
- run: failed, 12 s · the source users refused
    users: 1,000 rows, 12 new"""
        self.assertEqual(digest.body, wanted)

    def only_of(self, subject: str) -> str:
        """The id of the open incident of a subject."""
        (found,) = [one for one in self.journal.open_incidents() if one.subject == subject]
        return found.incident_id


class WordsTest(NotifierCase):
    def test_an_alert_says_what_to_do_and_where_to_look(self) -> None:
        self.settings = {"link": "https://music.example.com/", "time_zone": "Europe/Paris"}
        self.read(True)
        self.flush()
        (message,) = self.channel.messages
        self.assertEqual((message.title, message.kind), (f"Ritournelle · {OPENED}", "bad"))
        for line in (
            "Already done: Nothing of this source was loaded, and yesterday is still served.\nWhat to do: Ask the app's",
            "Evidence: announced 1,000 · landed 997\n",
            "Since: 2026-11-25 13:00 Europe/Paris, seen once",
            "Runbook: docs/runbooks/completeness.md",
            "Take it: ritournelle incidents ack 20261125T120000-completeness-users\n",
            "Page: https://music.example.com/incidents/20261125T120000-completeness-users",
        ):
            self.assertIn(line, message.body)

    def test_in_french(self) -> None:
        self.read(True)
        self.read(False, 3)
        self.settings = {"language": "fr"}
        self.flush(3)
        first, second = self.channel.messages
        self.assertTrue(first.title.startswith("Ritournelle · erreur · users : des lignes manquent"))
        self.assertIn("Déjà fait : Rien de cette source n'a été chargé", first.body)
        self.assertIn("Entre-temps : c'est terminé", first.body)
        self.assertNotIn("incidents ack", first.body)
        self.assertIn("Durée : 3 h, vu une fois", second.body)

    def test_a_report_of_a_person_names_nobody(self) -> None:
        report = Report("marts.recommendations", "all lists are alike", by="lea", contact="lea@example.com")
        self.notifier.notify([self.journal.open_by_person(report, NOON)], NOON)
        self.flush()
        (message,) = self.channel.messages
        self.assertEqual(message.title, "Ritournelle · warning · marts.recommendations: all lists are alike")
        self.assertIn("Somebody who uses the data reported it.", message.body)
        self.assertNotIn("lea", message.body)

    def test_a_title_stays_a_title(self) -> None:
        report = Report("tracks", "words " * 150)
        self.notifier.notify([self.journal.open_by_person(report, NOON)], NOON)
        self.flush()
        self.assertEqual(len(self.channel.messages[0].title), 140)

    def test_the_test_message(self) -> None:
        broken = MemoryChannel("slack")
        broken.problem = "no such token"
        self.channels.append(broken)
        sent = self.notifier.test(NOON)
        self.assertEqual((sent.messages["memory"], sent.problems), (2, {"slack": "no such token"}))
        self.assertEqual(self.channel.titles[0], "a test")
