"""`python -m benchmarks.small_day`: what the whole `ritournelle run` costs on 3 × 1,000 rows, and where it goes.

Three runs in one home, each a process: the first, one on which nothing has changed, one after a day has passed. The
promise is 10 s of CPU (user and system) for each. `--cold` leaves out what `make install` prepared: the first run of a
home then parses the dbt project as well.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import ritournelle
from benchmarks.claim import Claim
from benchmarks.measure import Cost, measure
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.connect import connect

COMMAND = [str(Path(sys.executable).parent / "ritournelle"), "run", "--json"]
RUNS = ("first run", "unchanged", "a day later")
LIMIT_SECONDS = 10.0

Costs = dict[str, list[Cost]]
Steps = dict[str, dict[str, list[float]]]


def main() -> None:
    """Read the command line, measure, print; exit code 1 when a run failed or cost more than is promised."""
    chosen = _arguments()
    costs: Costs = {name: [] for name in RUNS}
    steps: Steps = {name: {} for name in RUNS}
    config = WorldConfig(users=chosen.rows, tracks=chosen.rows, seed=chosen.seed)
    compileall.compile_dir(Path(ritournelle.__file__).parent, quiet=1)  # as installing does: .2 s of each run without
    with RunningApp(config) as app:
        for _ in range(chosen.repetitions):
            app.reset(config)
            with tempfile.TemporaryDirectory(prefix="ritournelle-small-day-", dir=chosen.folder) as folder:
                _three_runs(app, Path(folder), chosen.cold, costs, steps)
    claims = [Claim(f"{name}, median", _median(costs[name], "cpu_seconds"), LIMIT_SECONDS, "s") for name in RUNS]
    print(_as_json(costs, steps, claims) if chosen.json else _as_text(chosen, costs, steps, claims))
    failed = any(cost.exit_code for runs in costs.values() for cost in runs)
    sys.exit(0 if not failed and all(claim.holds for claim in claims) else 1)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.small_day", description=__doc__)
    arguments.add_argument("--rows", type=int, default=1000, help="users, and as many tracks and histories")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--repetitions", type=int, default=3)
    arguments.add_argument("--cold", action="store_true", help="no parsed dbt project is there yet")
    arguments.add_argument("--folder", type=Path, help="where the homes lie")
    arguments.add_argument("--json", action="store_true")
    return arguments.parse_args()


def _three_runs(app: RunningApp, folder: Path, cold: bool, costs: Costs, steps: Steps) -> None:
    home = folder / "home"
    with ExitStack() as variables:
        variables.enter_context(_variable("RITOURNELLE_HOME", str(home)))
        variables.enter_context(_variable("RITOURNELLE_SOURCE__URL", app.url))
        if cold:
            variables.enter_context(_variable("XDG_CACHE_HOME", str(folder / "cache")))
        for name in RUNS:
            if name == RUNS[-1]:
                app.advance(1)
            costs[name].append(measure(COMMAND, folder / "log"))
    for name, step, seconds in _steps(home):
        steps[name].setdefault(step, []).append(seconds)


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _steps(home: Path) -> list[tuple[str, str, float]]:
    """Run, step and wall seconds of each step on record; those of several sources, which overlap, by their longest."""
    query = (
        "SELECT run_number, step, max(duration_seconds) AS seconds FROM ops.run_steps "
        "GROUP BY run_number, step ORDER BY run_number, min(started_at)"
    )
    with connect(f"duckdb:///{home.absolute() / 'warehouse.duckdb'}", read_only=True) as warehouse:
        rows = warehouse.read(query).to_pylist()
    return [(RUNS[row["run_number"] - 1], row["step"], row["seconds"]) for row in rows]


def _median(runs: list[Cost], name: str) -> float:
    return median(getattr(run, name) for run in runs)


def _as_json(costs: Costs, steps: Steps, claims: list[Claim]) -> str:
    told: dict[str, Any] = {name: [asdict(cost) for cost in runs] for name, runs in costs.items()}
    return json.dumps({"costs": told, "steps": steps, "claims": [asdict(one) | {"holds": one.holds} for one in claims]})


def _as_text(chosen: argparse.Namespace, costs: Costs, steps: Steps, claims: list[Claim]) -> str:
    cache = "cold" if chosen.cold else "as it is"
    lines = [f"rows 3 × {chosen.rows:,}, seed {chosen.seed}, repetitions {chosen.repetitions}, cache {cache}", ""]
    lines.append(f"{'':12}   CPU s  wall s  peak MB  CPU s of each repetition")
    for name, runs in costs.items():
        cpu, wall, peak = (_median(runs, column) for column in ("cpu_seconds", "wall_seconds", "peak_megabytes"))
        each = " ".join(f"{run.cpu_seconds:.2f}" for run in runs)
        lines.append(f"{name:12} {cpu:7.2f} {wall:7.2f} {peak:8.0f}  {each}")
    lines += ["", f"{'wall seconds per step':22}" + "".join(f"{name:>13}" for name in RUNS)]
    for step in dict.fromkeys(step for of_run in steps.values() for step in of_run):
        cells = (median(steps[name].get(step, [0.0])) for name in RUNS)
        lines.append(f"{step:22}" + "".join(f"{cell:13.2f}" for cell in cells))
    return "\n".join([*lines, "", *map(str, claims)])


if __name__ == "__main__":
    main()
