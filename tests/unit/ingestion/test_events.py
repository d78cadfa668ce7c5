"""Loading the event log: each message once, wherever a run dies; bad ones kept; what is told again counts once."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import TestCase

from ritournelle.domain.exposures import Exposure, ShownList
from ritournelle.domain.feedback import Feedback, FeedbackKind
from ritournelle.domain.listens import ListenEvent
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.domain.recommendations import AnsweredBy
from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.ingestion.events import Counts, load_events, replay_events
from ritournelle.ingestion.quarantine import reopen_since
from ritournelle.runs.record import Step, begin_run
from ritournelle.streaming.broker import Outgoing
from ritournelle.streaming.local.broker import LocalBroker
from ritournelle.streaming.local.consumer import LocalConsumer
from ritournelle.streaming.messages import Told, encode, outgoing
from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.tables import SRC_LISTEN_HISTORY, TABLES

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
ISSUED = Issued(1, 7, "als-1", "page", NOW)


def listen(number: int, **changes: Any) -> ListenEvent:
    """One listen of user 1, each number another one."""
    return ListenEvent.of(1, 7, NOW + timedelta(minutes=number), **changes)


def judged(kind: FeedbackKind, minutes: int, recommendation: str = "r") -> Feedback:
    """Feedback on a recommendation, given so many minutes later."""
    return Feedback.of(recommendation, ISSUED, kind, NOW + timedelta(minutes=minutes))


class DiesBeforeCommit(LocalConsumer):
    """A consumer whose process dies when it wants to commit."""

    def commit(self) -> None:
        raise KeyboardInterrupt


class DyingBroker(LocalBroker):
    """A broker whose consumers die."""

    def consume(self, topic: str, group: str, *, start: Mapping[int, int] | None = None) -> LocalConsumer:
        consumer = super().consume(topic, group, start=start)
        consumer.__class__ = DiesBeforeCommit
        return consumer


class EventsTest(TestCase):
    """A warehouse and an event log."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.warehouse = connect(f"duckdb:///{self.folder / 'warehouse.duckdb'}")
        self.addCleanup(self.warehouse.close)
        self.warehouse.ensure(TABLES)
        self.broker = LocalBroker(self.folder / "events")

    def tell(self, *events: Told) -> None:
        self.broker.publish(outgoing(events))

    def load(self, *, batch: int = 100, broker: LocalBroker | None = None) -> Step:
        return load_events(self.warehouse, broker or self.broker, begin_run(self.warehouse, "run"), batch=batch)

    def counts(self, step: Step) -> Counts:
        return Counts(**(step.measures or {}))

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        found = self.warehouse.read(f"SELECT {columns} FROM {table} ORDER BY ALL")
        return [tuple(row.values()) for row in found.to_pylist()]

    def test_what_is_told_of_the_forgotten_is_left_out(self) -> None:
        forgotten = Forgotten(self.folder / "forgotten.json", lambda: "key")
        forgotten.ask(1, NOW)
        other = ListenEvent.of(2, 7, NOW)
        self.tell(listen(1), listen(2), other, judged(FeedbackKind.USEFUL, 1))
        self.broker.publish([Outgoing("listens", "1", b"no JSON"), Outgoing("listens", "nobody", b"no JSON")])
        run = begin_run(self.warehouse, "run")
        step = load_events(self.warehouse, self.broker, run, forgotten=forgotten)
        self.assertEqual(self.counts(step), Counts(landed=2, inserted=1, quarantined=1, erased=4))
        self.assertEqual(self.rows("raw.src_listen_events", "user_id"), [(2,)])
        self.assertEqual(self.rows("quarantine.rows", "source_key"), [("nobody",)])
        forgotten.readmit(1)  # what was dropped stays dropped
        self.assertEqual(self.counts(self.load()), Counts())

    def test_every_event_has_its_row(self) -> None:
        record = datetime(2026, 11, 1, 12)
        told = ListenEvent.of(1, 7, NOW, source_record_at=record, occurrence=1, position=3)
        shown = Exposure(
            recommendation_id="r",
            user_id=1,
            track_id=7,
            rank=2,
            model_version="als-1",
            surface="page",
            answered_by=AnsweredBy.MODEL,
            exposed_at=NOW,
        )
        self.tell(
            told, listen(5), shown, judged(FeedbackKind.USEFUL, 1), TasteExclusion.of(1, ExclusionKind.TRACK, 7, NOW)
        )
        step = self.load()
        self.assertEqual(self.counts(step), Counts(landed=5, inserted=5))
        columns = "listen_id, user_id, track_id, listened_at, source_record_at, occurrence, position, run_number, source_epoch"
        self.assertCountEqual(
            self.rows("raw.src_listen_events", columns),
            [
                (told.listen_id, 1, 7, NOW, record, 1, 3, 1, 1),
                (listen(5).listen_id, 1, 7, NOW + timedelta(minutes=5), None, None, None, 1, 1),
            ],
        )
        columns = "recommendation_id, rank, model_version, surface, answered_by, exposed_at"
        self.assertEqual(self.rows("raw.src_exposures", columns), [("r", 2, "als-1", "page", "model", NOW)])
        columns = "recommendation_id, user_id, track_id, kind, given_at"
        self.assertEqual(self.rows("raw.src_feedback", columns), [("r", 1, 7, "useful", NOW + timedelta(minutes=1))])
        columns = "user_id, kind, target, starts_at, ends_at, is_active, changed_at"
        self.assertEqual(self.rows("raw.src_taste_exclusions", columns), [(1, "track", "7", None, None, True, NOW)])
        self.assertEqual(
            step.message, "2 listens, 1 feedback, 1 exposures, 1 taste_exclusions: 5 new, 0 given later, 0 known"
        )
        self.assertEqual(self.load().message, "nothing was told since the last run")

    def test_a_list_lands_as_its_exposures_also_where_some_were_told_one_by_one(self) -> None:
        shown = [
            ShownList(
                user_id=user_id,
                model_version="als-1",
                surface="page",
                answered_by=AnsweredBy.MODEL,
                track_ids=list(range(7, 12)),
                recommendation_ids=[f"{user_id}-{rank}" for rank in range(1, 6)],
                exposed_at=NOW,
            )
            for user_id in range(3)
        ]
        self.tell(shown[0].exposures()[1], *shown[:2])
        self.broker.publish([Outgoing("exposures", "1", b"no JSON")])
        counts = self.counts(self.load())
        self.assertEqual(counts, Counts(landed=12, inserted=10, unchanged=1, quarantined=1))
        self.tell(*shown)  # told again
        self.assertEqual(self.counts(self.load(batch=2)), Counts(landed=15, inserted=5, unchanged=10))
        columns = "recommendation_id, user_id, track_id, rank, model_version, surface, answered_by, exposed_at"
        self.assertEqual(
            self.rows("raw.src_exposures", columns),
            [
                (f"{user_id}-{rank}", user_id, 6 + rank, rank, "als-1", "page", "model", NOW)
                for user_id in range(3)
                for rank in range(1, 6)
            ],
        )

    def test_batches_end_and_go_on(self) -> None:
        self.tell(*(listen(number) for number in range(25)))
        self.assertEqual(self.counts(self.load(batch=10)).inserted, 25)
        self.tell(*(listen(number) for number in range(20, 30)))
        self.assertEqual(self.counts(self.load(batch=10)), Counts(landed=10, inserted=5, unchanged=5))
        self.assertEqual(len(self.rows("raw.src_listen_events")), 30)

    def test_the_first_listen_counts_and_the_latest_feedback(self) -> None:
        record = datetime(2026, 11, 1)
        first = ListenEvent.of(1, 7, NOW, source_record_at=record)
        self.tell(first, ListenEvent.of(1, 7, NOW + timedelta(hours=1), source_record_at=record))
        self.tell(judged(FeedbackKind.USEFUL, 1), judged(FeedbackKind.NOT_USEFUL, 2), judged(FeedbackKind.USEFUL, 3))
        self.assertEqual(self.counts(self.load()), Counts(landed=5, inserted=3, unchanged=2))
        self.assertEqual(self.rows("raw.src_listen_events", "listened_at"), [(NOW,)])
        self.tell(judged(FeedbackKind.NOT_USEFUL, 1), judged(FeedbackKind.USEFUL, 9))
        self.assertEqual(self.counts(self.load(batch=1)), Counts(landed=2, updated=1, unchanged=1))
        given = [
            (kind, run, moment.minute)
            for kind, run, moment in self.rows("raw.src_feedback", "kind, run_number, given_at")
        ]
        self.assertEqual(given, [("not_useful", 1, 2), ("useful", 1, 3), ("useful", 2, 9)])

    def test_feedback_given_again_within_a_run_is_one_row(self) -> None:
        self.tell(*(judged(FeedbackKind.PLAY, minutes) for minutes in range(5)))
        self.assertEqual(self.counts(self.load(batch=1)), Counts(landed=5, inserted=1, updated=4))
        self.assertEqual(self.rows("raw.src_feedback", "given_at"), [(NOW + timedelta(minutes=4),)])

    def test_a_death_between_warehouse_and_broker_loads_nothing_twice(self) -> None:
        self.tell(*(listen(number) for number in range(5)))
        with self.assertRaises(KeyboardInterrupt):
            self.load(broker=DyingBroker(self.folder / "events"))
        self.assertEqual(len(self.rows("raw.src_listen_events")), 5)
        self.assertEqual(self.counts(self.load()), Counts())  # the offsets were committed with the rows
        self.tell(listen(5))
        self.assertEqual(self.counts(self.load()), Counts(landed=1, inserted=1))

    def test_a_death_within_the_transaction_leaves_no_trace(self) -> None:
        self.tell(listen(1))
        with self.assertRaises(KeyboardInterrupt), self.warehouse.transaction():
            self.load()
            raise KeyboardInterrupt
        self.assertEqual(self.rows("ops.stream_offsets"), [])
        self.assertEqual(self.counts(self.load()), Counts(landed=1, inserted=1))

    def test_a_log_that_was_made_anew_is_read_from_its_start(self) -> None:
        self.tell(listen(1), listen(2))
        self.load()
        self.broker = LocalBroker(self.folder / "another")
        self.tell(listen(2), listen(3))
        self.assertEqual(self.counts(self.load()), Counts(landed=2, inserted=1, unchanged=1))

    def test_a_bad_message_costs_no_good_one_and_comes_back_when_it_can_be_read(self) -> None:
        later = encode(listen(1)).replace(b'"version":1', b'"version":2')
        forged = encode(listen(2)).replace(b'"track_id":7', b'"track_id":8')
        self.broker.publish(
            [Outgoing("listens", "1", value) for value in (later, forged, b"\xff\x00", encode(listen(3)))]
        )
        self.assertEqual(self.counts(self.load()), Counts(landed=4, inserted=1, quarantined=3))
        reasons = dict(self.rows("quarantine.rows", "reason, source_key || ' ' || source || ' ' || status"))
        self.assertEqual(set(reasons.values()), {"1 listens open"})
        self.assertIn("version 2 of the encoding is not known here", reasons)
        self.broker.publish([Outgoing("listens", "1", forged)])
        self.load()
        self.assertEqual(len(self.rows("quarantine.rows")), 3)
        run = begin_run(self.warehouse, "quarantine replay")
        self.assertEqual([(one.replayed, one.still_open) for one in replay_events(self.warehouse, run)][0], (0, 3))
        self.warehouse._run("UPDATE quarantine.rows SET payload = replace(payload, '\"version\":2', '\"version\":1')")  # type: ignore[attr-defined]  # pylint: disable=protected-access  # as if the code knew it now
        self.assertEqual([(one.replayed, one.still_open) for one in replay_events(self.warehouse, run)][0], (1, 2))
        self.assertIn((listen(1).listen_id,), self.rows("raw.src_listen_events", "listen_id"))
        reopen_since(self.warehouse, 1)  # a backfill, which cannot bring messages back, leaves them alone
        self.assertEqual(len(self.rows("quarantine.rows")), 3)

    def test_events_belong_to_the_population_that_was_known(self) -> None:
        self.warehouse.append(SRC_LISTEN_HISTORY, SRC_LISTEN_HISTORY.rows([{"user_id": 1, "source_epoch": 4}]))
        self.tell(listen(1))
        self.load()
        self.assertEqual(self.rows("raw.src_listen_events", "source_epoch"), [(4,)])

    def test_moments_beyond_what_zones_can_be_reckoned_with_are_poison(self) -> None:
        value = encode(listen(1)).replace(b"2026-11-25T08:01:00Z", b"9999-12-31T23:59:59-01:00")
        self.broker.publish([Outgoing("listens", "1", value)])
        self.assertEqual(self.counts(self.load()), Counts(landed=1, quarantined=1))
        self.assertEqual(self.rows("quarantine.rows", "reason"), [("listened_at is in the year 9999",)])
