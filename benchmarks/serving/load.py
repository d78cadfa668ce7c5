"""Load: as many requests as go (wrk, closed loop), and so many a second whatever happens (open loop, by the clock)."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import numpy as np

_LUA = """
math.randomseed(7)
request = function()
  local user = {first} + math.floor({listeners} * math.random() ^ {steepness})
  return wrk.format("GET", "/v1/users/" .. user .. "/recommendations")
end
done = function(summary, latency, requests)
  local errors = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %f %f\\n", summary.requests, summary.duration, errors,
    latency:percentile(50), latency:percentile(99)))
end
"""
STEEPNESS = 3.0
"""A uniform u asks for the listener at u³: the first tenth of them make 46 % of the requests."""

_CONNECTIONS = 64
"""Of the open loop; where all of them wait for an answer the next request does, too, and its time runs."""


@dataclass(frozen=True)
class Answered:
    """What a load saw: requests a second, milliseconds, and how many were not answered with 200.

    `cpu_milliseconds` are the server's for each request, where they were measured: on a busy machine the best measure.
    """

    per_second: float
    p50: float
    p99: float
    errors: int
    cpu_milliseconds: float = 0.0


def most(port: int, first: int, listeners: int, *, connections: int, seconds: float) -> Answered:
    """A closed loop: each connection asks again once it was answered. Its times leave out who would have waited."""
    if shutil.which("wrk") is None:
        raise SystemExit("the load generator wrk is missing: apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA.format(first=first, listeners=listeners, steepness=STEEPNESS))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", script.name, f"http://127.0.0.1:{port}"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+)", told)
    if found is None:
        raise SystemExit(f"wrk said: {told}")
    requests, microseconds, errors, p50, p99 = (float(part) for part in found.groups())
    return Answered(requests / microseconds * 1e6, p50 / 1000, p99 / 1000, int(errors))


def steady(port: int, paths: Sequence[str], per_second: float) -> Answered:
    """An open loop: request i is due at i / per_second, and its time counts from then, also if it was sent late.

    So whoever is slow is not asked less often (no coordinated omission).
    """
    return asyncio.run(_steady(port, paths, per_second))


async def _steady(port: int, paths: Sequence[str], per_second: float) -> Answered:
    took = np.zeros(len(paths))
    free: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
    for _ in range(_CONNECTIONS):
        free.put_nowait(await _Connection.open(port))
    errors = 0
    begun = time.perf_counter() + 0.05

    async def ask(number: int) -> None:
        nonlocal errors
        connection = await free.get()
        errors += await connection.get(paths[number]) != 200
        took[number] = time.perf_counter() - begun - number / per_second
        free.put_nowait(connection)

    asking = []
    for number in range(len(paths)):
        wait = begun + number / per_second - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        asking.append(asyncio.ensure_future(ask(number)))
    await asyncio.gather(*asking)
    seconds = time.perf_counter() - begun
    while not free.empty():
        free.get_nowait().close()
    return _answered(took, len(paths) / seconds, errors)


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> _Connection:
        """One that stays open."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def get(self, path: str) -> int:
        """The status of an answer that was read to its end."""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        assert length is not None, head
        await self._reader.readexactly(int(length[1]))
        return int(head[9:12])

    def close(self) -> None:
        """Let it go."""
        self._writer.close()


def in_turn(port: int, paths: Sequence[Sequence[str]]) -> list[Answered]:
    """Several kinds of requests, one after the other on one connection, kinds in turn: what each kind takes."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    took: list[list[float]] = [[] for _ in paths]
    errors = [0] * len(paths)
    for group in zip(*paths, strict=True):
        for kind, path in enumerate(group):
            started = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            took[kind].append(time.perf_counter() - started)
            errors[kind] += answer.status != 200
    connection.close()
    return [_answered(np.array(one), len(one) / sum(one), bad) for one, bad in zip(took, errors, strict=True)]


def _answered(took: np.ndarray, per_second: float, errors: int) -> Answered:
    p50, p99 = np.percentile(took * 1000, [50, 99])
    return Answered(per_second, float(p50), float(p99), errors)


def wait_until_up(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    """Until the server answers 200."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"the server does not answer:\n{log.read_text(encoding='utf-8')[-2000:]}")
