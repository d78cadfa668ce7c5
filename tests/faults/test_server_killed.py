"""SIGKILL of the server while listeners use it: what it acknowledged is in raw exactly once after the next load.

`RITOURNELLE_KILL_SECONDS` says for how long (20).
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from ritournelle.ingestion.events import load_events
from ritournelle.runs.record import begin_run
from tests.api_server import home_after_a_night, platform_of
from tests.services.health_server import free_port

pytestmark = pytest.mark.slow

_SECONDS = float(os.environ.get("RITOURNELLE_KILL_SECONDS", "20"))
_LISTENERS = 4


@dataclass
class Player:
    """One listener's app: it asks for a list, says what it played of it, and remembers what was acknowledged."""

    user_id: int
    port: int
    listens: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    exposures: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def play(self, ended: Event) -> None:
        """Until it is over; while the server is away it tries again."""
        number = 0
        while not ended.is_set():
            try:
                self._play_once(number)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
            number += 1

    def _play_once(self, number: int) -> None:
        shown = self._told("GET", f"/v1/users/{self.user_id}/recommendations", 200)["recommendations"]
        self.exposures += [one["recommendation_id"] for one in shown]
        heard_at = datetime.now(UTC) - timedelta(hours=1) + timedelta(microseconds=number)
        listens = [{"user_id": self.user_id, "track_id": 500 + number % 30, "listened_at": heard_at.isoformat()}]
        self.listens += self._told("POST", "/v1/listens", 202, listens)["listen_ids"]
        judged = {"recommendation_id": shown[0]["recommendation_id"], "user_id": self.user_id, "kind": "play"}
        self.feedback.append(self._told("POST", "/v1/feedback", 202, judged)["feedback_id"])

    def _told(self, method: str, path: str, expected: int, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            told = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != expected:
            self.refused.append(answer.status)
            raise http.client.HTTPException(f"{method} {path}: {answer.status}")
        return told


def serve(home: Path, port: int) -> subprocess.Popen[bytes]:
    """A server of which nobody is limited."""
    settings = {"RITOURNELLE_HOME": str(home), "RITOURNELLE_SERVING__TELLINGS_PER_SECOND": "0"}
    settings |= {"RITOURNELLE_RECOMMENDATION__LIST_LENGTH": "5"}
    command = [sys.executable, "-m", "ritournelle", "serve", "--port", str(port)]
    return subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.DEVNULL)


def kill_again_and_again(home: Path, port: int, players: list[Player]) -> int:
    """How many times the server died, each time while it was answering."""
    choice, until, kills = random.Random(7), time.monotonic() + _SECONDS, 0
    while time.monotonic() < until or kills < 2:
        before = sum(len(player.feedback) for player in players)
        with serve(home, port) as process:
            started = time.monotonic()
            while sum(len(player.feedback) for player in players) < before + 5:
                assert time.monotonic() - started < 60, "the server acknowledges nothing"
                time.sleep(0.02)
            time.sleep(choice.uniform(0.0, 1.5))
            process.send_signal(signal.SIGKILL)
        kills += 1
    return kills


def test_what_was_acknowledged_is_there_once_after_the_next_load(tmp_path: Path) -> None:
    home, port, ended = home_after_a_night(tmp_path), free_port(), Event()
    players = [Player(user_id, port) for user_id in range(1, _LISTENERS + 1)]
    threads = [Thread(target=player.play, args=(ended,)) for player in players]
    for thread in threads:
        thread.start()
    try:
        kills = kill_again_and_again(home, port, players)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    platform = platform_of(home)
    with platform.open_warehouse() as warehouse, platform.broker() as broker:
        report = load_events(warehouse, broker, begin_run(warehouse, "run"))
        found = {
            kind: Counter(warehouse.read(f"SELECT {column} AS id FROM raw.{table}")["id"].to_pylist())
            for kind, table, column in (
                ("listens", "src_listen_events", "listen_id"),
                ("feedback", "src_feedback", "feedback_id"),
                ("exposures", "src_exposures", "recommendation_id"),
            )
        }
    assert (report.measures or {})["quarantined"] == 0
    assert kills >= 2 and not [status for player in players for status in player.refused]
    for kind, rows in found.items():
        told = {name for player in players for name in getattr(player, kind)}
        assert len(told) > 20
        assert told <= set(rows), f"{len(told - set(rows))} {kind} of {len(told)} were lost"
        assert max(rows.values()) == 1
