"""What is seen of serving from outside: servers by their signs of life, the event log, the online store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import TestCase

from ritournelle.monitoring.observations import (
    ApiTraffic,
    EventLogState,
    FeedbackIds,
    ListsServed,
    OnlineStoreState,
    Refused,
    ServersSeen,
    Waiting,
)
from ritournelle.monitoring.observing import serving
from ritournelle.monitoring.servers import ServerReport
from ritournelle.serving.traffic import Traffic
from ritournelle.sqlite_file import opened
from ritournelle.streaming.broker import Outgoing
from ritournelle.streaming.local.broker import LocalBroker
from tests.unit.monitoring.seen import NOON


def report(traffic: Traffic, minutes_ago: float = 0.5, *, has_ended: bool = False) -> ServerReport:
    """Of a server that was seen so long ago."""
    seen_at = NOON - timedelta(minutes=minutes_ago)
    name = f"server-{minutes_ago}"
    return ServerReport(name, NOON - timedelta(hours=1), seen_at, seen_at if has_ended else None, traffic.window())


def busy(answers: Sequence[tuple[int, float]]) -> Traffic:
    """Statuses and seconds."""
    traffic = Traffic()
    for status, seconds in answers:
        traffic.answered("/v1/popular", "GET", status, seconds)
    return traffic


def of_kind(kind: type[Any], reports: Sequence[ServerReport]) -> list[Any]:
    return [one for one in serving.servers(reports, NOON) if isinstance(one, kind)]


class Servers(TestCase):
    """One, several, none."""

    def test_where_none_was_ever_started_nothing_is_said(self) -> None:
        self.assertEqual(list(serving.servers([], NOON)), [])

    def test_several_are_added_up(self) -> None:
        one, other = busy([(200, 0.001)] * 98), busy([(503, 0.4), (200, 0.04)])
        one.refused("keys", "k1")
        other.refused("keys", "k2")
        other.refused("keys", "k2")
        one.listed("")
        other.listed("no model")
        other.told(has_bad_id=True)
        reports = [report(one), report(other, 1.0)]
        self.assertEqual(of_kind(ApiTraffic, reports), [ApiTraffic("api", 100, 1, 0.05)])
        self.assertEqual(of_kind(ListsServed, reports), [ListsServed("api", 2, 1, "no model")])
        self.assertEqual(of_kind(FeedbackIds, reports), [FeedbackIds("feedback", 1, 1)])
        self.assertEqual(of_kind(Refused, reports)[0], Refused("keys", 3, 2, "k2"))

    def test_a_request_slower_than_every_bound_is_not_quick(self) -> None:
        (seen,) = of_kind(ApiTraffic, [report(busy([(200, 60.0)] * 20))])
        self.assertGreater(seen.p99_seconds, 10.0)

    def test_of_a_dead_one_it_is_said_that_it_is_silent_and_nothing_else(self) -> None:
        reports = [report(busy([(503, 0.1)] * 50), 30)]
        self.assertEqual(list(serving.servers(reports, NOON)), [ServersSeen("server", 0, 1, 30.0, reports[0].seen_at)])

    def test_one_that_was_told_to_end_fails_no_more(self) -> None:
        reports = [report(busy([(503, 0.1)] * 50), has_ended=True)]
        self.assertEqual(of_kind(ApiTraffic, reports), [ApiTraffic("api", 0, 0, 0.0)])
        self.assertEqual(of_kind(ServersSeen, reports), [ServersSeen("server", 0, 0, 0.0, None)])

    def test_the_dead_beside_a_running_one(self) -> None:
        reports = [report(busy([(503, 0.1)] * 50), 30), report(busy([(200, 0.001)]))]
        (seen,) = of_kind(ServersSeen, reports)
        self.assertEqual((seen.running, seen.silent), (1, 1))
        self.assertEqual(of_kind(ApiTraffic, reports), [ApiTraffic("api", 1, 0, 0.001)])


class Stores(TestCase):
    """On disk."""

    def setUp(self) -> None:
        self.home = Path(self.enterContext(TemporaryDirectory()))

    def look(self, hours: float) -> list[Any]:
        with LocalBroker(self.home / "events") as broker:
            since = broker.waiting_since("listens", "daily")
            now = since + timedelta(hours=hours) if since else NOON
            return list(serving.event_log(broker, ["listens"], "daily", now))

    def test_a_log_that_nobody_wrote_to_is_well_and_is_not_made(self) -> None:
        self.assertEqual(self.look(0), [EventLogState("event_log"), Waiting("listens", 0.0, None)])
        self.assertFalse((self.home / "events" / "listens").exists())

    def test_what_waits_and_what_was_loaded(self) -> None:
        with LocalBroker(self.home / "events") as broker:
            broker.publish([Outgoing("listens", "1", b"{}")])
        state, waiting = self.look(40)
        self.assertEqual(state, EventLogState("event_log"))
        self.assertEqual(waiting.hours, 40.0)
        with LocalBroker(self.home / "events") as broker, broker.consume("listens", "daily") as consumer:
            consumer.poll(1, 2)
            consumer.commit()
        self.assertEqual(self.look(40)[1], Waiting("listens", 0.0, None))

    def test_a_log_that_nobody_can_write_to_is_told(self) -> None:
        (self.home / "events").mkdir()
        (self.home / "events" / "listens").write_bytes(b"")  # where a folder belongs
        with LocalBroker(self.home / "events") as broker:
            broker.publish([Outgoing("feedback", "1", b"{}")])
        lock = self.home / "events" / "feedback" / "write.lock"
        lock.unlink(missing_ok=True)
        lock.mkdir()
        (state,) = self.look(0)
        self.assertIn("feedback", state.problem)

    def test_looking_leaves_no_trace_in_the_log(self) -> None:
        with LocalBroker(self.home / "events") as broker:
            broker.publish([Outgoing("listens", "1", b"{}")])
        before = self.contents()
        self.look(1)
        self.assertEqual(self.contents(), before)

    def contents(self) -> dict[str, bytes]:
        files = [path for path in (self.home / "events").rglob("*") if path.is_file()]
        return {str(path): path.read_bytes() for path in files}

    def test_the_online_store(self) -> None:
        path = self.home / "online.db"
        self.assertEqual(list(serving.online_store(path)), [OnlineStoreState("online_store")])
        self.assertFalse(path.exists())
        opened(path, wait_seconds=1.0).close()
        (state,) = serving.online_store(path)
        self.assertEqual(state.problem, "")
        path.write_bytes(b"no database at all, whatever its name says. " * 100)
        (state,) = serving.online_store(path)
        self.assertIn("not a database", state.problem)
