"""What a server was asked is counted in bounded windows, and reaches those who look from another process."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from unittest import TestCase

from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ritournelle.drill.asking import ask
from ritournelle.monitoring.servers import servers_of
from ritournelle.serving.heartbeat import FORGOTTEN_AFTER, Heartbeat
from ritournelle.serving.measuring import Measured
from ritournelle.serving.traffic import BOUNDS, MINUTES, OTHER, Traffic
from ritournelle.serving.traffic_metrics import TrafficMetrics
from tests.served import NOW
from tests.unit.monitoring.homes import journal_for

HISTORY = "/v1/users/{id}/history"


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Windows(TestCase):
    """The last ten minutes."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.traffic = Traffic(self.clock)

    def test_answers_of_the_api_by_how_they_went_and_how_long_they_took(self) -> None:
        for status, seconds in ((200, 0.001), (503, 0.3), (404, 60.0)):
            self.traffic.answered(HISTORY, "GET", status, seconds)
        self.traffic.answered("/", "GET", 500, 0.001)
        window = self.traffic.window()
        self.assertEqual((window["requests"], window["failed"]), (3, 1))
        slow = dict(zip([*BOUNDS, None], window["slow"], strict=True))
        self.assertEqual({bound: count for bound, count in slow.items() if count}, {0.001: 1, 0.5: 1, None: 1})

    def test_minutes_end(self) -> None:
        self.traffic.answered(HISTORY, "GET", 200, 0.1)
        self.clock.seconds += 60 * (MINUTES - 1)
        self.traffic.answered(HISTORY, "GET", 200, 0.1)
        self.assertEqual(self.traffic.window()["requests"], 2)
        self.clock.seconds += 60
        self.assertEqual(self.traffic.window()["requests"], 1)
        self.clock.seconds += 60 * MINUTES
        self.assertEqual(self.traffic.window()["requests"], 0)
        self.assertEqual([route.statuses for _, _, route in self.traffic.routes()], [{200: 2}])

    def test_lists_and_feedback(self) -> None:
        for trouble in ("", "the store is down", ""):
            self.traffic.listed(trouble)
        self.traffic.told(has_bad_id=True)
        self.traffic.told(has_bad_id=False)
        window = self.traffic.window()
        self.assertEqual((window["lists"], window["in_trouble"], window["reason"]), (3, 1, "the store is down"))
        self.assertEqual((window["told"], window["bad_ids"]), (2, 1))

    def test_the_worst_is_counted_and_only_keys_are_named(self) -> None:
        for kind in ("keys", "listeners"):
            for who in ("12", "12", "7"):
                self.traffic.refused(kind, who)
        refused = self.traffic.window()["refused"]
        self.assertEqual(refused["keys"], {"all": 3, "worst": 2, "who": "12"})
        self.assertEqual(refused["listeners"], {"all": 3, "worst": 2, "who": ""})
        self.assertEqual(self.traffic.refusals(), {"keys": 3, "listeners": 3})

    def test_a_million_names_take_no_more_room_than_a_thousand(self) -> None:
        for number in range(3_000):
            self.traffic.refused("addresses", str(number))
        refused = self.traffic.window()["refused"]["addresses"]
        self.assertEqual((refused["all"], refused["worst"]), (3_000, 2_000))


class Measures(TestCase):
    """Requests on their way through."""

    def setUp(self) -> None:
        async def page(request: Any) -> PlainTextResponse:
            if request.path_params["id"] == "0":
                raise ValueError("no")
            return PlainTextResponse("yes")

        self.traffic = Traffic()
        self.app = Measured(Starlette(routes=[Route(HISTORY, page)]), self.traffic)

    def ask(self, method: str, target: str) -> int:
        return asyncio.run(ask(self.app, method, target)).status

    def test_addresses_are_counted_by_their_template_and_methods_by_name(self) -> None:
        self.ask("GET", "/v1/users/777123/history")
        self.ask("BREW", "/v1/users/777123/history")
        self.ask("GET", "/v1/nothing")
        self.ask("GET", "/777123")
        known = {(route, method) for route, method, _ in self.traffic.routes()}
        self.assertLessEqual({(HISTORY, "GET"), (OTHER, "GET"), (f"/v1/{OTHER}", "GET")}, known)
        self.assertNotIn("BREW", {method for _, method in known})
        self.assertNotIn("777123", str(known))

    def test_what_breaks_is_counted_as_failed(self) -> None:
        with self.assertRaises(ValueError):
            self.ask("GET", "/v1/users/0/history")
        self.assertEqual(self.traffic.window()["failed"], 1)

    def test_prometheus_is_told(self) -> None:
        self.traffic.answered(HISTORY, "GET", 200, 0.0015)
        self.traffic.answered(HISTORY, "GET", 503, 99.0)
        self.traffic.refused("keys", "k1")
        registry = CollectorRegistry()
        registry.register(TrafficMetrics(self.traffic))
        text = generate_latest(registry).decode()
        labels = f'method="GET",route="{HISTORY}"'
        for line in (
            f'ritournelle_requests_total{{{labels},status="503"}} 1.0',
            f'ritournelle_request_duration_seconds_bucket{{le="0.001",{labels}}} 0.0',
            f'ritournelle_request_duration_seconds_bucket{{le="0.002",{labels}}} 1.0',
            f'ritournelle_request_duration_seconds_bucket{{le="+Inf",{labels}}} 2.0',
            'ritournelle_requests_refused_total{kind="keys"} 1.0',
        ):
            self.assertIn(line, text)
        self.assertNotIn("k1", text)


class Signs(TestCase):
    """Of life, in the journal."""

    def setUp(self) -> None:
        self.journal, self.now = journal_for(self), NOW

    def heart(self, traffic: Traffic) -> Heartbeat:
        return Heartbeat(self.journal, traffic, lambda: self.now)

    def test_others_see_that_it_runs_what_it_answered_and_that_it_ended(self) -> None:
        traffic = Traffic()
        heart = self.heart(traffic)
        heart.beat()
        traffic.answered(HISTORY, "GET", 503, 0.1)
        self.now += timedelta(minutes=1)
        heart.beat()
        (report,) = servers_of(self.journal)
        self.assertEqual((report.started_at, report.seen_at, report.ended_at), (NOW, self.now, None))
        self.assertEqual((report.traffic["requests"], report.traffic["failed"]), (1, 1))
        heart.end()
        (report,) = servers_of(self.journal)
        self.assertEqual(report.ended_at, self.now)

    def test_a_server_that_never_ran_does_not_end(self) -> None:
        self.heart(Traffic()).end()
        self.assertEqual(servers_of(self.journal), [])

    def test_one_that_was_silent_for_long_is_forgotten_by_the_next(self) -> None:
        self.heart(Traffic()).beat()
        self.now += FORGOTTEN_AFTER - timedelta(minutes=1)
        self.heart(Traffic()).beat()
        self.assertEqual(len(servers_of(self.journal)), 2)
        self.now += timedelta(minutes=2)
        self.heart(Traffic()).beat()
        self.assertEqual(len(servers_of(self.journal)), 2)
