"""Faults without a network: which rows they rewrite, when they strike, and what an ASGI server is told to send."""

from __future__ import annotations

import asyncio
import json
import unittest
from collections.abc import MutableMapping
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.errors import SettingsError
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.faults.board import FaultBoard, FaultOrder
from ritournelle.simulator.faults.fault import Fault, PageFault, RowFault
from ritournelle.simulator.faults.middleware import FaultyApp
from ritournelle.simulator.faults.registry import FAULTS
from ritournelle.simulator.world import World

WORLD = World(WorldConfig(users=5, tracks=5))


def rewritten(name: str, source: Source | None = None, **options: Any) -> tuple[list[bytes], list[bytes]]:
    """Rows of a page before and after the fault."""
    kind = FAULTS[name]
    place, fault = source or kind.sources[0], kind.build(**options)
    assert isinstance(fault, RowFault)
    before = WORLD.table(place).encoded()
    return before, fault.rewrite_page(place, before)


def first(name: str, source: Source | None = None, **options: Any) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(rewritten(name, source, **options)[1][0])
    return row


class IdentityFaultsTest(unittest.TestCase):
    def test_some_ids_name_somebody_else(self) -> None:
        for source in (Source.TRACKS, Source.USERS):
            with self.subTest(source):
                before = WORLD.table(source).encoded()
                fault = FAULTS["id_collisions"].build(every=2)
                assert isinstance(fault, PageFault)
                rows = [json.loads(item) for item in before]
                served = [json.loads(item) for item in fault.rewrite_page(source, before)]
                self.assertEqual([row["id"] for row in served], [row["id"] for row in rows])
                self.assertEqual(served[0], rows[1] | {"id": rows[0]["id"]})
                self.assertEqual(served[2], rows[3] | {"id": rows[2]["id"]})
                self.assertEqual([served[place] for place in (1, 3, 4)], [rows[place] for place in (1, 3, 4)])

    def test_by_default_one_in_a_hundred(self) -> None:
        before = World(WorldConfig(users=250, tracks=1)).table(Source.USERS).encoded()
        fault = FAULTS["id_collisions"].build()
        assert isinstance(fault, PageFault)
        after = fault.rewrite_page(Source.USERS, before)
        self.assertEqual(
            [place for place, item in enumerate(before) if after[place] != item],
            [0, 100, 200],
        )

    def test_more_than_every_other_row_cannot_be(self) -> None:
        with self.assertRaises(SettingsError):
            FAULTS["id_collisions"].build(every=1)


class RowFaultsTest(unittest.TestCase):
    def test_every_row_fault_changes_one_row_of_each_of_its_sources(self) -> None:
        for name, kind in FAULTS.items():
            if not isinstance(kind.build(), RowFault):
                continue
            for source in kind.sources:
                with self.subTest(name, source=source):
                    before, after = rewritten(name, source)
                    self.assertNotEqual(before[0], after[0])
                    self.assertEqual(before[1:], after[1:])

    def test_chosen_rows(self) -> None:
        before, after = rewritten("duration_empty", rows=2, skip=1)
        self.assertEqual(
            [old != new for old, new in zip(before, after, strict=True)], [False, True, True, False, False]
        )
        before, after = rewritten("duration_empty", rows=None)
        self.assertTrue(all(old != new for old, new in zip(before, after, strict=True)))

    def test_durations(self) -> None:
        values = {
            "duration_99_99": "99:99",
            "duration_negative": "-1:00",
            "duration_empty": "",
            "duration_number": 3600,
        }
        for name, value in values.items():
            self.assertEqual(first(name)["duration"], value)

    def test_dates(self) -> None:
        for name, start in {"dates_garbage": "the", "dates_future": "2999", "dates_1970": "1970-01-01"}.items():
            self.assertTrue(first(name)["created_at"].startswith(start))
        both = first("garbage_date_null_email")
        self.assertEqual((both["email"], both["created_at"]), (None, "the day before"))

    def test_keys(self) -> None:
        self.assertIsNone(first("null_key")["id"])
        self.assertIsNone(first("null_key", Source.LISTEN_HISTORY)["user_id"])
        known = set(WORLD.ids(Source.USERS)) | set(WORLD.ids(Source.TRACKS))
        self.assertNotIn(first("unknown_user")["user_id"], known)
        self.assertNotIn(first("unknown_key", Source.TRACKS)["id"], known)

    def test_histories(self) -> None:
        self.assertIsNone(first("null_items")["items"])
        true = json.loads(WORLD.table(Source.LISTEN_HISTORY).encoded()[0])["items"]
        faulty = first("unknown_track")["items"]
        self.assertEqual(faulty[:-1], true)
        self.assertNotIn(faulty[-1], WORLD.ids(Source.TRACKS))

    def test_schema(self) -> None:
        self.assertNotIn("duration", first("field_missing"))
        self.assertNotIn("name", first("field_missing", field="name"))
        self.assertEqual(first("field_added", field="bpm", value="120")["bpm"], "120")
        self.assertEqual(first("type_changed")["name"], 3600)
        self.assertIsInstance(first("type_changed", field="id")["id"], str)
        self.assertEqual(first("gender_new_value")["gender"], "Two-spirit")

    def test_texts_and_numbers(self) -> None:
        self.assertEqual(len(first("huge_string")["name"]), 1_000_000)
        self.assertIn(b'"duration":NaN', rewritten("nan_number")[1][0])
        self.assertIn(b'"items":[Infinity]', rewritten("infinite_number", Source.LISTEN_HISTORY)[1][0])
        with self.assertRaises(UnicodeDecodeError):
            rewritten("invalid_utf8")[1][0].decode()

    def test_two_faults_on_one_row(self) -> None:
        broken = rewritten("invalid_utf8")[1]
        fault = FAULTS["duration_empty"].build()
        assert isinstance(fault, RowFault)
        row = fault.rewrite_page(Source.TRACKS, broken)[0]
        self.assertIn(b"\xff\xfe", row)
        self.assertIn(b'"duration":""', row)


class BoardTest(unittest.TestCase):
    def setUp(self) -> None:
        self.board = FaultBoard()

    def struck(self, source: Source, page: int) -> list[Fault]:
        return self.board.take(source, page)

    def test_a_fault_strikes_its_source_and_page(self) -> None:
        self.board.set(FaultOrder("status_500", source=Source.USERS, page=2))
        self.assertFalse(self.struck(Source.USERS, 1))
        self.assertFalse(self.struck(Source.TRACKS, 2))
        self.assertTrue(self.struck(Source.USERS, 2))

    def test_times(self) -> None:
        for times, expected in ((1, 1), (2, 2), (None, 5)):
            self.board.clear()
            self.board.set(FaultOrder("status_500", times=times))
            self.assertEqual(sum(bool(self.struck(Source.USERS, 1)) for _ in range(5)), expected)
            self.assertEqual(self.board.report()[0]["struck"], expected)

    def test_transport_faults_strike_one_after_the_other(self) -> None:
        for name in ("status_500", "duration_empty", "hang"):
            self.board.set(FaultOrder(name, times=1))
        faults = [FAULTS[name].build() for name in ("status_500", "duration_empty", "hang")]
        self.assertEqual(self.struck(Source.TRACKS, 1), faults[:2])
        self.assertEqual(self.struck(Source.TRACKS, 1), faults[2:])

    def test_mending_one_or_all(self) -> None:
        number = self.board.set(FaultOrder("hang"))
        self.board.set(FaultOrder("slow_drip"))
        self.board.clear(number)
        self.assertEqual([one["name"] for one in self.board.report()], ["slow_drip"])
        self.board.clear()
        self.assertEqual(self.board.report(), [])

    def test_orders_that_make_no_sense_are_refused(self) -> None:
        wrong = [
            FaultOrder("gremlins"),
            FaultOrder("duration_empty", source=Source.USERS),
            FaultOrder("empty_endpoint", page=2),
            FaultOrder("renamed_endpoint", page=1),
            FaultOrder("hang", options={"colour": "red"}),
        ]
        for order in wrong:
            with self.subTest(order), self.assertRaises(SettingsError):
                self.board.set(order)

    def test_renamed_endpoints(self) -> None:
        self.board.set(FaultOrder("renamed_endpoint", source=Source.TRACKS))
        self.assertIsNone(self.board.source_at("/tracks"))
        self.assertEqual(self.board.source_at("/tracks_v2"), Source.TRACKS)
        self.assertEqual(self.board.source_at("/users"), Source.USERS)

    def test_every_fault_is_described(self) -> None:
        for name, kind in FAULTS.items():
            self.assertEqual(name, kind.name)
            self.assertTrue(kind.description and kind.sources and kind.family)


class AnswerTest(unittest.TestCase):
    """What the middleware tells an ASGI server, for an app that answers ten bytes."""

    def sent(self, name: str, path: str = "/tracks", disconnect: bool = False, **options: Any) -> list[Any]:
        board = FaultBoard()
        board.set(FaultOrder(name, options=options))
        messages: list[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            del scope, receive
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
            )
            await send({"type": "http.response.body", "body": b"0123456789"})

        async def receive() -> MutableMapping[str, Any]:
            if disconnect:
                return {"type": "http.disconnect"}
            await asyncio.sleep(60)
            raise AssertionError("nobody waits so long")

        async def send(message: MutableMapping[str, Any]) -> None:
            messages.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"page=1"}
        asyncio.run(FaultyApp(app, board)(scope, receive, send))
        return messages

    def body(self, *args: Any, **options: Any) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent(*args, **options))

    def test_whole_answers(self) -> None:
        self.assertEqual(self.body("truncated_json"), b"01234")
        self.assertEqual(self.body("hang", seconds=0.01), b"0123456789")
        self.assertEqual(self.body("hang_mid_body", seconds=0.01), b"0123456789")
        self.assertEqual(self.body("slow_drip", bytes_per_second=1000), b"0123456789")

    def test_answers_that_end_early(self) -> None:
        for name, sent in (("connection_closed", b""), ("closed_mid_body", b"01234")):
            messages = self.sent(name)
            self.assertIn((b"content-length", b"10"), messages[0]["headers"])
            self.assertEqual(b"".join(message.get("body", b"") for message in messages), sent)
            self.assertTrue(messages[-1]["more_body"])

    def test_a_client_that_leaves_ends_the_wait(self) -> None:
        self.assertEqual(self.body("hang", disconnect=True), b"")
        self.assertEqual(self.body("hang_mid_body", disconnect=True), b"01234")
        self.assertEqual(self.body("slow_drip", disconnect=True, bytes_per_second=20), b"0")

    def test_other_paths_are_left_alone(self) -> None:
        self.assertEqual(self.sent("status_500", path="/_simulator/state")[0]["status"], 200)
