"""Events and their ids: the same thing told twice is one, and two things never are."""

from __future__ import annotations

import hmac
import struct
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone
from unittest import TestCase

import pyarrow as pa

from ritournelle.domain.feedback import Feedback, FeedbackKind
from ritournelle.domain.listens import ListenEvent
from ritournelle.domain.recommendation_ids import Issued, RecommendationIds
from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.errors import RecommendationIdError
from ritournelle.ingestion.explode import explode_listens

NOW = datetime(2026, 11, 25, 8, 0, 0, 123456, tzinfo=UTC)
RECORD = datetime(2024, 5, 6, 7, 8, 9, 10)


class ListenEventTest(TestCase):
    """`ListenEvent.of`."""

    def test_it_has_the_id_that_the_batch_builds(self) -> None:
        records = pa.table(
            {
                "user_id": [3],
                "created_at": pa.array([RECORD], pa.timestamp("us")),
                "items": pa.array([[7, 8, 7]], pa.list_(pa.int64())),
            }
        )
        for listen in explode_listens(records).to_pylist():
            event = ListenEvent.of(
                3, listen["track_id"], NOW, source_record_at=RECORD, occurrence=listen["occurrence"], position=99
            )
            self.assertEqual(event.listen_id, listen["listen_id"])

    def test_without_a_record_the_moment_names_it_in_whatever_zone(self) -> None:
        event = ListenEvent.of(3, 7, NOW)
        elsewhere = NOW.astimezone(timezone(timedelta(hours=2)))
        self.assertEqual(ListenEvent.of(3, 7, elsewhere), event)
        others = [
            ListenEvent.of(4, 7, NOW),
            ListenEvent.of(3, 8, NOW),
            ListenEvent.of(3, 7, NOW + timedelta(microseconds=1)),
            ListenEvent.of(3, 7, NOW, source_record_at=NOW.replace(tzinfo=None)),
        ]
        self.assertEqual(len({event.listen_id, *(other.listen_id for other in others)}), 5)

    def test_what_makes_no_sense_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "time zone"):
            ListenEvent.of(3, 7, RECORD)
        with self.assertRaisesRegex(ValueError, "needs source_record_at"):
            ListenEvent.of(3, 7, NOW, occurrence=1)
        with self.assertRaisesRegex(ValueError, "without a zone"):
            ListenEvent.of(3, 7, NOW, source_record_at=NOW)


class FeedbackTest(TestCase):
    """`Feedback.of`."""

    def test_the_same_feedback_twice_has_one_id(self) -> None:
        issued = Issued(1, 7, "als-1", "page", NOW)
        first = Feedback.of("a", issued, FeedbackKind.USEFUL, NOW)
        again = Feedback.of("a", issued, FeedbackKind.USEFUL, NOW + timedelta(seconds=3))
        self.assertEqual(first.feedback_id, again.feedback_id)
        for other in (
            Feedback.of("a", issued, FeedbackKind.PLAY, NOW),
            Feedback.of("b", issued, FeedbackKind.USEFUL, NOW),
        ):
            self.assertNotEqual(first.feedback_id, other.feedback_id)


class TasteExclusionTest(TestCase):
    """`TasteExclusion.of`."""

    def test_it_is_taken_back_under_its_id(self) -> None:
        given = TasteExclusion.of(1, ExclusionKind.TRACK, 7, NOW)
        taken_back = TasteExclusion.of(1, ExclusionKind.TRACK, "7", NOW + timedelta(days=1), is_active=False)
        self.assertEqual(given.exclusion_id, taken_back.exclusion_id)
        self.assertEqual(given.target, "7")

    def test_what_makes_no_sense_is_refused(self) -> None:
        for kind, target in ((ExclusionKind.TRACK, "Ada"), (ExclusionKind.ARTIST, None), (ExclusionKind.SESSION, None)):
            with self.assertRaises(ValueError):
                TasteExclusion.of(1, kind, target, NOW)


class RecommendationIdsTest(TestCase):
    """Issuing and checking."""

    ids = RecommendationIds(b"a key of the tests", timedelta(days=30))
    issued = Issued(1, 7, "als-000001", "page", NOW)

    def why(self, recommendation_id: str, *, user_id: int = 1, now: datetime = NOW) -> str:
        with self.assertRaises(RecommendationIdError) as caught:
            self.ids.check(recommendation_id, user_id=user_id, now=now)
        return caught.exception.why

    def test_an_id_gives_back_what_it_was_issued_for(self) -> None:
        for issued in (self.issued, Issued(-(2**63), 2**63 - 1, "", "é", NOW), Issued(0, 0, "m" * 100, "s" * 100, NOW)):
            name = self.ids.issue(issued)
            self.assertRegex(name, "^[A-Za-z0-9_-]{50,500}$")
            self.assertEqual(self.ids.check(name, user_id=issued.user_id, now=NOW), issued)

    def test_each_value_counts(self) -> None:
        others = [
            Issued(2, 7, "als-000001", "page", NOW),
            Issued(1, 8, "als-000001", "page", NOW),
            Issued(1, 7, "als-000002", "page", NOW),
            Issued(1, 7, "als-000001", "api", NOW),
            Issued(1, 7, "als-000001", "page", NOW + timedelta(microseconds=1)),
        ]
        self.assertEqual(len({self.ids.issue(issued) for issued in (self.issued, *others)}), 6)

    def test_a_whole_list_has_the_ids_that_each_track_has_alone(self) -> None:
        tracks = list(range(-3, 40))
        alone = [self.ids.issue(Issued(1, track, "als-000001", "page", NOW)) for track in tracks]
        together = self.ids.issue_all(1, tracks, "als-000001", "page", NOW)
        self.assertEqual([name.decode() for name in together], alone)
        self.assertEqual(self.ids.issue_all(1, [], "als-000001", "page", NOW), [])

    def test_ids_of_the_form_before_live_on(self) -> None:
        head = struct.pack(">Bqqq", 1, 1, 7, (NOW - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))
        content = head + b"als-000001\x00page"
        sealed = content + hmac.digest(self.ids.key, content, "sha256")[:16]
        name = urlsafe_b64encode(sealed).rstrip(b"=").decode()
        self.assertEqual(self.ids.check(name, user_id=1, now=NOW), self.issued)
        forged = urlsafe_b64encode(content[:-1] + b"x" + sealed[len(content) :]).rstrip(b"=").decode()
        self.assertEqual(self.why(forged), "unknown")

    def test_foreign_and_expired_ids_are_refused(self) -> None:
        name = self.ids.issue(self.issued)
        self.assertEqual(self.why(name, user_id=2), "foreign")
        self.assertEqual(self.why(name, now=NOW + timedelta(days=30, seconds=1)), "expired")
        self.ids.check(name, user_id=1, now=NOW + timedelta(days=30))

    def test_forged_ids_are_refused(self) -> None:
        name = self.ids.issue(self.issued)
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for place, letter in enumerate(name):  # also the last one, some of whose bits say nothing
            for other in letters.replace(letter, ""):
                self.assertEqual(self.why(name[:place] + other + name[place + 1 :]), "unknown")
        for forged in ("", "=", name + "=", name[:-1], name + "A", " " + name, name + "\n", "é" * 75, "A" * 10**6):
            self.assertEqual(self.why(forged), "unknown")
        stranger = RecommendationIds(b"another key", timedelta(days=30)).issue(self.issued)
        self.assertEqual(self.why(stranger), "unknown")

    def test_what_no_id_can_carry_is_refused(self) -> None:
        for issued in (
            Issued(1, 7, "a\0b", "page", NOW),
            Issued(2**63, 7, "a", "b", NOW),
            Issued(1, 7, "m" * 201, "", NOW),
        ):
            with self.assertRaises(ValueError):
                self.ids.issue(issued)
