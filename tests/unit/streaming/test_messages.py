"""Messages: what is encoded comes back, and what cannot be used is told, not raised."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from unittest import TestCase

import msgspec

from ritournelle.domain.exposures import Exposure, ShownList
from ritournelle.domain.feedback import Feedback, FeedbackKind
from ritournelle.domain.listens import ListenEvent
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.domain.recommendations import AnsweredBy
from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.streaming.messages import Event, Poison, decode, encode, events_in, outgoing
from ritournelle.streaming.topics import Topic

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
LISTEN = ListenEvent.of(1, 7, NOW, source_record_at=datetime(2026, 11, 1), occurrence=2, position=5)
EVENTS: dict[Topic, Event] = {
    Topic.LISTENS: LISTEN,
    Topic.FEEDBACK: Feedback.of("id", Issued(1, 7, "als-1", "page", NOW), FeedbackKind.NOT_USEFUL, NOW),
    Topic.EXPOSURES: Exposure(
        recommendation_id="id",
        user_id=1,
        track_id=7,
        rank=1,
        model_version="als-1",
        surface="page",
        answered_by=AnsweredBy.FOLD_IN,
        exposed_at=NOW,
    ),
    Topic.TASTE_EXCLUSIONS: TasteExclusion.of(1, ExclusionKind.SESSION, None, NOW, starts_at=NOW),
}
SHOWN = ShownList(
    user_id=1,
    model_version="als-1",
    surface="page",
    answered_by=AnsweredBy.FOLD_IN,
    track_ids=(7, 9),
    recommendation_ids=("id", "other"),
    exposed_at=NOW,
)


class MessagesTest(TestCase):
    """Round trips and refusals."""

    def test_a_list_is_one_message_and_becomes_an_exposure_per_track(self) -> None:
        (message,) = outgoing([SHOWN])
        self.assertEqual((message.topic, message.key), (Topic.EXPOSURES, "1"))
        found = decode(Topic.EXPOSURES, message.value)
        assert isinstance(found, ShownList)
        first = EVENTS[Topic.EXPOSURES]
        second = msgspec.structs.replace(first, recommendation_id="other", track_id=9, rank=2)
        self.assertEqual(events_in(found), [first, second])

    def test_a_list_that_contradicts_itself_is_poison(self) -> None:
        for change in (
            {"recommendation_ids": ["id"]},
            {"track_ids": [7, 2**63]},
            {"exposed_at": "0001-01-01T00:00:00Z"},
            {"version": 1},
        ):
            value = json.dumps(json.loads(encode(SHOWN)) | change).encode()
            self.assertIsInstance(decode(Topic.EXPOSURES, value), Poison, change)
        value = json.dumps(json.loads(encode(SHOWN))).encode()
        self.assertIsInstance(decode(Topic.FEEDBACK, value), Poison)

    def test_every_event_comes_back_as_it_was(self) -> None:
        for topic, event in EVENTS.items():
            self.assertEqual(decode(topic, encode(event)), event)

    def test_a_listen_has_the_fields_of_the_design(self) -> None:
        self.assertEqual(
            json.loads(encode(LISTEN)),
            {
                "version": 1,
                "listen_id": LISTEN.listen_id,
                "user_id": 1,
                "track_id": 7,
                "listened_at": "2026-11-25T08:00:00Z",
                "source_record_at": "2026-11-01T00:00:00",
                "occurrence": 2,
                "position": 5,
            },
        )

    def test_messages_are_keyed_by_user_and_go_to_their_topics(self) -> None:
        messages = outgoing(EVENTS.values())
        self.assertEqual([message.topic for message in messages], list(EVENTS))
        self.assertEqual({message.key for message in messages}, {"1"})

    def test_fields_of_a_later_platform_are_passed_over(self) -> None:
        value = json.dumps(json.loads(encode(LISTEN)) | {"mood": "calm"}).encode()
        self.assertEqual(decode(Topic.LISTENS, value), LISTEN)

    def test_poison_says_why(self) -> None:
        told = json.loads(encode(LISTEN))
        for change, reason in (
            ({"version": 2}, "version 2 of the encoding is not known here"),
            ({"user_id": "1"}, "Expected `int`, got `str` - at `$.user_id`"),
            ({"user_id": 2**63}, "user_id"),
            ({"user_id": None}, "user_id"),
            ({"track_id": 8}, "listen_id is not the one that its values have"),
            ({"occurrence": 1}, "listen_id is not the one that its values have"),
            ({"source_record_at": None}, "occurrence without source_record_at"),
            ({"listened_at": "2026-11-25T08:00:00"}, "timezone component"),
            ({"source_record_at": "2026-11-01T00:00:00Z"}, "timezone component"),
            ({"listened_at": "yesterday"}, "RFC3339"),
            ({"listen_id": "\0"}, "listen_id"),
        ):
            found = decode(Topic.LISTENS, json.dumps(told | change).encode())
            assert isinstance(found, Poison), change
            self.assertIn(reason, found.reason)

    def test_what_is_no_json_is_poison_too_and_can_be_kept_as_text(self) -> None:
        for value in (b"", b"{", b"[]", b"\xff\xfe{}", b'{"version": 1, "a": "\x00"}', b"null", b'{"version": "1"}'):
            found = decode(Topic.FEEDBACK, value)
            assert isinstance(found, Poison), value
            self.assertTrue(found.reason)
            self.assertNotIn("\0", found.text)
            found.text.encode("utf-8")

    def test_forged_feedback_and_exclusions_are_poison(self) -> None:
        for topic, change in (
            (Topic.FEEDBACK, {"kind": "useful"}),
            (Topic.FEEDBACK, {"recommendation_id": "another"}),
            (Topic.FEEDBACK, {"kind": "adored"}),
            (Topic.TASTE_EXCLUSIONS, {"user_id": 2}),
            (Topic.TASTE_EXCLUSIONS, {"kind": "track"}),
            (Topic.EXPOSURES, {"rank": 0}),
            (Topic.EXPOSURES, {"answered_by": "a friend"}),
        ):
            value = json.dumps(json.loads(encode(EVENTS[topic])) | change).encode()
            self.assertIsInstance(decode(topic, value), Poison, change)
