"""`python -m benchmarks.readers`: how long five readers wait for what is published, with and without a run that writes.

Each reader is a process that opens the publication, asks one listener's list and the popular tracks, and closes it,
again and again: first while nothing else runs, then beside a process that only computes, then while whole runs write
and publish. A read takes longer on a busy machine, runs or not. So of each read is measured, too, how long it was
*blocked*: neither computing nor queueing for a core (Linux tells), but waiting for a lock or a disk. That is what a
writer could do to a reader, and what must stay under 100 ms.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.marts import LIST_OF_LISTENER, LIVING_USERS, TRACK_POPULARITY

READERS = 5
PAUSE_SECONDS = 0.1
LIMIT_MILLISECONDS = 100.0
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Waits:
    """Each read of all readers in one situation, in milliseconds: how long it took, how long of it it was blocked."""

    situation: str
    reads: list[tuple[float, float]]
    publications: int

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it."""
        took, blocked = zip(*self.reads, strict=True)
        told: dict[str, Any] = {"situation": self.situation, "reads": len(took), "publications": self.publications}
        for name, values in (("took", took), ("blocked", blocked)):
            told |= {f"{name}_median": _at(values, 0.5), f"{name}_p99": _at(values, 0.99), f"{name}_max": max(values)}
        return {name: round(value, 1) if isinstance(value, float) else value for name, value in told.items()}


def main() -> None:
    """Read the command line, measure, print; exit code 1 when a wait was longer than is promised."""
    chosen = _arguments()
    config = WorldConfig(users=chosen.users, tracks=chosen.users, seed=8)
    with tempfile.TemporaryDirectory(prefix="ritournelle-readers-") as home, RunningApp(config) as app:
        platform = _platform(home, app.url)
        _one_run(home, app.url)
        _say("one run is published; reading without any load")
        alone = _measured("alone", home, app.url, lambda: time.sleep(chosen.seconds))
        _say("reading beside a process that only computes")
        busy = _measured("beside computing", home, app.url, lambda: _in_process(_compute, chosen.seconds))
        _say(f"reading beside {chosen.runs} whole runs")
        runs = _measured("beside runs", home, app.url, lambda: _whole_runs(app, home, chosen.runs))
        rows = _size(platform)
    report = {"rows": rows, "milliseconds": [one.to_dict() for one in (alone, busy, runs)]}
    print(json.dumps(report, indent=2) if chosen.json else _as_table(report))
    sys.exit(0 if max(blocked for _, blocked in runs.reads) <= LIMIT_MILLISECONDS else 1)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.readers", description=__doc__)
    arguments.add_argument("--users", type=int, default=1000, help="users, and as many tracks")
    arguments.add_argument("--runs", type=int, default=5, help="whole runs to read beside")
    arguments.add_argument("--seconds", type=float, default=30.0, help="how long to read without them")
    arguments.add_argument("--json", action="store_true")
    return arguments.parse_args()


def _platform(home: str, url: str) -> Platform:
    # One thread: then what Linux tells of the reader's own thread is all that it does.
    return Platform(load_settings(home=Path(home), source={"url": url}, warehouse={"threads": 1}))


def _measured(situation: str, home: str, url: str, meanwhile: Callable[[], object]) -> Waits:
    """What all readers waited while something happened."""
    done, results = _SPAWN.Event(), _SPAWN.Queue()
    ready = _SPAWN.Barrier(READERS + 1)
    readers = [_SPAWN.Process(target=_read, args=(home, url, ready, done, results)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    ready.wait(60)
    meanwhile()
    done.set()
    found = [results.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join()
    reads = [read for ours, _ in found for read in ours]
    return Waits(situation, reads, len({run for _, runs in found for run in runs}))


def _read(home: str, url: str, ready: Any, done: Any, results: Any) -> None:
    """One reader; its first reads, which load libraries, do not count."""
    platform = _platform(home, url)
    listener = _look(platform, None)[0]
    ready.wait(60)
    reads, runs = [], set()
    while not done.is_set():
        started, active = time.perf_counter(), _active_seconds()
        _, run = _look(platform, listener)
        took, active = time.perf_counter() - started, _active_seconds() - active
        reads.append((1000 * took, 1000 * max(took - active, 0.0)))
        runs.add(run)
        time.sleep(PAUSE_SECONDS)
    results.put((reads, runs))


def _active_seconds() -> float:
    """How long this thread has computed, or could have if a core had been free."""
    computed, queued, _ = Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()
    return (int(computed) + int(queued)) / 1e9


def _look(platform: Platform, listener: int | None) -> tuple[int, int]:
    """A listener, and the run whose publication was read."""
    with platform.read_published() as warehouse:
        if listener is None:
            listener = int(LIVING_USERS.run(warehouse)["user_id"][0].as_py())
        LIST_OF_LISTENER.run(warehouse, user_id=listener)
        TRACK_POPULARITY.run(warehouse)
        run: int = warehouse.read("SELECT max(run_number) AS n FROM ops.runs")["n"][0].as_py()
    return listener, run


def _whole_runs(app: RunningApp, home: str, runs: int) -> None:
    for _ in range(runs):
        app.listen(users=200, tracks=2)
        _in_process(_one_run, home, app.url)


def _in_process(work: Callable[..., None], *arguments: object) -> None:
    process = _SPAWN.Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{work.__name__} ended with {process.exitcode}")


def _one_run(home: str, url: str) -> None:
    report = Day(_platform(home, url)).run("run")
    if not report.succeeded:
        raise SystemExit(report.message)


def _compute(seconds: float) -> None:
    """Keep one core busy without touching any file."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(10_000))


def _size(platform: Platform) -> dict[str, int]:
    tables = ("core.fact_listen_history", "marts.interactions", "marts.recommendations")
    with platform.read_published() as warehouse:
        return {table: warehouse.read(f"SELECT count(*) AS n FROM {table}")["n"][0].as_py() for table in tables}


def _as_table(report: dict[str, Any]) -> str:
    names = list(report["milliseconds"][0])
    lines = [", ".join(f"{table}: {rows:,} rows" for table, rows in report["rows"].items()), ""]
    lines += ["".join(f"{name:<18}" for name in names)]
    lines += ["".join(f"{str(one[name]):<18}" for name in names) for one in report["milliseconds"]]
    return "\n".join([*lines, "", "milliseconds; blocked: neither computing nor queueing for a core"])


def _at(values: Sequence[float], share: float) -> float:
    """What this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
