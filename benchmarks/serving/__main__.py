"""`python -m benchmarks.serving`: lists by HTTP on cores that the load generator shares, and a peer in the same run.

50,000 tracks, 100,000 listeners of whom 45 have 100,000 listens each, requests by a power law, unless told otherwise.
Each server is a process of its own with its defaults; ours signs every recommendation and has its exposure on the disk
before it answers, which the peer does not.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]  # its stubs are not installed

from benchmarks.recommenders.population import Size
from benchmarks.serving.home import PEER, Made, make_home
from benchmarks.serving.load import STEEPNESS, Answered, in_turn, most, steady, wait_until_up

LIST = "/v1/users/{}/recommendations"
PER_SECOND = 500.0
CONNECTIONS = 64
"""Of the closed loop."""
_WARM = 5
"""Listeners of each kind whose lists are made before any is measured."""
_AGAIN = 8
"""How often those who were asked for once are asked for again."""


@dataclass(frozen=True)
class Claim:
    """What must hold: `value` at most `limit`, or at least, where it is a floor."""

    what: str
    value: float
    limit: float
    unit: str
    is_floor: bool = False

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.value >= self.limit if self.is_floor else self.value <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.is_floor else "≤"
        held = "yes" if self.holds else "NO "
        return f"{held}  {self.value:10,.2f} {self.unit:3} {sign} {self.limit:<6,g} {self.what}"


def main() -> None:
    """Read the command line, measure, print; exit code 1 when a claim does not hold."""
    chosen = _arguments()
    size = Size(2_000, 1_000, 40_000, 20) if chosen.small else Size(chosen.listeners, chosen.tracks, chosen.pairs)
    with tempfile.TemporaryDirectory(prefix="ritournelle-serving-") as scratch:
        folder = (chosen.folder or Path(scratch)).absolute()
        _say("making the home")
        made = make_home(folder, size)
        found = _measured(folder, made, chosen.seconds)
    claims = _claims(found)
    if chosen.json:
        told = {"made": asdict(made), "found": {name: asdict(one) for name, one in found.items()}}
        print(json.dumps(told | {"claims": [asdict(one) | {"holds": one.holds} for one in claims]}))
    else:
        print(_as_text(made, found, claims))
    sys.exit(0 if all(claim.holds for claim in claims) and not any(one.errors for one in found.values()) else 1)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    arguments.add_argument("--listeners", type=int, default=Size.listeners)
    arguments.add_argument("--tracks", type=int, default=Size.tracks)
    arguments.add_argument("--pairs", type=int, default=2_000_000)
    arguments.add_argument("--seconds", type=float, default=10.0, help="of each load")
    arguments.add_argument("--small", action="store_true", help="a quick try; its figures mean nothing")
    arguments.add_argument("--folder", type=Path, help="where the home is, or is made to stay")
    arguments.add_argument("--json", action="store_true")
    return arguments.parse_args()


def _measured(folder: Path, made: Made, seconds: float) -> dict[str, Answered]:
    found: dict[str, Answered] = {}
    random = np.random.default_rng(5)
    ours = [sys.executable, "-m", "ritournelle", "serve", "--port"]
    peer = [sys.executable, "-m", "benchmarks.serving.peer", str(folder / PEER)]
    for name, command in (("peer", peer), ("ours", ours)):
        with _serving(command, folder, LIST.format(made.first)) as (port, process):
            _say(f"{name}: stored lists")
            found[f"{name}, stored, as many as go"] = _most(port, made, seconds, process)
            users = made.first + (made.listeners * random.random(int(seconds * PER_SECOND)) ** STEEPNESS).astype(int)
            paths = [LIST.format(user) for user in users]
            found[f"{name}, stored, {PER_SECOND:g} a second"] = steady(port, paths, PER_SECOND)
            if name == "ours":
                found |= _computed(port, made, random)
    return found


def _most(port: int, made: Made, seconds: float, process: psutil.Process) -> Answered:
    """As many as go, once it is warm, and what each costs the server."""
    most(port, made.first, made.listeners, connections=CONNECTIONS, seconds=3)
    before = _cpu_seconds(process)
    many = most(port, made.first, made.listeners, connections=CONNECTIONS, seconds=seconds)
    cost = (_cpu_seconds(process) - before) / (many.per_second * seconds)
    return replace(many, cpu_milliseconds=1000 * cost)


def _computed(port: int, made: Made, random: np.random.Generator) -> dict[str, Answered]:
    """Lists that are made now: with the track that was just heard, one that differs each time.

    Of listeners who were not asked for before, and of the same again: their history is in memory then.
    """
    _say("ours: lists that are made now")

    def paths(users: list[int]) -> list[str]:
        tracks = made.first + random.integers(made.tracks, size=len(users))
        return [f"{LIST.format(user)}?context={track}" for user, track in zip(users, tracks, strict=True)]

    heavy = made.heavy
    light = random.choice(np.arange(made.first, heavy[0]), len(heavy), replace=False).tolist()
    in_turn(port, [paths(light[:_WARM]), paths(heavy[:_WARM])])
    found = {}
    for when, times in (("first", 1), ("again", _AGAIN)):
        kinds = in_turn(port, [paths(light[_WARM:] * times), paths(heavy[_WARM:] * times)])
        found |= {f"ours, computed, {name}, {when}": kind for name, kind in zip(("light", "heavy"), kinds, strict=True)}
    return found


@contextmanager
def _serving(command: list[str], folder: Path, path: str) -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings = {"RITOURNELLE_HOME": str(folder), "RITOURNELLE_SERVING__REQUESTS_PER_SECOND": "1000000"}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen([*command, str(port)], env=os.environ | settings, stdout=output, stderr=output)
        try:
            wait_until_up(process, port, path, log)
            yield port, psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _claims(found: dict[str, Answered]) -> list[Claim]:
    fast, calm = found["ours, stored, as many as go"], found[f"ours, stored, {PER_SECOND:g} a second"]
    light, heavy = found["ours, computed, light, again"], found["ours, computed, heavy, again"]
    peer = found["peer, stored, as many as go"]
    return [
        Claim("stored lists", fast.per_second, 3_000, "/s", is_floor=True),
        Claim("stored lists, of the peer's", fast.per_second / peer.per_second, 1, "×", is_floor=True),
        Claim(f"stored lists at {PER_SECOND:g} a second, 99 of 100", calm.p99, 10, "ms"),
        Claim("100,000 listens, of a light listener, again, median", heavy.p50 / light.p50, 1.2, "×"),
    ]


def _as_text(made: Made, found: dict[str, Answered], claims: list[Claim]) -> str:
    lines = [f"{made.listeners:,} listeners, {made.tracks:,} tracks, {made.pairs:,} pairs", ""]
    lines.append(f"{'':34}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'errors':>8}")
    for name, one in found.items():
        lines.append(
            f"{name:34}{one.per_second:12,.0f}{one.p50:9.2f}{one.p99:9.2f}{one.cpu_milliseconds:9.2f}{one.errors:8}"
        )
    return "\n".join([*lines, "", *map(str, claims)])


def _say(text: str) -> None:
    print(f"  {text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
