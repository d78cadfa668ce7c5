"""`python -m benchmarks.health_page`: time per answer of a real server, over HTTP on loopback, a year behind it.

Beside the time that a reader waits, which grows with whatever else the machine does, stands the CPU time of the server.

`--keep FOLDER` leaves the home there, to look at the page: `RITOURNELLE_HOME=FOLDER ritournelle serve`.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from benchmarks.health_page.year import fill
from ritournelle.bootstrap import Platform
from ritournelle.serving.live import parts_of
from ritournelle.settings import load_settings

LIMIT_SECONDS = 0.2
_PATHS = ("/health", "/v1/health", "/health/charts", "/metrics", "/health/ready")
_PROMISED = _PATHS[:2]
_START_SECONDS = 60.0


def main() -> None:
    """Fill a home, start the server on it, ask it so many times, print a table."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        home = arguments.keep or Path(folder)
        parts = parts_of(Platform(load_settings(home=home)))
        fill(parts.journal, parts.rules, datetime.now(UTC), arguments.days)
        counts = {name: parts.journal.rows(f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in _TABLES}
        print(", ".join(f"{count:,} {name}" for name, count in counts.items()))
        with _server(home) as (port, process):
            p95 = {path: _measure(port, process, path, arguments.requests) for path in _PATHS}
        slowest = max(p95[path] for path in _PROMISED)
    if slowest > LIMIT_SECONDS:
        sys.exit(f"p95 is over {LIMIT_SECONDS} s")


_TABLES = ("runs", "run_steps", "check_results", "readings", "incidents")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


@contextmanager
def _server(home: Path) -> Iterator[tuple[int, int]]:
    """Its port and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "ritournelle", "serve", "--port", str(port)]
    environment = os.environ | {"RITOURNELLE_HOME": str(home)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield port, process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def _wait(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return _ask(port, "/health/live")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _measure(port: int, process: int, path: str, requests: int) -> float:
    seconds, cpu = [], _cpu_seconds(process)
    for _ in range(requests):
        began = time.perf_counter()
        _ask(port, path)
        seconds.append(time.perf_counter() - began)
    p95, cpu = quantiles(seconds, n=20)[-1], (_cpu_seconds(process) - cpu) / requests
    told = {"first": seconds[0], "p50": median(seconds), "p95": p95, "CPU": cpu}
    print(f"{path:16}" + "   ".join(f"{name} {1e3 * value:6.1f} ms" for name, value in told.items()))
    return p95


def _cpu_seconds(process: int) -> float:
    """User and system time of a process so far, as Linux tells it."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ask(port: int, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise OSError(f"{path} answered {answer.status}")


if __name__ == "__main__":
    main()
