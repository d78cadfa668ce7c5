"""`ritournelle serve` on a home, in a process of its own, for as long as a block runs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

_OPENER = build_opener(ProxyHandler({}))
_START_SECONDS, _STOP_SECONDS = 60.0, 10.0


class HealthServer:
    """A server that answers at `url`."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self.process = process

    def get(self, path: str) -> tuple[int, str]:
        """Status and text."""
        try:
            with _OPENER.open(f"{self.url}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def health(self) -> dict[str, Any]:
        """`/v1/health`."""
        told: dict[str, Any] = json.loads(self.get("/v1/health")[1])
        return told

    def wait_for_look(self) -> None:
        """Until the server has looked at the platform itself since it started."""
        before = self.health()["at"]
        deadline = time.monotonic() + 30
        while max(one["at"] for one in self.health()["readings"]) < before:
            if time.monotonic() > deadline:
                return  # it may have looked before we asked
            time.sleep(0.1)

    def wait_for(self, sensor: str) -> None:
        """Until the sensor has fired."""
        deadline = time.monotonic() + 30
        while sensor not in self._fired():
            if time.monotonic() > deadline:
                raise AssertionError(f"{sensor} has not fired; there fired: {self._fired()}")
            time.sleep(0.1)

    def _fired(self) -> set[str]:
        told = self.health()
        return {one["sensor"] for one in told.get("readings", ()) if one["status"] == "fired"}


def free_port() -> int:
    """One that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(home: Path, settings: Mapping[str, str] | None = None) -> Iterator[HealthServer]:
    """Start, wait until it answers, stop by SIGTERM."""
    port = free_port()
    command = [sys.executable, "-m", "ritournelle", "serve", "--port", str(port)]
    environment = os.environ | {"RITOURNELLE_HOME": str(home), **(settings or {})}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            server = HealthServer(f"http://127.0.0.1:{port}", process)
            _wait(server)
            yield server
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(_STOP_SECONDS)


def _wait(server: HealthServer) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.get("/health/live")
            return
        except URLError:
            ended = server.process.poll() is not None
            if ended or time.monotonic() > deadline:
                assert server.process.stderr is not None
                told = server.process.stderr.read() if ended else "it does not answer"
                raise AssertionError(f"ritournelle serve: {told}") from None
            time.sleep(0.05)
