"""The life of an incident: what sensors and people may do with it, and what they may not."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

from ritournelle.errors import PermanentError
from ritournelle.monitoring.following import Flapping, Opening
from ritournelle.monitoring.incidents import Change, Event, Phase, acknowledged, action_taken, resolved
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reading import Reading, Severity, Status
from ritournelle.monitoring.reports import Report
from tests.unit.monitoring.homes import journal_for

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
OPENING = Opening("platform", "completeness", "users: rows are missing")


def reading(fired: bool, hours: float = 0, severity: Severity = Severity.ERROR, subject: str = "users") -> Reading:
    """One word of the sensor."""
    status = Status.FIRED if fired else Status.PASSED
    return Reading("completeness", subject, status, severity, NOON + timedelta(hours=hours), {"missing": 3})


class AtHome(unittest.TestCase):
    """A journal in a folder of its own."""

    def setUp(self) -> None:
        self.journal = journal_for(self)

    def follow(self, *readings: Reading) -> list[Event | None]:
        """What happened."""
        openings = {one.key: OPENING for one in readings}
        return [change.event for change in self.journal.follow(readings, openings)]

    def only(self) -> str:
        """The id of the one incident there is."""
        (incident,) = self.journal.incidents()
        return incident.incident_id


class FlappingTest(AtHome):
    def test_what_comes_back_reopens_the_same_incident(self) -> None:
        self.follow(reading(True))
        self.assertEqual(self.follow(reading(False, 24)), [Event.CLOSED_ITSELF])
        self.assertEqual(self.follow(reading(True, 48)), [Event.REOPENED])
        incident = self.journal.incident(self.only())
        self.assertEqual((incident.phase, incident.reopenings, incident.times_seen), (Phase.OPEN, 1, 2))
        self.assertIsNone(incident.resolved_at)

    def test_what_comes_back_late_is_a_new_one(self) -> None:
        self.follow(reading(True))
        self.follow(reading(False, 1))
        self.assertEqual(self.follow(reading(True, 1 + 36.1)), [Event.OPENED])
        self.assertEqual(len(self.journal.incidents()), 2)

    def test_what_a_person_resolved_is_not_reopened(self) -> None:
        self.follow(reading(True))
        self.journal.amend(self.only(), lambda one: resolved(one, "ada", NOON + timedelta(hours=1)))
        self.assertEqual(self.follow(reading(True, 2)), [Event.OPENED])
        self.assertEqual(len(self.journal.incidents()), 2)

    def test_a_sensor_that_flaps_tells_of_it_seven_times(self) -> None:
        events = [event for hour in range(16) for event in self.follow(reading(hour % 2 == 0, hour)) if event]
        self.assertEqual(events, [Event.OPENED] + 3 * [Event.CLOSED_ITSELF, Event.REOPENED])
        self.assertEqual(self.follow(reading(False, 14 + 36)), [])
        self.assertEqual(self.follow(reading(False, 14 + 36.1)), [Event.CLOSED_ITSELF])
        self.assertEqual(self.journal.incident(self.only()).times_seen, 8)

    def test_the_limits_can_be_set(self) -> None:
        self.journal = Journal(self.journal.path, Flapping(timedelta(0), 0))
        self.follow(reading(True))
        self.assertEqual(self.follow(reading(False, 1)), [Event.CLOSED_ITSELF])
        self.assertEqual(self.follow(reading(True, 2)), [Event.OPENED])

    def test_worse_is_told_and_better_is_not(self) -> None:
        severities = (Severity.WARN, Severity.BLOCK, Severity.ERROR)
        told = [self.follow(reading(True, hour, severity)) for hour, severity in enumerate(severities)]
        self.assertEqual(told, [[Event.OPENED], [Event.WORSENED], [None]])


class ByHandTest(AtHome):
    def setUp(self) -> None:
        super().setUp()
        self.follow(reading(True))

    def amend(self, verb: Callable[..., Change], note: str = "") -> Change:
        """Ada does something."""
        return self.journal.amend(self.only(), lambda one: verb(one, "ada", NOON, note))

    def test_its_life_is_on_record(self) -> None:
        self.amend(acknowledged)
        self.amend(action_taken, "asked the app's team\nto fix it")
        over = self.amend(resolved, "they did").incident
        self.assertEqual((over.taken_by, over.acknowledged_at, over.phase), ("ada", NOON, Phase.RESOLVED))
        told = [(one["event"], one["done_by"], one["note"]) for one in self.journal.events_of(over.incident_id)]
        self.assertEqual(
            told,
            [
                ("opened", "ritournelle", ""),
                ("acknowledged", "ada", ""),
                ("action", "ada", "asked the app's team to fix it"),
                ("resolved", "ada", "they did"),
            ],
        )

    def test_what_makes_no_sense_is_refused(self) -> None:
        self.amend(acknowledged)
        with self.assertRaisesRegex(PermanentError, "acknowledged by ada already; say what you do about it"):
            self.amend(acknowledged)
        with self.assertRaisesRegex(PermanentError, "needs a note"):
            self.amend(action_taken, "  ")
        with self.assertRaisesRegex(PermanentError, "the note has 1,001 characters; at most 1,000 are kept"):
            self.amend(action_taken, "x" * 1001)
        self.amend(resolved)
        for verb in (acknowledged, action_taken, resolved):
            with self.assertRaisesRegex(PermanentError, "is resolved since 2026-11-25 12:00 UTC; there is nothing to "):
                self.amend(verb, "again")
        self.assertEqual(len(self.journal.events_of(self.only())), 3)

    def test_an_id_that_is_the_beginning_of_another_is_found(self) -> None:
        self.follow(reading(True, subject="users.age"))
        self.assertEqual(self.journal.incident("20261125T120000-completeness-users").subject, "users")
        with self.assertRaisesRegex(PermanentError, "2 incidents have"):
            self.journal.incident("20261125")

    def test_opened_and_resolved_within_one_second_are_two(self) -> None:
        self.amend(resolved)
        self.follow(reading(True))
        names = sorted(incident.incident_id[-8:] for incident in self.journal.incidents())
        self.assertEqual(names, ["ss-users", "-users-2"][::-1])


class ByAPersonTest(AtHome):
    def test_a_consumer_opens_one_and_others_join(self) -> None:
        first = self.journal.open_by_person(Report("marts.recommendations", "all lists are alike", by="lea"), NOON)
        self.assertEqual(
            (first.event, first.incident.sensor, first.incident.runbook), (Event.OPENED, "person", "person")
        )
        second = self.journal.open_by_person(Report("marts.recommendations", "mine as well"), NOON)
        third = self.journal.open_by_person(Report("marts.recommendations", "all of them", Severity.ERROR), NOON)
        self.assertEqual((second.event, third.event), (Event.REPORTED, Event.WORSENED))
        incident = self.journal.incident(self.only())
        self.assertEqual((incident.times_seen, incident.severity, incident.opened_by), (3, Severity.ERROR, "lea"))
        self.assertEqual(incident.message, "marts.recommendations: all lists are alike")
        notes = [event["note"] for event in self.journal.events_of(incident.incident_id)]
        self.assertEqual(notes, ["all lists are alike", "mine as well", "all of them"])

    def test_no_sensor_closes_it_and_the_contact_is_forgotten(self) -> None:
        self.journal.open_by_person(Report("tracks", "names are missing", contact="lea@example.com"), NOON)
        self.follow(reading(False, subject="tracks"))
        self.assertEqual(self.journal.incident(self.only()).contact, "lea@example.com")
        self.journal.amend(self.only(), lambda one: resolved(one, "ada", NOON))
        self.assertEqual(self.journal.incident(self.only()).contact, "")

    def test_what_cannot_be_taken_is_refused_with_a_word(self) -> None:
        for changes, told in (
            ({"subject": "raw.src_users"}, "is no subject; there are: tracks, users"),
            ({"subject": "marts.x; DROP"}, "is no subject"),
            ({"subject": "x" * 500}, "…' is no subject"),
            ({"severity": Severity.BLOCK}, "only sensors hold publication"),
            ({"message": "bad "}, "say in a sentence"),
            ({"message": "x" * 1001}, "the message has 1,001 characters"),
            ({"by": "x" * 81}, "the name has 81"),
            ({"contact": "x" * 201}, "the contact has 201"),
        ):
            with self.subTest(told), self.assertRaisesRegex(PermanentError, told):
                Report(**({"subject": "tracks", "message": "names are missing"} | changes))

    def test_control_characters_do_not_get_through(self) -> None:
        report = Report("tracks", "names\r\nare \x1b[31mred\u202e", by="\t")
        self.assertEqual((report.message, report.by), ("names are [31mred", "a consumer"))


class AtOnceTest(AtHome):
    def at_once(self, work: Callable[[int], object], hands: int = 8) -> list[object]:
        """The same in many threads, as close together as can be."""
        start = Barrier(hands)

        def one(number: int) -> object:
            start.wait()
            return work(number)

        with ThreadPoolExecutor(hands) as threads:
            return list(threads.map(one, range(hands)))

    def test_one_opens_and_the_others_see(self) -> None:
        events = self.at_once(lambda number: tuple(self.follow(reading(True, number / 60))))
        self.assertEqual([events.count((event,)) for event in (Event.OPENED, None)], [1, 7])
        self.assertEqual(self.journal.incident(self.only()).times_seen, 8)

    def test_changes_that_were_decided_before_join_as_well(self) -> None:
        other = Journal(self.journal.path.with_name("other.db"))
        (change,) = other.follow([reading(True)], {"completeness:users": OPENING})
        self.at_once(lambda _: self.journal.keep_changes([change]))
        self.assertEqual(self.journal.incident(self.only()).times_seen, 8)
        self.assertEqual(len(self.journal.events_of(self.only())), 1)

    def test_a_run_does_not_overwrite_an_acknowledgement(self) -> None:
        self.follow(reading(True))
        name = self.only()

        def work(number: int) -> object:
            if number == 3:
                return self.journal.amend(name, lambda one: acknowledged(one, "ada", NOON))
            return self.follow(reading(True, number))

        self.at_once(work)
        incident = self.journal.incident(name)
        self.assertEqual((incident.phase, incident.taken_by, incident.times_seen), (Phase.ACKNOWLEDGED, "ada", 8))
