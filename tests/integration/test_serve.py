"""`ritournelle serve` as a process: starts, answers, refuses, and ends at once."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ritournelle.errors import SettingsError
from ritournelle.serving.assets import VEGA, vega_bundle
from ritournelle.serving.server import check_address
from tests.services.health_server import free_port, serving


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "ctrl-C"])
def test_it_answers_and_ends_within_two_seconds(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as server:
        ready, told = server.get("/health/ready")
        assert ready == 503 and "nothing was published yet" in told and "model" not in told
        status, page = server.get("/health")
        assert status == 200 and "Nothing has run yet" in page
        assert server.health()["health"] == "unknown"
        started = time.monotonic()
        server.process.send_signal(number)
        assert server.process.wait(10) == 0
        assert time.monotonic() - started < 2
        assert server.process.stderr is not None
        assert server.process.stderr.read() == f"the health page is at {server.url} (ctrl-C stops it)\n"


def test_a_home_where_nothing_has_run_stays_as_it_is(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.get("/health")
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_a_port_that_is_taken_is_refused() -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(SettingsError, match=f"port {port} of 127.0.0.1 cannot be used, choose another"):
            check_address("localhost", port)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "music.example.com"])
def test_other_machines_are_not_let_in(host: str) -> None:
    with pytest.raises(SettingsError, match="can be reached from other machines|not on 'music.example.com'"):
        check_address(host, free_port())


def test_the_command_says_why_it_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ritournelle", "serve", "--host", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "no API keys" in done.stderr and "Traceback" not in done.stderr


def test_the_charts_script_is_made_once_and_also_without_a_place_to_keep_it(tmp_path: Path) -> None:
    made = vega_bundle(tmp_path / "cache")
    assert made.name == VEGA and b"vegaEmbed" in made.content
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"// kept")
    assert vega_bundle(tmp_path / "cache").content == b"// kept"
    file = tmp_path / "a file"
    file.touch()
    assert vega_bundle(file / "no folder").content == made.content
