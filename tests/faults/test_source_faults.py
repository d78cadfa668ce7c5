"""Every fault that an app can have, over real HTTP: what lands, what is quarantined, what is said, what stays."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest

from ritournelle.domain.sources import Source
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.faults.registry import FAULTS
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import TABLES
from tests.faults.ingesting import Home, statuses

TRACKS, USERS, HISTORY = Source.TRACKS, Source.USERS, Source.LISTEN_HISTORY
CONFIG = WorldConfig(users=120, tracks=110, habits=Habits.tidy())
ROWS = {TRACKS: 110, USERS: 120, HISTORY: 120}
ALL_WELL = {"tracks": "succeeded", "users": "succeeded", "listen_history": "succeeded"}


@pytest.fixture(name="running", scope="module")
def running_app() -> Iterator[RunningApp]:
    with RunningApp(CONFIG) as app:
        yield app


@pytest.fixture(name="warehouse", scope="module")
def open_warehouse() -> Iterator[Warehouse]:
    with DuckDBWarehouse(Path(":memory:"), threads=1) as warehouse:
        warehouse.ensure(TABLES)
        yield warehouse


@pytest.fixture(name="app")
def fresh_app(running: RunningApp) -> RunningApp:
    running.reset(CONFIG)
    return running


@pytest.fixture(name="home")
def empty_home(app: RunningApp, warehouse: Warehouse, tmp_path: Path) -> Home:
    for table in TABLES:
        warehouse.replace(table, table.columns.empty_table())
    return Home(warehouse, tmp_path, app.url)


@pytest.fixture(name="filled")
def home_since_yesterday(home: Home) -> Home:
    assert statuses(home.ingest()) == ALL_WELL
    return home


def only_failed(source: Source) -> dict[str, str]:
    return ALL_WELL | {str(source): "failed"}


def test_every_fault_is_tried_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in FAULTS if f'"{name}"' not in text] == []


# Transport


LASTING = {
    "status_500": "answered status 500",
    "truncated_json": "answered status 200 with application/json, but its body is not JSON: Input data was truncated",
    "html_instead_of_json": "answered status 200 with text/html, but its body is not JSON: ",
    "connection_closed": "could not be read: ",
    "closed_mid_body": "could not be read: ",
}


@pytest.mark.parametrize(("name", "words"), LASTING.items())
def test_a_transient_fault_once_or_twice_costs_retries_only(home: Home, app: RunningApp, name: str, words: str) -> None:
    app.fault(name, source=USERS, page=2, times=2)
    reports = home.ingest(retries=2)
    assert statuses(reports) == ALL_WELL
    assert (reports[USERS].landed, reports[USERS].retries, reports[USERS].proven_snapshot) == (120, 2, True)
    assert [f"users: page 2 of {app.url}/users {words}" in said for said in home.retries] == [True, True]
    assert "retry 1 of 2 in" in home.retries[0]


@pytest.mark.parametrize(("name", "words"), LASTING.items())
def test_a_transient_fault_for_ever_fails_its_source_only(filled: Home, app: RunningApp, name: str, words: str) -> None:
    yesterday = filled.current(USERS)
    app.advance(3)
    app.fault(name, source=USERS, page=2)
    reports = filled.ingest()
    assert statuses(reports) == only_failed(USERS)
    message = reports[USERS].message
    assert message.startswith(f"users: page 2 of {app.url}/users {words}")
    assert message.endswith("; given up after 2 attempts")
    assert filled.current(USERS) == yesterday
    for source in (TRACKS, HISTORY):
        assert list(filled.current(source)) != [] and reports[source].proven_snapshot
        assert sorted(filled.current(source)) == sorted(app.ids(source))
    app.clear_faults()
    assert statuses(filled.ingest()) == ALL_WELL
    assert sorted(filled.current(USERS)) == sorted(app.ids(USERS))


def test_a_failed_source_leaves_its_evidence(home: Home, app: RunningApp) -> None:
    app.fault("status_500", source=USERS, page=2)
    home.ingest()
    names = {path.name for path in home.landing.rglob("*.parquet")}
    assert names == {"tracks.parquet", "listen_history.parquet", "users.failed.parquet"}
    steps = {row["source"]: row for row in home.read("SELECT * FROM ops.run_steps")}
    assert steps["users"]["status"] == "failed"
    assert "status 500" in steps["users"]["message"]
    assert steps["users"]["retries"] == 1
    assert (steps["tracks"]["status"], steps["tracks"]["landed"], steps["tracks"]["announced"]) == (
        "succeeded",
        110,
        110,
    )
    assert steps["tracks"]["requests"] == 6 and steps["tracks"]["bytes_received"] > 10_000


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("status_401", {}, "answered status 401; set RITOURNELLE_SOURCE__TOKEN to a valid token"),
        ("status_403", {}, "answered status 403; the token in RITOURNELLE_SOURCE__TOKEN may not read this"),
        ("status_404", {}, "answered status 404; the endpoint is gone or renamed"),
        ("status", {"code": 422}, "answered status 422; it refuses this request for good"),
        ("status", {"code": 410}, "answered status 410; it refuses this request for good"),
    ],
)
def test_a_refusal_is_not_repeated(
    filled: Home, app: RunningApp, name: str, options: dict[str, int], words: str
) -> None:
    yesterday = filled.current(TRACKS)
    app.fault(name, source=TRACKS, page=3, **options)
    reports = filled.ingest(retries=5, backoff_seconds=30)
    assert statuses(reports) == only_failed(TRACKS)
    assert reports[TRACKS].message.startswith(f"tracks: page 3 of {app.url}/tracks {words}")
    assert reports[TRACKS].retries == 0
    assert filled.current(TRACKS) == yesterday


@pytest.mark.parametrize("code", [408, 425, 502, 503, 504])
def test_statuses_that_trying_again_may_cure(home: Home, app: RunningApp, code: int) -> None:
    app.fault("status", source=USERS, times=1, code=code)
    reports = home.ingest()
    assert statuses(reports) == ALL_WELL
    assert reports[USERS].retries == 1


def test_a_renamed_endpoint(filled: Home, app: RunningApp) -> None:
    app.fault("renamed_endpoint", source=HISTORY)
    reports = filled.ingest()
    assert statuses(reports) == only_failed(HISTORY)
    assert "answered status 404; the endpoint is gone or renamed" in reports[HISTORY].message
    assert len(filled.current(HISTORY)) == 120


@pytest.mark.parametrize("name", ["hang", "hang_mid_body", "slow_drip"])
def test_a_source_that_does_not_come_to_an_end_is_cut(filled: Home, app: RunningApp, name: str) -> None:
    yesterday = filled.current(USERS)
    app.fault(name, source=USERS, page=2, **({"bytes_per_second": 100} if name == "slow_drip" else {}))
    started = time.monotonic()
    reports = filled.ingest(timeout_seconds=0.25)
    assert time.monotonic() - started < 5
    assert statuses(reports) == only_failed(USERS)
    assert "users: page 2 of" in reports[USERS].message
    assert "timed out after" in reports[USERS].message
    assert reports[USERS].message.endswith("given up after 2 attempts")
    assert filled.current(USERS) == yesterday


def test_a_hang_once_is_cut_and_tried_again(home: Home, app: RunningApp) -> None:
    app.fault("hang", source=USERS, page=2, times=1)
    reports = home.ingest(timeout_seconds=0.25)
    assert statuses(reports) == ALL_WELL
    assert reports[USERS].retries == 1


def test_slow_is_not_broken(home: Home, app: RunningApp) -> None:
    app.fault("slow_drip", source=USERS, page=2, times=1, bytes_per_second=20_000)
    app.fault("hang", source=TRACKS, page=2, times=1, seconds=0.3)
    reports = home.ingest()
    assert statuses(reports) == ALL_WELL
    assert reports[USERS].retries == reports[TRACKS].retries == 0


def test_the_content_type_is_not_what_makes_a_page(home: Home, app: RunningApp) -> None:
    app.fault("wrong_content_type")
    reports = home.ingest()
    assert statuses(reports) == ALL_WELL
    assert {source: report.landed for source, report in reports.items()} == ROWS


@pytest.mark.parametrize(("name", "seconds"), [("status_429", 1), ("status_429_date", 2)])
def test_retry_after_is_honoured(home: Home, app: RunningApp, name: str, seconds: int) -> None:
    app.fault(name, source=USERS, page=1, times=1, retry_after_seconds=seconds)
    started = time.monotonic()
    reports = home.ingest(retries=1)
    waited = time.monotonic() - started
    assert statuses(reports) == ALL_WELL
    # A date has no fractions of a second: what is left of two seconds is more than one.
    assert 0.95 <= waited < 5
    assert "answered status 429; retry 1 of 1 in" in home.retries[0]


@pytest.mark.parametrize("name", ["status_429", "status_429_date"])
def test_a_pause_that_is_too_long_is_not_waited_for(filled: Home, app: RunningApp, name: str) -> None:
    app.fault(name, source=USERS, page=1, retry_after_seconds=600)
    started = time.monotonic()
    reports = filled.ingest(retries=5)
    assert time.monotonic() - started < 5
    assert statuses(reports) == only_failed(USERS)
    message = reports[USERS].message
    assert "users: page 1 of" in message
    assert "answered status 429 and asks for" in message
    assert "s of pause, more than is waited for" in message
    assert len(filled.current(USERS)) == 120


def test_a_pause_that_would_be_waited_for_if_there_were_retries(home: Home, app: RunningApp) -> None:
    app.fault("status_429", source=USERS, page=1)
    message = home.ingest(retries=0)[USERS].message
    assert "answered status 429; given up after 1 attempt; lower RITOURNELLE_SOURCE__CONCURRENCY" in message


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of this machine where nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


def test_nobody_listens(filled: Home) -> None:
    with closed_port() as port:
        reports = filled.ingest(url=f"http://127.0.0.1:{port}")
    assert set(statuses(reports).values()) == {"failed"}
    for source, report in reports.items():
        assert report.message.startswith(f"{source}: page 1 of http://127.0.0.1:{port}/{source} could not be read: ")
        assert report.message.endswith("given up after 2 attempts")
        assert len(filled.current(source)) == ROWS[source]


def test_a_name_that_nobody_has(filled: Home) -> None:
    reports = filled.ingest(url="http://nonexistent.invalid", retries=0)
    assert set(statuses(reports).values()) == {"failed"}
    assert "page 1 of http://nonexistent.invalid/users could not be read: " in reports[USERS].message
    assert "nonexistent.invalid" in reports[USERS].message.split("could not be read: ")[1]


# A server of our own, for what the simulated app does not look at


class Counter(BaseHTTPRequestHandler):
    """Answers empty-handed pages; remembers the tokens it saw and how many requests were under way at once.

    With more than `room` of them under way it refuses the newest.
    """

    lock = Lock()
    under_way = 0
    most = 0
    room = 1_000
    pages = 1
    body = b""
    encoding = ""  # in which the body is packed, asked or not

    def do_GET(self) -> None:  # pylint: disable=invalid-name  # as `http.server` asks
        kind = type(self)
        with kind.lock:
            kind.under_way += 1
            kind.most = max(kind.most, kind.under_way)
            refused = kind.under_way > kind.room
        time.sleep(0.02)
        with kind.lock:
            kind.under_way -= 1
        known = self.headers["Authorization"] == "Bearer s3cret"
        body = self.body or b'{"items":[],"total":%d,"pages":%d}' % (self.pages, self.pages)
        self.send_response(429 if refused else 200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        if self.encoding:
            self.send_header("Content-Encoding", self.encoding)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass  # the reader has seen enough

    def log_message(self, *_: Any) -> None:  # pylint: disable=arguments-differ
        """Say nothing."""


@contextmanager
def served(**attributes: Any) -> Iterator[tuple[str, type[Counter]]]:
    kind = type("Counter", (Counter,), attributes | {"lock": Lock()})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", kind
        finally:
            server.shutdown()
            thread.join()


def test_the_token_is_sent_and_never_said(home: Home) -> None:
    with served() as (url, _):
        wrong = home.ingest(url=url, token="wr0ng")
        right = home.ingest(url=url, token="s3cret")
    assert "answered status 401; set RITOURNELLE_SOURCE__TOKEN" in wrong[USERS].message
    assert "401" not in right[USERS].message
    assert "wr0ng" not in str(wrong) and "s3cret" not in str(right)


def test_a_password_in_the_url_is_never_said(home: Home) -> None:
    with closed_port() as port:
        reports = home.ingest(url=f"http://ada:s3cret@127.0.0.1:{port}")
    assert reports[USERS].status == "failed"
    assert "s3cret" not in str(reports)
    assert "s3cret" not in str(home.retries)


def test_a_source_that_takes_one_page_at_a_time_is_read_to_its_end(home: Home) -> None:
    """Eight in flight, each with two retries: without fewer in flight, those that are last use theirs up."""
    with served(pages=20, room=1) as (url, _):
        reports = home.ingest(url=url, token="s3cret", concurrency=8, retries=2, extra_passes=0)
    assert 0 < len(home.retries) < 20
    for report in reports.values():
        assert "two equal passes found 0 distinct good rows" in report.message  # which is all that this server has


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_pages_in_flight_than_allowed(home: Home, limit: int) -> None:
    with served(pages=6) as (url, kind):
        home.ingest(url=url, token="s3cret", concurrency=limit, extra_passes=0)
    assert kind.most == limit


def test_a_page_that_is_too_large_is_refused(home: Home) -> None:
    with served(body=b'{"items":["' + b"x" * 50_000 + b'"],"total":1,"pages":1}') as (url, _):
        reports = home.ingest(url=url, token="s3cret", max_page_bytes=10_000)
    assert reports[USERS].status == "failed"
    assert "users: page 1 of" in reports[USERS].message
    assert reports[USERS].retries == 0


PACKED = {"gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize("encoding", PACKED)
def test_a_page_that_is_packed_unasked_is_unpacked(home: Home, encoding: str) -> None:
    page = b'{"items":[null],"total":1,"pages":1}'
    with served(body=PACKED[encoding](page), encoding=encoding) as (url, _):
        reports = home.ingest(url=url, token="s3cret")
    assert "1 of 1 rows break the contract, the first because of `row: is null`" in reports[USERS].message


def test_a_page_that_is_too_large_when_unpacked_is_refused(home: Home) -> None:
    page = b'{"items":["' + b"x" * 50_000 + b'"],"total":1,"pages":1}'
    with served(body=gzip.compress(page), encoding="gzip") as (url, _):
        reports = home.ingest(url=url, token="s3cret", max_page_bytes=10_000)
    assert "could not be read" in reports[USERS].message
    assert "the longest page allowed is RITOURNELLE_SOURCE__MAX_PAGE_BYTES" in reports[USERS].message
    assert reports[USERS].retries == 0


# Paging


def test_the_same_page_twice_once(home: Home, app: RunningApp) -> None:
    app.fault("same_page_twice", source=USERS, page=2, times=1)
    report = home.ingest()[USERS]
    assert (report.status, report.landed, report.proven_snapshot, report.passes) == ("succeeded", 120, True, 3)


def test_the_same_page_twice_for_ever(filled: Home, app: RunningApp) -> None:
    yesterday = filled.current(USERS)
    app.fault("same_page_twice", source=USERS, page=2)
    reports = filled.ingest()
    assert statuses(reports) == only_failed(USERS)
    assert reports[USERS].message.startswith(
        "users: announced 120 rows, but two equal passes found 70 distinct good rows and 0 bad ones"
    )
    assert filled.current(USERS) == yesterday


@pytest.mark.parametrize("by", [7, -7])
def test_a_total_that_lies(filled: Home, app: RunningApp, by: int) -> None:
    yesterday = filled.current(USERS)
    app.fault("total_lies", source=USERS, by=by)
    reports = filled.ingest()
    assert statuses(reports) == only_failed(USERS)
    assert reports[USERS].message.startswith(
        f"users: announced {120 + by} rows, but two equal passes found 120 distinct"
    )
    assert filled.current(USERS) == yesterday


def test_a_total_that_lies_once(home: Home, app: RunningApp) -> None:
    app.fault("total_lies", source=USERS, page=2, times=1)
    report = home.ingest()[USERS]
    assert (report.status, report.landed, report.proven_snapshot, report.passes) == ("succeeded", 120, True, 3)


def test_pages_out_of_order(filled: Home, app: RunningApp) -> None:
    app.fault("pages_out_of_order")
    reports = filled.ingest()
    assert statuses(reports) == ALL_WELL
    for source, report in reports.items():
        assert (report.unchanged, report.deleted, report.proven_snapshot) == (ROWS[source], 0, True)


def test_rows_that_come_while_the_list_is_read(filled: Home, app: RunningApp) -> None:
    before = app.ids(TRACKS)
    app.fault("rows_inserted", source=TRACKS, page=2, times=1, count=4)
    report = filled.ingest()[TRACKS]
    assert (report.status, report.passes, report.proven_snapshot) == ("succeeded", 3, True)
    assert len(app.ids(TRACKS)) == len(before) + 4
    assert sorted(filled.current(TRACKS)) == sorted(app.ids(TRACKS))


def test_rows_that_go_while_the_list_is_read(filled: Home, app: RunningApp) -> None:
    before = app.ids(TRACKS)
    app.fault("rows_deleted", source=TRACKS, page=2, times=1, count=4)
    report = filled.ingest()[TRACKS]
    assert (report.status, report.passes) == ("succeeded", 3)
    after = app.ids(TRACKS)
    assert len(after) == len(before) - 4
    assert set(filled.current(TRACKS)) >= set(after)


def test_rows_that_other_sources_speak_of_already(filled: Home, app: RunningApp) -> None:
    app.fault("late_rows", source=USERS, count=5)
    reports = filled.ingest()
    assert statuses(reports) == ALL_WELL
    assert (reports[USERS].landed, reports[USERS].deleted) == (ROWS[USERS] - 5, 5)
    app.clear_faults()
    assert filled.ingest()[USERS].inserted == 5
    assert sorted(filled.current(USERS)) == sorted(app.ids(USERS))


def test_a_few_ids_that_name_somebody_else(filled: Home, app: RunningApp) -> None:
    before = filled.current(USERS)
    app.fault("id_collisions", source=USERS, every=50)
    report = filled.ingest()[USERS]
    assert (report.status, report.inserted, report.deleted, report.source_epoch_changed) == ("succeeded", 0, 0, False)
    assert report.updated == 3  # the first of each page of 50, 50 and 20
    after = filled.current(USERS)
    other = [key for key, row in after.items() if row["email"] != before[key]["email"]]
    assert len(other) == 3 and all(after[key]["created_at"] != before[key]["created_at"] for key in other)


def test_a_clock_that_is_ahead(filled: Home, app: RunningApp) -> None:
    before = filled.current(TRACKS)
    app.fault("clock_ahead", source=TRACKS, hours=5)
    report = filled.ingest()[TRACKS]
    assert (report.status, report.updated) == ("succeeded", 3)
    later = [row["updated_at"] - before[key]["updated_at"] for key, row in filled.current(TRACKS).items()]
    assert sorted(later)[-3:] == [timedelta(hours=5)] * 3 and sorted(later)[-4] == timedelta(0)


# Schema and values: one row of page 1 of a source is changed. What is quarantined, and with which reason?

MM_SS = "should be MM:SS, never hours"
QUARANTINED = [
    ("field_missing", TRACKS, "duration: the field is missing"),
    ("type_changed", TRACKS, "name: '3600': Input should be a valid string"),
    ("type_changed", USERS, "first_name: Input should be a valid string"),
    ("type_changed", HISTORY, "items: '["),
    ("null_key", TRACKS, "id: is null"),
    ("null_key", USERS, "id: is null"),
    ("null_key", HISTORY, "user_id: is null"),
    ("duration_99_99", TRACKS, f"duration: '99:99': {MM_SS}"),
    ("duration_negative", TRACKS, f"duration: '-1:00': {MM_SS}"),
    ("duration_empty", TRACKS, f"duration: '': {MM_SS}"),
    ("duration_number", TRACKS, "duration: '3600': Input should be a valid string"),
    ("dates_garbage", TRACKS, "created_at: 'the day before': should be ISO 8601"),
    ("dates_garbage", USERS, "created_at: 'the day before': should be ISO 8601"),
    ("dates_garbage", HISTORY, "created_at: 'the day before': should be ISO 8601"),
    ("huge_string", TRACKS, "name: is longer than 10000 characters"),
    ("huge_string", USERS, "first_name: is longer than 10000 characters"),
    ("huge_string", HISTORY, "created_at: 'xxxx"),
    ("invalid_utf8", TRACKS, "text that is not UTF-8"),
    ("invalid_utf8", USERS, "text that is not UTF-8"),
    ("invalid_utf8", HISTORY, ""),
    ("nan_number", TRACKS, "duration: 'nan': Input should be a valid string"),
    ("nan_number", USERS, "gender: 'nan': Input should be a valid string"),
    ("nan_number", HISTORY, "items.0: 'nan'"),
    ("infinite_number", TRACKS, "duration: 'inf': Input should be a valid string"),
    ("infinite_number", USERS, "gender: 'inf': Input should be a valid string"),
    ("infinite_number", HISTORY, "items.0: 'inf'"),
]


@pytest.mark.parametrize(("name", "source", "reason"), QUARANTINED)
def test_one_bad_row_is_quarantined_and_costs_no_other(
    home: Home, app: RunningApp, name: str, source: Source, reason: str
) -> None:
    app.fault(name, source=source, page=1, skip=3)
    reports = home.ingest()
    assert statuses(reports) == ALL_WELL
    report = reports[source]
    assert (report.announced, report.landed, report.quarantined) == (ROWS[source], ROWS[source] - 1, 1)
    assert report.proven_snapshot
    (row,) = home.quarantine()
    assert (row["source"], row["page"], row["kind"]) == (str(source), 1, "contract")
    assert row["reason"].startswith(reason)
    healthy = app.ids(source)[3] if name != "null_key" else None
    if row["source_key"] is not None:
        assert row["source_key"].split("|")[0] == str(healthy)
    app.clear_faults()
    mended = home.ingest()[source]
    assert (mended.landed, mended.inserted, mended.updated, mended.quarantined) == (ROWS[source], 1, 0, 0)
    assert home.quarantine() == []
    status = "vanished" if row["source_key"] is None else "superseded"
    assert len(home.quarantine(status)) == 1


HARMLESS = [
    ("field_missing", USERS, 1),
    ("field_missing", HISTORY, 1),
    ("field_added", TRACKS, 0),
    ("field_added", USERS, 0),
    ("field_added", HISTORY, 0),
    ("gender_new_value", USERS, 1),
    ("dates_future", TRACKS, 1),
    ("dates_1970", USERS, 1),
    ("null_items", HISTORY, 1),
    ("unknown_track", HISTORY, 1),
]


@pytest.mark.parametrize(("name", "source", "updated"), HARMLESS)
def test_what_is_odd_but_keeps_the_contract_lands(
    filled: Home, app: RunningApp, name: str, source: Source, updated: int
) -> None:
    app.fault(name, source=source, page=1)
    reports = filled.ingest()
    assert statuses(reports) == ALL_WELL
    report = reports[source]
    assert (report.landed, report.inserted, report.updated, report.deleted) == (ROWS[source], 0, updated, 0)
    assert filled.quarantine() == []
    warnings = {"field_added": ["fields that are not in the contract were left out: mood"]}
    warnings["null_items"] = ["1 histories have null `items` and count as empty"]
    expected = warnings.get("null_items" if (name, source) == ("field_missing", HISTORY) else name, [])
    assert report.warnings == expected


@pytest.mark.parametrize(
    ("name", "source"), [("unknown_key", USERS), ("unknown_user", HISTORY), ("unknown_key", TRACKS)]
)
def test_a_key_that_nobody_had_is_a_new_row(filled: Home, app: RunningApp, name: str, source: Source) -> None:
    app.fault(name, source=source, page=1)
    report = filled.ingest()[source]
    assert (report.status, report.inserted, report.deleted, report.updated) == ("succeeded", 1, 1, 0)


def test_a_field_that_is_missing_everywhere_is_reported(filled: Home, app: RunningApp) -> None:
    app.fault("field_missing", source=USERS, rows=None)
    report = filled.ingest()[USERS]
    assert report.warnings == ["fields of the contract are missing: email"]
    app.clear_faults()
    app.fault("field_missing", source=TRACKS, rows=None)
    broken = filled.ingest()[TRACKS]
    assert broken.status == "failed"
    assert broken.message.startswith(
        "tracks: 110 of 110 rows break the contract, the first because of `duration: the field is missing`"
    )
    assert len(filled.current(TRACKS)) == 110


@pytest.mark.parametrize("source", list(Source))
def test_a_key_twice_with_other_content(home: Home, app: RunningApp, source: Source) -> None:
    app.fault("duplicate_key", source=source, count=2)
    first, again = home.ingest()[source], home.ingest()[source]
    for report in (first, again):
        assert (report.status, report.announced, report.landed) == ("succeeded", ROWS[source] + 2, ROWS[source])
        assert (report.quarantined, report.proven_snapshot) == (2, True)
    assert (again.unchanged, again.updated) == (ROWS[source], 0)
    rows = home.quarantine()
    assert [row["kind"] for row in rows] == ["conflict", "conflict"]
    assert "another row with other content has the same key" in rows[0]["reason"]
    app.clear_faults()
    assert home.ingest()[source].unchanged == ROWS[source]
    assert len(home.quarantine("superseded")) == 2


def test_seven_broken_users_and_three_empty_histories(home: Home, app: RunningApp) -> None:
    app.fault("garbage_date_null_email", source=USERS, page=1, rows=7)
    app.fault("null_items", source=HISTORY, page=1, rows=3)
    reports = home.ingest()
    assert statuses(reports) == ALL_WELL
    assert (reports[USERS].landed, reports[USERS].quarantined) == (113, 7)
    assert (reports[HISTORY].landed, reports[HISTORY].quarantined) == (120, 0)
    rows = home.quarantine()
    assert len(rows) == 7
    assert sorted(int(row["source_key"]) for row in rows) == sorted(app.ids(USERS)[:7])
    # The null e-mail alone is acceptable: the date is what is refused.
    assert {row["reason"].split(":")[0] for row in rows} == {"created_at"}
    assert sum(row["items"] is None for row in home.current(HISTORY).values()) == 3
    app.clear_faults()
    reports = home.ingest()
    assert (reports[USERS].inserted, reports[USERS].unchanged, reports[HISTORY].updated) == (7, 113, 3)
    assert (home.quarantine(), len(home.quarantine("superseded"))) == ([], 7)


def test_a_known_row_that_turns_bad_keeps_its_good_version(filled: Home, app: RunningApp) -> None:
    yesterday = filled.current(USERS)
    app.fault("garbage_date_null_email", source=USERS, page=2, rows=5)
    for _ in range(2):
        report = filled.ingest()[USERS]
        assert (report.deleted, report.updated, report.quarantined, report.unchanged) == (0, 0, 5, 115)
        assert filled.current(USERS) == yesterday
    assert len(filled.quarantine()) == 5
    app.clear_faults()
    assert filled.ingest()[USERS].unchanged == 120


def test_a_row_without_a_readable_key_stops_deletions_only(filled: Home, app: RunningApp) -> None:
    """Nobody can tell which known row it is: none is deleted that day."""
    app.fault("null_key", source=USERS, page=1)
    report = filled.ingest()[USERS]
    assert (report.status, report.deleted, report.quarantined) == ("succeeded", 0, 1)
    assert len(filled.current(USERS)) == 120


def test_bad_rows_of_all_kinds_on_one_page(home: Home, app: RunningApp) -> None:
    for skip, name in enumerate(
        ("invalid_utf8", "nan_number", "huge_string", "null_key", "dates_garbage", "type_changed")
    ):
        app.fault(name, source=USERS, page=2, skip=2 * skip)
    report = home.ingest()[USERS]
    assert (report.status, report.landed, report.quarantined) == ("succeeded", 114, 6)
    assert set(home.current(USERS)).isdisjoint(app.ids(USERS)[50:61:2])


def test_duplicate_emails_lose_nobody(home: Home, app: RunningApp) -> None:
    app.reset(WorldConfig(users=120, tracks=20, habits=Habits(duplicate_emails=0.5, null_user=0, null_items=0)))
    report = home.ingest()[USERS]
    assert (report.status, report.landed, report.quarantined) == ("succeeded", 120, 0)
    assert home.read("SELECT count(DISTINCT email) AS n FROM raw.src_users")[0]["n"] < 100
    assert len(home.current(USERS)) == 120


def test_the_habits_of_the_real_app(home: Home, app: RunningApp) -> None:
    app.reset(WorldConfig(users=120, tracks=110, habits=Habits(null_user=0.02, null_items=0.05)))
    for _ in range(3):
        reports = home.ingest()
        assert statuses(reports) == ALL_WELL
        for report in reports.values():
            assert report.landed + report.quarantined == report.announced
            assert report.proven_snapshot
        assert (reports[USERS].landed, reports[TRACKS].landed) == (len(app.ids(USERS)), len(app.ids(TRACKS)))
        app.advance()


# Volume


@pytest.mark.parametrize("source", list(Source))
def test_an_empty_endpoint(filled: Home, app: RunningApp, source: Source) -> None:
    app.fault("empty_endpoint", source=source)
    reports = filled.ingest()
    assert statuses(reports) == only_failed(source)
    assert reports[source].message.startswith(
        f"{source}: the source announced no rows at all; {ROWS[source]} are known and stay as they are"
    )
    assert len(filled.current(source)) == ROWS[source]


def test_an_empty_endpoint_on_the_first_day(home: Home, app: RunningApp) -> None:
    app.fault("empty_endpoint", source=USERS)
    reports = home.ingest()
    assert statuses(reports) == only_failed(USERS)
    assert "0 are known" in reports[USERS].message


@pytest.mark.parametrize("source", list(Source))
def test_nine_in_ten_rows_gone(filled: Home, app: RunningApp, source: Source) -> None:
    app.fault("shrunken_endpoint", source=source)
    reports = filled.ingest()
    assert statuses(reports) == only_failed(source)
    assert "90% of the known" in reports[source].message
    assert "nothing was deleted or overwritten" in reports[source].message
    assert not reports[source].source_epoch_changed
    assert len(filled.current(source)) == ROWS[source]
    allowed = filled.ingest(max_vanished_share=1)[source]
    assert (allowed.status, allowed.deleted) == ("succeeded", ROWS[source] - ROWS[source] // 10)


@pytest.mark.parametrize("source", list(Source))
def test_ten_times_the_rows(filled: Home, app: RunningApp, source: Source) -> None:
    app.fault("swollen_endpoint", source=source)
    report = filled.ingest()[source]
    assert (report.status, report.landed, report.inserted) == ("succeeded", 10 * ROWS[source], 9 * ROWS[source])
    assert (report.unchanged, report.deleted, report.source_epoch_changed) == (ROWS[source], 0, False)


def test_the_same_snapshot_as_yesterday(filled: Home, app: RunningApp) -> None:
    before = filled.read("SELECT count(*) AS n FROM raw.src_listens")
    app.advance(quiet=True)
    for source, report in filled.ingest().items():
        assert (report.unchanged, report.inserted, report.updated, report.deleted) == (ROWS[source], 0, 0, 0)
    assert filled.read("SELECT count(*) AS n FROM raw.src_listens") == before


@pytest.mark.parametrize("prepend", [False, True])
def test_fifty_more_listens_are_fifty_more(filled: Home, app: RunningApp, prepend: bool) -> None:
    query = "SELECT count(DISTINCT listen_id) AS n FROM raw.src_listens"
    before = filled.read(query)[0]["n"]
    assert app.listen(users=50, prepend=prepend) == 50
    assert filled.ingest()[HISTORY].updated == 50
    assert filled.read(query)[0]["n"] == before + 50


# Identity


def test_a_new_epoch_overwrites_nothing(filled: Home, app: RunningApp) -> None:
    yesterday = {source: filled.current(source) for source in Source}
    app.restart()
    for _ in range(2):
        reports = filled.ingest()
        assert set(statuses(reports).values()) == {"failed"}
        for source, report in reports.items():
            assert report.message.startswith(f"{source}: the source epoch changed: only ")
            assert "`ritournelle ingest --accept-new-epoch`" in report.message
            assert report.source_epoch_changed
            assert filled.current(source) == yesterday[source]


def test_an_accepted_epoch_keeps_the_populations_apart(filled: Home, app: RunningApp) -> None:
    app.reset(WorldConfig(users=120, tracks=110, habits=Habits(null_user=0, null_items=0, colliding_ids=0.05)))
    filled.ingest(accept_new_epoch=True)
    before = {source: set(app.ids(source)) for source in Source}
    app.restart()
    assert before[USERS] & set(app.ids(USERS)), "some new ids were somebody else's"
    epoch = filled.read("SELECT max(source_epoch) AS n FROM raw.src_users")[0]["n"]
    reports = filled.ingest(accept_new_epoch=True)
    assert statuses(reports) == ALL_WELL
    for source, report in reports.items():
        assert (report.source_epoch, report.source_epoch_changed) == (epoch + 1, True)
        assert (report.inserted, report.deleted) == (ROWS[source], len(before[source]))
        assert filled.current(source, epoch) == {}
        assert sorted(filled.current(source, epoch + 1)) == sorted(app.ids(source))
    for report in filled.ingest().values():
        assert (report.status, report.unchanged) == ("succeeded", report.landed)


def test_an_epoch_accepted_while_one_source_fails_is_completed_by_the_next_run(filled: Home, app: RunningApp) -> None:
    app.restart()
    app.fault("status_500", source=HISTORY, page=2)
    assert statuses(filled.ingest(accept_new_epoch=True)) == only_failed(HISTORY)
    app.clear_faults()
    reports = filled.ingest()
    assert statuses(reports) == ALL_WELL
    assert {report.source_epoch for report in reports.values()} == {2}
    assert sorted(filled.current(HISTORY, 2)) == sorted(app.ids(HISTORY))


def test_accepting_an_epoch_that_did_not_change_changes_nothing(filled: Home) -> None:
    for report in filled.ingest(accept_new_epoch=True).values():
        assert (report.status, report.source_epoch, report.source_epoch_changed) == ("succeeded", 1, False)
        assert report.unchanged == report.landed
