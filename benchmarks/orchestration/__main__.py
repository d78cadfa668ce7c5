"""`python -m benchmarks.orchestration`: `dagster job execute` of the daily job against `ritournelle run`, in one run.

Both read the same simulated app, of 3 × 1,000 rows unless told otherwise, on its first day and on the one after, each
into a home of its own; the tables must come out equal. CPU is that of the whole process tree.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import Cost, measure
from benchmarks.orchestration.tables import differences
from ritournelle.orchestration.__main__ import prepare
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.running import RunningApp

BIN = Path(sys.executable).parent
CONTENDERS = {
    "ritournelle run": [str(BIN / "ritournelle"), "run", "--json"],
    "dagster job execute": [str(BIN / "dagster"), "job", "execute", "-m", "ritournelle.orchestration", "-j", "daily"],
}
DAYS = ("first day", "the day after")

Costs = dict[str, dict[str, list[Cost]]]


def main() -> None:
    """Read the command line, measure, print; exit code 1 when a run failed or the tables are not equal."""
    chosen = _arguments()
    costs: Costs = {day: {name: [] for name in CONTENDERS} for day in DAYS}
    unequal: set[str] = set()
    config = WorldConfig(users=chosen.rows, tracks=chosen.rows, seed=chosen.seed)
    with RunningApp(config) as app:
        for _ in range(chosen.repetitions):
            app.reset(config)
            with tempfile.TemporaryDirectory(prefix="ritournelle-orchestration-", dir=chosen.folder) as folder:
                unequal |= _compare(app, Path(folder), costs)
    print(json.dumps(_as_dict(chosen, costs, unequal), indent=2) if chosen.json else _as_text(chosen, costs, unequal))
    failed = any(cost.exit_code for of_day in costs.values() for runs in of_day.values() for cost in runs)
    sys.exit(1 if failed or unequal else 0)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.orchestration", description=__doc__)
    arguments.add_argument("--rows", type=int, default=1000, help="users, and as many tracks and histories")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--repetitions", type=int, default=3)
    arguments.add_argument("--folder", type=Path, help="where the homes lie; a tmpfs shows Dagster's own cost alone")
    arguments.add_argument("--json", action="store_true")
    return arguments.parse_args()


def _compare(app: RunningApp, folder: Path, costs: Costs) -> set[str]:
    """Two days into two homes; the names of the tables that are not the same in both."""
    homes = {name: folder / name.replace(" ", "-") for name in CONTENDERS}
    for number, day in enumerate(DAYS):
        if number:
            app.advance(1)
        for name, command in CONTENDERS.items():
            with _environment(homes[name], app.url):
                costs[day][name].append(measure(command, folder / "log"))
    return differences(*homes.values())


@contextmanager
def _environment(home: Path, url: str) -> Iterator[None]:
    known = dict(os.environ)
    os.environ |= {"RITOURNELLE_HOME": str(home), "RITOURNELLE_SOURCE__URL": url, "DAGSTER_HOME": str(prepare(home))}
    os.environ["RITOURNELLE_PRIVACY__KEY"] = "the same key in every home"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(known)


def _as_dict(chosen: argparse.Namespace, costs: Costs, unequal: set[str]) -> dict[str, Any]:
    about = {"rows": chosen.rows, "seed": chosen.seed, "repetitions": chosen.repetitions, "dagster": version("dagster")}
    found = {day: {name: _medians(runs) for name, runs in of_day.items()} for day, of_day in costs.items()}
    return {**about, "tables_equal": not unequal, "unequal": sorted(unequal), "days": found}


def _medians(runs: list[Cost]) -> dict[str, float]:
    return {
        name: round(median(getattr(run, name) for run in runs), 2)
        for name in ("cpu_seconds", "wall_seconds", "peak_megabytes")
    }


def _as_text(chosen: argparse.Namespace, costs: Costs, unequal: set[str]) -> str:
    found = _as_dict(chosen, costs, unequal)
    lines = [", ".join(f"{name} {found[name]}" for name in ("rows", "seed", "repetitions", "dagster"))]
    for day, of_day in found["days"].items():
        lines += ["", f"{day:24}      CPU s  wall s  peak MB"]
        lines += [
            f"  {name:26} {one['cpu_seconds']:6.2f} {one['wall_seconds']:7.2f} {one['peak_megabytes']:8.0f}"
            for name, one in of_day.items()
        ]
        command, job = (of_day[name] for name in CONTENDERS)
        more = {name: job[name] - command[name] for name in ("cpu_seconds", "wall_seconds")}
        share = job["cpu_seconds"] / command["cpu_seconds"]
        lines.append(f"  {'overhead':26} {more['cpu_seconds']:+6.2f} {more['wall_seconds']:+7.2f}   CPU × {share:.2f}")
    return "\n".join([*lines, "", f"not the same: {', '.join(sorted(unequal))}" if unequal else "all tables are equal"])


if __name__ == "__main__":
    main()
