"""The simulated app over real HTTP: every measured fact of the real app, every fault, and nothing left behind."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from ritournelle.domain.sources import Source
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.faults.registry import FAULTS
from ritournelle.simulator.running import RunningApp, SimulatorError
from ritournelle.simulator.world import World

pytestmark = pytest.mark.enable_socket

CONFIG = WorldConfig(users=250, tracks=230)
FIELDS = {
    "tracks": "id name artist songwriters duration genres album created_at updated_at",
    "users": "id first_name last_name email gender favorite_genres created_at updated_at",
    "listen_history": "user_id items created_at updated_at",
}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def page(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(scope="module", name="running")
def running_app() -> Iterator[RunningApp]:
    with RunningApp(CONFIG) as app:
        yield app


@pytest.fixture(name="app")
def fresh_app(running: RunningApp) -> RunningApp:
    running.reset(CONFIG)
    return running


def ask(app: RunningApp, path: str, method: str = "GET", timeout: float = 10) -> Answer:
    connection = http.client.HTTPConnection(app.url.removeprefix("http://"), timeout=timeout)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def crawl(app: RunningApp, source: str) -> list[Any]:
    pages = ask(app, f"/{source}").page["pages"]
    return [item for page in range(1, pages + 1) for item in ask(app, f"/{source}?page={page}").page["items"]]


# What the real app does


@pytest.mark.parametrize("source", FIELDS)
def test_envelope_and_fields(app: RunningApp, source: str) -> None:
    total = 230 if source == "tracks" else 250
    answer = ask(app, f"/{source}")
    assert answer.headers["content-type"] == "application/json"
    page = answer.page
    assert list(page) == ["items", "total", "page", "size", "pages"]
    assert (page["total"], page["page"], page["size"], page["pages"]) == (total, 1, 100, 3)
    assert all(list(item) == FIELDS[source].split() for item in page["items"])


@pytest.mark.parametrize("source", FIELDS)
def test_the_same_rows_as_the_world_of_that_config(app: RunningApp, source: str) -> None:
    app.advance(2)
    world = World(CONFIG)
    world.advance_one_day()
    world.advance_one_day()
    assert crawl(app, source) == [json.loads(row) for row in world.table(Source(source)).encoded()]


def test_q1_unknown_parameters_are_ignored(app: RunningApp) -> None:
    filtered = ask(app, "/users?gender=Female&sort=id&since=2024-01-01")
    assert (filtered.status, filtered.body) == (200, ask(app, "/users").body)


def test_q2_pages_are_in_insertion_order_and_shift(app: RunningApp) -> None:
    before = app.ids("users")
    app.advance()
    after = app.ids("users")
    stayed = [one for one in before if one in set(after)]
    assert after[: len(stayed)] == stayed
    assert [item["id"] for item in crawl(app, "users")] == after


def test_q2_rows_change_while_they_are_read(app: RunningApp) -> None:
    before = set(app.ids("tracks"))
    app.mutate(400)
    time.sleep(0.3)
    pages = [ask(app, "/tracks?size=10").page for _ in range(5)]
    app.mutate(0)
    after = set(app.ids("tracks"))
    assert before - after
    assert after - before
    assert all(len(page["items"]) == 10 for page in pages)
    assert len(crawl(app, "tracks")) == app.state()["totals"]["tracks"] == len(app.ids("tracks"))


@pytest.mark.parametrize("query", ["page=0", "size=0", "size=101", "page=-1", "page=x"])
def test_q3_senseless_pages_are_422(app: RunningApp, query: str) -> None:
    assert ask(app, f"/tracks?{query}").status == 422


def test_q3_past_the_end_is_an_empty_page(app: RunningApp) -> None:
    answer = ask(app, "/tracks?page=4")
    assert (answer.status, answer.page["items"], answer.page["total"]) == (200, [], 230)


def test_q4_items_within_items(app: RunningApp) -> None:
    lists = [item["items"] for item in ask(app, "/listen_history?size=10").page["items"]]
    assert all(one is None or all(isinstance(track, int) for track in one) for one in lists)


def test_q5_a_restart_gives_new_ids_and_old_dates(app: RunningApp) -> None:
    before = app.ids("users")
    assert app.restart()["epoch"] == 1
    after = app.ids("users")
    assert 1 <= len(set(before) & set(after)) <= 5
    assert len(after) == 250
    assert all(item["created_at"] < "2024" for item in crawl(app, "users"))


@pytest.mark.parametrize("prepend", [False, True])
def test_q6_a_record_is_a_snapshot(app: RunningApp, prepend: bool) -> None:
    before = {item["user_id"]: item for item in crawl(app, "listen_history") if item["items"]}
    assert app.listen(users=30, tracks=2, prepend=prepend) == 60
    after = {item["user_id"]: item for item in crawl(app, "listen_history") if item["items"]}
    changed = [user for user in before if after[user] != before[user]]
    assert 28 <= len(changed) <= 30  # all but those whose record names nobody or held nothing
    for user in changed:
        old, new = before[user], after[user]
        assert new["items"][2:] == old["items"] if prepend else new["items"][:-2] == old["items"]
        assert new["created_at"] == old["created_at"]
        assert new["updated_at"].startswith("2024-01-01T")


def test_q7_and_q11_awkward_values_are_served(app: RunningApp) -> None:
    tracks, histories = crawl(app, "tracks"), crawl(app, "listen_history")
    assert any(track["updated_at"] < track["created_at"] for track in tracks)
    app.reset(WorldConfig(users=1000, tracks=10))
    histories = crawl(app, "listen_history")
    assert sum(item["items"] is None for item in histories) == 2
    assert sum(item["user_id"] is None for item in histories) == 1
    assert len({user["email"] for user in crawl(app, "users")}) == 996  # Q8


def test_q9_and_q10_durations_genres_datetimes(app: RunningApp) -> None:
    tracks = crawl(app, "tracks")
    assert all(len(track["duration"]) == 5 and track["duration"][2] == ":" for track in tracks)
    assert len({track["genres"] for track in tracks}) > 150
    assert {len(track["created_at"]) for track in tracks} == {19, 26}


def test_q12_users_and_histories_in_the_same_order(app: RunningApp) -> None:
    users, histories = app.ids("users"), app.ids("listen_history")
    assert all(history in (user, None) for user, history in zip(users, histories, strict=True))
    assert not set(users) & set(app.ids("tracks"))


def test_q13_only_get(app: RunningApp) -> None:
    assert ask(app, "/tracks", method="HEAD").status == 405
    assert ask(app, "/tracks", method="POST").status == 405
    assert ask(app, "/tracks/1").status == 404
    assert ask(app, "/health").status == 404
    moved = ask(app, "/tracks/")
    assert (moved.status, moved.headers["location"]) == (307, f"{app.url}/tracks")
    headers = ask(app, "/tracks?size=1").headers
    assert not {"etag", "x-ratelimit-limit", "retry-after"} & headers.keys()


def test_q14_a_dump_of_the_usual_size(app: RunningApp) -> None:
    app.reset(WorldConfig())
    bodies = [ask(app, f"/{source}?page={page}").body for source in FIELDS for page in range(1, 11)]
    assert len(bodies) == 30
    assert 500_000 < sum(map(len, bodies)) < 760_000
    assert app.state()["requests"] == {source: 10 for source in FIELDS}


# Its controls


def test_reset_brings_day_zero_back(app: RunningApp) -> None:
    first = ask(app, "/users").body
    app.advance()
    app.restart(seed=5)
    app.fault("status_500")
    state = app.reset()
    assert (state["epoch"], state["day"], state["faults"]) == (0, 0, [])
    assert ask(app, "/users").body == first


def test_quiet_days_are_yesterday_again(app: RunningApp) -> None:
    before = ask(app, "/listen_history").body
    assert app.advance(3, quiet=True)[-1]["day"] == 3
    assert ask(app, "/listen_history").body == before
    assert app.state()["date"] == "2024-01-04"


def test_wrong_orders_are_explained(app: RunningApp) -> None:
    with pytest.raises(SimulatorError, match="there is no fault 'gremlins'"):
        app.fault("gremlins")
    with pytest.raises(SimulatorError, match="applies to tracks, not to users"):
        app.fault("duration_empty", source="users")


def test_faults_can_be_listed(app: RunningApp) -> None:
    app.fault("status_500", source="users", page=2, times=1)
    listed = ask(app, "/_simulator/faults").page
    assert [kind["name"] for kind in listed["available"]] == list(FAULTS)
    assert listed["in_force"][0]["name"] == "status_500"


# Its faults


@pytest.mark.parametrize("code", [500, 401, 403, 404])
def test_error_statuses(app: RunningApp, code: int) -> None:
    app.fault(f"status_{code}", source="tracks", page=2, times=1)
    assert [ask(app, f"/tracks?page={page}").status for page in (1, 2, 2)] == [200, code, 200]
    assert ask(app, "/users?page=2").status == 200


def test_any_status_for_ever_until_mended(app: RunningApp) -> None:
    app.fault("status", code=503)
    assert {ask(app, f"/{source}").status for source in FIELDS for _ in range(2)} == {503}
    app.clear_faults()
    assert ask(app, "/tracks").status == 200


def test_429_says_when_to_come_back(app: RunningApp) -> None:
    app.fault("status_429", times=2, retry_after_seconds=3)
    refused = [ask(app, "/tracks") for _ in range(3)]
    assert [(answer.status, answer.headers.get("retry-after")) for answer in refused] == [
        (429, "3"),
        (429, "3"),
        (200, None),
    ]


def test_429_with_a_date(app: RunningApp) -> None:
    app.fault("status_429_date", retry_after_seconds=30)
    answer = ask(app, "/users")
    assert answer.status == 429
    assert -5 < parsedate_to_datetime(answer.headers["retry-after"]).timestamp() - time.time() < 60


def test_hang(app: RunningApp) -> None:
    app.fault("hang", times=1)
    with pytest.raises(TimeoutError):
        ask(app, "/tracks", timeout=0.15)
    app.fault("hang", seconds=0.1)
    started = time.monotonic()
    assert ask(app, "/tracks").page["total"] == 230
    assert time.monotonic() - started >= 0.1


def test_hang_mid_body(app: RunningApp) -> None:
    app.fault("hang_mid_body")
    with socket.create_connection(("127.0.0.1", int(app.url.rsplit(":", 1)[1])), timeout=0.3) as connection:
        connection.sendall(b"GET /tracks HTTP/1.1\r\nHost: app\r\n\r\n")
        received = b""
        with pytest.raises(TimeoutError):
            while chunk := connection.recv(65536):
                received += chunk
    head, body = received.split(b"\r\n\r\n", 1)
    assert b"200 OK" in head
    app.clear_faults()
    assert 0 < len(body) < 0.6 * len(ask(app, "/tracks").body)


def test_slow_drip(app: RunningApp) -> None:
    app.fault("slow_drip", bytes_per_second=10_000)
    started = time.monotonic()
    answer = ask(app, "/tracks?size=10")
    assert time.monotonic() - started > len(answer.body) / 20_000
    assert len(answer.page["items"]) == 10


def test_truncated_json(app: RunningApp) -> None:
    app.fault("truncated_json")
    answer = ask(app, "/tracks")
    assert answer.status == 200
    assert int(answer.headers["content-length"]) == len(answer.body)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


def test_html_and_wrong_content_type(app: RunningApp) -> None:
    app.fault("html_instead_of_json", source="tracks")
    app.fault("wrong_content_type", source="users")
    page, plain = ask(app, "/tracks"), ask(app, "/users")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.body.startswith(b"<!doctype html>")
    assert plain.headers["content-type"].startswith("text/plain")
    assert plain.page["total"] == 250


@pytest.mark.parametrize(("name", "some"), [("connection_closed", False), ("closed_mid_body", True)])
def test_closed_connections(app: RunningApp, name: str, some: bool) -> None:
    app.fault(name, times=1)
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(app, "/tracks")
    assert bool(caught.value.partial) is some
    assert caught.value.expected
    assert ask(app, "/tracks").status == 200


def test_renamed_endpoint(app: RunningApp) -> None:
    before = ask(app, "/tracks").body
    app.fault("renamed_endpoint", source="tracks")
    assert ask(app, "/tracks").status == 404
    assert ask(app, "/tracks_v2").body == before
    assert ask(app, "/users").status == 200


def test_lies_about_pages(app: RunningApp) -> None:
    app.fault("total_lies", source="users")
    app.fault("same_page_twice", source="tracks", page=2, times=1)
    app.fault("pages_out_of_order", source="listen_history")
    assert ask(app, "/users").page["total"] == 257
    first, second, again = (ask(app, f"/tracks?page={page}").page for page in (1, 2, 2))
    assert second["items"] == first["items"] != again["items"]
    assert second["page"] == 2
    assert len(ask(app, "/listen_history").page["items"]) == 50


ROW_FAULTS = [name for name, kind in FAULTS.items() if kind.family in ("schema", "values") and name != "duplicate_key"]


@pytest.mark.parametrize("name", ROW_FAULTS)
def test_row_faults_change_one_row_of_one_page(app: RunningApp, name: str) -> None:
    source = FAULTS[name].sources[0]
    before = [ask(app, f"/{source}?page={page}&size=20").body for page in (1, 2)]
    app.fault(name, page=2)
    after = [ask(app, f"/{source}?page={page}&size=20").body for page in (1, 2)]
    assert before[0] == after[0]
    old, new = (json.loads(body.decode("utf-8", "replace"))["items"] for body in (before[1], after[1]))
    assert repr(old[0]) != repr(new[0])
    assert old[1:] == new[1:]


def test_volumes(app: RunningApp) -> None:
    for name, total in (
        ("empty_endpoint", 0),
        ("shrunken_endpoint", 23),
        ("swollen_endpoint", 2300),
        ("duplicate_key", 231),
    ):
        app.clear_faults()
        app.fault(name)
        rows = crawl(app, "tracks")
        assert (len(rows), ask(app, "/tracks").page["total"]) == (total, total)
        assert len({row["id"] for row in rows}) == (230 if name == "duplicate_key" else total)


# Its processes


def test_many_readers_while_the_world_changes(app: RunningApp) -> None:
    app.mutate(200)
    with ThreadPoolExecutor(8) as readers:
        pages = list(readers.map(lambda page: ask(app, f"/users?page={page % 12 + 1}&size=20"), range(120)))
    app.mutate(0)
    assert {answer.status for answer in pages} == {200}
    assert all(answer.page["total"] > 200 for answer in pages)


def test_a_stopped_app_refuses_connections() -> None:
    with RunningApp(WorldConfig(users=2, tracks=2)) as short:
        short.fault("hang", times=1)
        with pytest.raises(TimeoutError):
            ask(short, "/tracks", timeout=0.1)
    with pytest.raises(ConnectionRefusedError):
        ask(short, "/tracks")


SERVE = """
from ritournelle.errors import SettingsError
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.server import serve
try:
    serve(WorldConfig(users=9, tracks=9), port={port}, day_seconds=0.05, listens_per_second=50,
          mutations_per_second=20, on_start=lambda url: print(url, flush=True))
    print("stopped")
except SettingsError as error:
    print(error)
"""


def start_serving(port: int) -> subprocess.Popen[str]:
    source = str(Path(sys.modules["ritournelle"].__file__ or "").parents[1])
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVE.format(port=port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": source},
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_until_a_signal(number: signal.Signals) -> None:
    port = free_port()
    with start_serving(port) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == f"http://127.0.0.1:{port}\n"
        if number is signal.SIGTERM:
            with start_serving(port) as second:
                assert f"port {port}" in second.communicate()[0]
        time.sleep(0.3)
        served = RunningApp()
        served.url = f"http://127.0.0.1:{port}"
        assert served.state()["day"] > 1
        server.send_signal(number)
        rest, errors = server.communicate(timeout=10)
    assert (rest, errors, server.returncode) == ("stopped\n", "", 0)


def test_an_app_ends_with_the_process_that_started_it() -> None:
    source = str(Path(sys.modules["ritournelle"].__file__ or "").parents[1])
    script = (
        "import os, signal\nfrom ritournelle.simulator.running import RunningApp\n"
        "app = RunningApp()\napp.start()\nprint(app.url, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": source}, check=False
    )
    orphan = RunningApp()
    orphan.url = done.stdout.strip()
    assert orphan.url
    deadline = time.monotonic() + 5
    with pytest.raises((ConnectionRefusedError, ConnectionResetError)):
        while time.monotonic() < deadline:
            ask(orphan, "/tracks?size=1", timeout=1)
            time.sleep(0.02)
