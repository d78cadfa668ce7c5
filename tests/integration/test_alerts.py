"""Alerts through Apprise into real receivers on this machine: a mail server and a webhook."""

from __future__ import annotations

import email
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reading import Reading, Severity, Status
from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.monitoring.watch import keep
from ritournelle.warehouse.duckdb import DuckDBWarehouse

RULES = load_rules(SENSORS)
TOKEN = "T0pS3cretT0ken"


class Hook:
    """A webhook that keeps what is posted; `status` is what it answers, `stop_at` a process to kill when it is asked."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.status = 200
        self.kill: int | None = None
        hook = self

        class Handler(BaseHTTPRequestHandler):
            """Answers one post."""

            def do_POST(self) -> None:  # pylint: disable=invalid-name
                """Keep it; then the sender may die."""
                hook.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                if hook.kill is not None:
                    os.kill(hook.kill, signal.SIGKILL)
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:  # pylint: disable=arguments-differ
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """As Apprise wants it, with a secret in it."""
        return f"json://127.0.0.1:{self.server.server_port}/{TOKEN}"


class Mailbox:
    """Keeps the mails that a server takes."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(
        self, _server: object, _session: object, envelope: Any
    ) -> str:  # pylint: disable=invalid-name
        """One mail."""
        message = email.message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 taken"


@pytest.fixture(name="hook")
def running_hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.server.shutdown()
    hook.server.server_close()


@pytest.fixture(name="mail")
def running_mail_server() -> Iterator[tuple[Mailbox, str]]:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    yield mailbox, f"mailto://127.0.0.1:{port}?from=ritournelle@example.com&name=Ritournelle&to=ops@example.com"
    server.stop()


def ritournelle(home: Path, urls: str, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"RITOURNELLE_HOME": str(home), "RITOURNELLE_ALERTS__URLS": urls}
    line = [sys.executable, "-m", "ritournelle", *command]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


def fire(home: Path, subject: str = "users") -> None:
    now = datetime.now(UTC)
    facts = {"announced": 1000, "landed": 997, "problem": "3 rows are missing"}
    keep(journal(home), [Reading("completeness", subject, Status.FIRED, Severity.ERROR, now, facts)], RULES)


def journal(home: Path) -> Journal:
    return Journal(home / "operations.db")


def test_a_mail_that_a_person_can_use(tmp_path: Path, mail: tuple[Mailbox, str], hook: Hook) -> None:
    mailbox, address = mail
    urls = f"{address} {hook.url}"
    assert ritournelle(tmp_path, urls, "alerts", "test").returncode == 0
    fire(tmp_path)
    sent = ritournelle(tmp_path, urls, "alerts", "send")
    assert (sent.returncode, sent.stdout) == (0, "mailto: 1 sent\njson: 1 sent\n")
    test, alert = mailbox.mails
    assert (test["Subject"], alert["To"]) == ("Ritournelle · a test", "ops@example.com")
    assert alert["Subject"] == "Ritournelle · error · users: rows are missing or appear twice (3 rows are missing)"
    assert alert["From"] == "Ritournelle <ritournelle@example.com>"
    assert alert.get_content_type() == "text/plain"
    body = alert.get_content().replace("\r\n", "\n")
    assert "\n\nAlready done: Nothing of this source was loaded" in body
    assert "Runbook: docs/runbooks/completeness.md" in body
    assert [post["type"] for post in hook.posted] == ["info", "failure"]
    assert hook.posted[1]["message"].split() == body.split()


def test_a_webhook_that_is_down_is_told_of_and_hears_later(tmp_path: Path, hook: Hook) -> None:
    ritournelle(tmp_path, hook.url, "alerts", "test")
    hook.status = 503
    fire(tmp_path)
    failed = ritournelle(tmp_path, hook.url, "alerts", "send")
    assert failed.returncode == 1
    assert "json: " in failed.stderr and TOKEN not in failed.stderr + failed.stdout
    (incident,) = [one for one in journal(tmp_path).open_incidents() if one.sensor == "alerts"]
    assert incident.subject == "json" and TOKEN not in incident.message
    hook.status = 200
    assert ritournelle(tmp_path, hook.url, "alerts", "send", "--json").returncode == 0
    told = [post["title"].split(" · ")[1] for post in hook.posted]
    assert told == ["a test", "error", "error", "warning", "over"]
    assert TOKEN.encode() not in (tmp_path / "operations.db").read_bytes()


def test_a_sender_that_is_killed_between_sending_and_noting(tmp_path: Path, hook: Hook) -> None:
    ritournelle(tmp_path, hook.url, "alerts", "test")
    fire(tmp_path)
    environment = os.environ | {"RITOURNELLE_HOME": str(tmp_path), "RITOURNELLE_ALERTS__URLS": hook.url}
    with subprocess.Popen([sys.executable, "-m", "ritournelle", "alerts", "send"], env=environment) as sender:
        hook.kill = sender.pid
    assert sender.returncode == -signal.SIGKILL
    hook.kill = None
    for _ in range(2):
        ritournelle(tmp_path, hook.url, "alerts", "send")
    alerts = [post["message"] for post in hook.posted if " · error · " in post["title"]]
    assert ["Sent again:" in alert for alert in alerts] == [False, True]


def test_a_run_that_fails_tells_people_and_leaves_a_copy(tmp_path: Path, hook: Hook) -> None:
    with socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    environment = os.environ | {
        "RITOURNELLE_HOME": str(tmp_path),
        "RITOURNELLE_ALERTS__URLS": hook.url,
        "RITOURNELLE_SOURCE__URL": f"http://127.0.0.1:{port}",
        "RITOURNELLE_SOURCE__RETRIES": "0",
    }
    for _ in range(2):
        line = [sys.executable, "-m", "ritournelle", "ingest"]
        assert subprocess.run(line, env=environment, capture_output=True, check=False).returncode == 1
    told = sorted(post["title"].split(" · ")[2].split(":")[0].split(" (")[0] for post in hook.posted)
    assert told == ["The last run", "listen_history", "tracks", "users"]
    with DuckDBWarehouse(tmp_path / "warehouse.duckdb", read_only=True) as warehouse:
        query = "SELECT sensor, phase, times_seen, runbook FROM ops.incidents WHERE subject IN ('pipeline', 'users')"
        rows = [tuple(row.values()) for row in warehouse.read(f"{query} ORDER BY sensor").to_pylist()]
    assert rows == [
        ("run_outcome", "open", 2, "run-outcome"),
        ("source_reachable", "open", 2, "source-reachable"),
    ]


def test_no_secret_is_shown_or_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN}x/#general mailto://me:{TOKEN}@127.0.0.1:9"
    for command in (("config", "show"), ("config", "show", "--json"), ("alerts", "test")):
        done = ritournelle(tmp_path, secret, *command)
        assert TOKEN not in done.stdout + done.stderr, command
    refused = ritournelle(tmp_path, TOKEN, "config", "show")
    assert refused.returncode == 2 and TOKEN not in refused.stderr
    with caplog.at_level(logging.DEBUG):
        from ritournelle.monitoring.alerts.apprise_channel import channels_of
        from ritournelle.monitoring.alerts.channel import ChannelError, Message
        from ritournelle.settings import AlertSettings

        for url in (f"json://me:{TOKEN}@127.0.0.1:9/{TOKEN}", f"nothing://{TOKEN}", f"slack://{TOKEN}"):
            (channel,) = channels_of(AlertSettings(urls=url).urls)
            with pytest.raises(ChannelError) as caught:
                channel.send(Message("title", "body"))
            assert TOKEN not in str(caught.value)
    assert TOKEN not in caplog.text


def test_names_of_channels_are_no_secrets() -> None:
    from ritournelle.monitoring.alerts.apprise_channel import channels_of
    from ritournelle.settings import AlertSettings

    urls = AlertSettings(urls=["slack://a/b/c", "mailto://x:y@z", "slack://d/e/f"]).urls
    assert [channel.name for channel in channels_of(urls)] == ["slack", "mailto", "slack-2"]
