"""A simulated app in a process of its own, for tests and demonstrations."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import msgspec

import ritournelle
from ritournelle.domain.sources import Source
from ritournelle.errors import PermanentError
from ritournelle.simulator.config import WorldConfig

_START_SECONDS = 30.0
_STOP_SECONDS = 5.0


class SimulatorError(PermanentError):
    """The simulated app did not start, or refused what was asked of it."""


class RunningApp:
    """A context manager: inside, the app of `config` answers at `url`; after it, nothing is left.

    The app lives on a free port of 127.0.0.1, in a process that also ends when this one is killed. The rows that it
    serves can be had here too: `World(config)`, advanced by as many days, holds the same.
    """

    def __init__(self, config: WorldConfig | None = None) -> None:
        self.config = config or WorldConfig()
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._reserved: socket.socket | None = None
        self._opener = build_opener(ProxyHandler({}))

    def __enter__(self) -> RunningApp:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until the app answers; raise `SimulatorError` when it does not."""
        self._reserved = _reserve_port()
        port = self._reserved.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(  # pylint: disable=consider-using-with  # ended by stop()
            [sys.executable, "-m", "ritournelle.simulator", str(port)], stdin=subprocess.PIPE, env=_environment()
        )
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(self.config) + b"\n")
        self._process.stdin.flush()
        self._wait_until_it_answers(self._process)

    def stop(self) -> None:
        """Stop the app; from then on connections to `url` are refused."""
        if self._process is not None:
            _end(self._process)
        if self._reserved is not None:
            self._reserved.close()
        self._process = self._reserved = None

    def state(self) -> dict[str, Any]:
        """Epoch, day, date, totals per source, number of listens, requests served, faults in force."""
        answer: dict[str, Any] = self._call("GET", "state")
        return answer

    def ids(self, source: Source | str) -> list[int | None]:
        """The keys that a source shows now, in page order. What is there before and after was there throughout."""
        answer: list[int | None] = self._call("GET", f"ids/{source}")
        return answer

    def rows(self, source: Source | str) -> list[dict[str, Any]]:
        """All rows of a source as it answers now, page by page; for an app that stands still and has no fault."""
        first = self._get(f"{source}?page=1")
        pages = [first, *(self._get(f"{source}?page={number}") for number in range(2, first["pages"] + 1))]
        return [row for page in pages for row in page["items"]]

    def advance(self, days: int = 1, *, quiet: bool = False) -> list[dict[str, Any]]:
        """Let days pass, on quiet ones nothing happens; return a report for each."""
        answer: list[dict[str, Any]] = self._call("POST", "advance", days=days, quiet=quiet)
        return answer

    def restart(self, seed: int | None = None) -> dict[str, Any]:
        """Begin a new epoch: everything regenerated under new ids; return the state."""
        answer: dict[str, Any] = self._call("POST", "restart", **({} if seed is None else {"seed": seed}))
        return answer

    def reset(self, config: WorldConfig | None = None) -> dict[str, Any]:
        """Back to day 0 of this world or of another one, without faults; return the state. Quicker than a new app."""
        self.config = config or self.config
        answer: dict[str, Any] = self._call("POST", "reset", self.config)
        return answer

    def listen(self, users: int = 50, *, tracks: int = 1, prepend: bool = False) -> int:
        """Let users hear tracks now; return how many listens that made."""
        added: int = self._call("POST", "listen", users=users, tracks=tracks, prepend=prepend)["listens_added"]
        return added

    def mutate(self, per_second: float) -> None:
        """From now on insert and delete so many tracks and users per second; 0 stops."""
        self._call("POST", "mutate", per_second=per_second)

    def fault(
        self,
        name: str,
        *,
        source: Source | str | None = None,
        page: int | None = None,
        times: int | None = None,
        **options: Any,
    ) -> int:
        """Put a fault in force and return its number; without `times` it stays until it is cleared."""
        order = {"name": name, "source": source, "page": page, "times": times, "options": options}
        number: int = self._call("POST", "faults", order)["fault_id"]
        return number

    def clear_faults(self) -> None:
        """Mend everything."""
        self._call("DELETE", "faults")

    def _get(self, path: str) -> Any:
        with self._opener.open(f"{self.url}/{path}", timeout=60) as answer:
            return msgspec.json.decode(answer.read())

    def _call(self, method: str, control: str, body: object = None, **query: object) -> Any:
        url = f"{self.url}/_simulator/{control}" + (f"?{urlencode(_plain(query))}" if query else "")
        data = None if body is None else msgspec.json.encode(body)
        request = Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
        try:
            with self._opener.open(request, timeout=60) as answer:
                content = answer.read()
        except HTTPError as error:
            with error:
                raise SimulatorError(f"{method} {control}: {error.read().decode()}") from error
        return msgspec.json.decode(content) if content else None

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                self.state()
                return
            except URLError:
                time.sleep(0.01)
        self.stop()
        raise SimulatorError(f"the simulated app did not answer at {self.url}; its errors stand on standard error")


def _reserve_port() -> socket.socket:
    """A free port, kept by a socket that does not listen: only servers that share ports can have it, as ours does."""
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


def _environment() -> dict[str, str]:
    source = str(Path(ritournelle.__file__).parents[1])
    known = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": f"{source}{os.pathsep}{known}" if known else source}


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _plain(query: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value).lower() for name, value in query.items()}
