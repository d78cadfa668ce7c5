"""`python -m benchmarks.transform`: a first build, a day of 1 % changes, and the same SQL without dbt, in one run.

Ten million listens of a million users and 200,000 tracks unless told otherwise. CPU is that of the whole process tree.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, measure
from benchmarks.transform.build import compiled, settings_of
from benchmarks.transform.extracts import Size, write_day, write_first_load
from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.tables import TRANSFORM_SCOPE

ALLOWED_SHARE = 0.15
"""What the day may cost of the build's CPU."""


def main() -> None:
    """Read the command line, measure, print; exit code 1 when something was built wrong or the day costs too much."""
    chosen = _arguments()
    size = Size(chosen.listens, chosen.tracks, chosen.share)
    outcomes: dict[str, tuple[Cost, dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory(prefix="ritournelle-transform-", dir=chosen.folder) as folder:
        home, bare = Path(folder) / "dbt", Path(folder) / "direct"
        home.mkdir()
        bare.mkdir()
        _write(home, lambda path: write_first_load(path, size))
        if not chosen.no_direct:
            _prepare_direct(home, bare)
            outcomes["first build, SQL alone"] = _measured("direct", bare)
            shutil.rmtree(bare)
        outcomes["first build"] = _measured("dbt", home)
        _write(home, lambda path: write_day(path, size, 2))
        outcomes["the day after"] = _measured("dbt", home)
    about = {"listens": size.listens, "users": size.users, "tracks": size.tracks, "changed": chosen.share}
    about |= {"python": platform.python_version(), **{name: version(name) for name in ("duckdb", "dbt-core")}}
    print(_as_json(about, outcomes) if chosen.json else _as_text(about, outcomes))
    sys.exit(0 if _is_good(outcomes) else 1)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.transform", description=__doc__)
    arguments.add_argument("--listens", type=int, default=10_000_000)
    arguments.add_argument("--tracks", type=int, default=200_000)
    arguments.add_argument("--share", type=float, default=0.01, help="share of everything that the day changes")
    arguments.add_argument("--folder", type=Path, help="where to work; 10 million listens take about 10 GB")
    arguments.add_argument("--no-direct", action="store_true", help="leave the SQL without dbt out")
    arguments.add_argument("--json", action="store_true")
    return arguments.parse_args()


def _write(home: Path, work: Callable[[Path], None]) -> None:
    _say(f"writing raw into {home.name}")
    work(home / "warehouse.duckdb")


def _prepare_direct(home: Path, bare: Path) -> None:
    shutil.copy(home / "warehouse.duckdb", bare / "warehouse.duckdb")
    with connect(settings_of(bare).warehouse_url) as warehouse:
        warehouse.ensure((TRANSFORM_SCOPE,))
        warehouse.replace(TRANSFORM_SCOPE, TRANSFORM_SCOPE.rows([{"after_run": -1, "staged_after": -1}]))
    (bare / "statements.json").write_text(json.dumps(compiled(bare)), encoding="utf-8")


def _measured(contender: str, home: Path) -> tuple[Cost, dict[str, Any]]:
    _say(f"{contender} in {home.name}")
    log = home / "log.txt"
    cost = measure([sys.executable, "-m", "benchmarks.transform.build", contender, str(home)], log)
    if cost.exit_code:
        sys.exit(f"{contender} failed:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")
    result: dict[str, Any] = json.loads((home / "result.json").read_text(encoding="utf-8"))
    _say(f"  {cost.cpu_seconds:.1f} s CPU, {cost.wall_seconds:.1f} s wall, {cost.peak_megabytes:,.0f} MB")
    return cost, result


def _is_good(outcomes: dict[str, tuple[Cost, dict[str, Any]]]) -> bool:
    wrong = [problem for _, result in outcomes.values() for problem in result.get("problems", [])]
    for problem in wrong:
        _say(f"WRONG: {problem}")
    return not wrong and _share(outcomes) <= ALLOWED_SHARE


def _share(outcomes: dict[str, tuple[Cost, dict[str, Any]]]) -> float:
    return outcomes["the day after"][0].cpu_seconds / outcomes["first build"][0].cpu_seconds


def _as_json(about: dict[str, Any], outcomes: dict[str, tuple[Cost, dict[str, Any]]]) -> str:
    measured = {name: vars(cost) | result for name, (cost, result) in outcomes.items()}
    return json.dumps({"about": about, "day_share": _share(outcomes), "outcomes": measured}, indent=2)


def _as_text(about: dict[str, Any], outcomes: dict[str, tuple[Cost, dict[str, Any]]]) -> str:
    lines = [
        ", ".join(f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in about.items())
    ]
    lines += ["", f"{'':28}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'tests s':>9}"]
    for name, (cost, result) in outcomes.items():
        figures = (
            f"{cost.cpu_seconds:>8.1f}{cost.wall_seconds:>8.1f}{cost.peak_megabytes:>9,.0f}{result['tests']:>9.1f}"
        )
        lines.append(f"{name:28}{figures}  {result.get('scope', '')}")
    lines += ["", f"the day costs {_share(outcomes):.1%} of the build's CPU (at most {ALLOWED_SHARE:.0%})", ""]
    models = list(outcomes["first build"][1]["models"])
    lines.append(f"{'wall seconds per model':34}" + "".join(f"{name:>24}" for name in outcomes) + f"{'rows':>14}")
    for model in sorted(models, key=lambda model: -outcomes["first build"][1]["models"][model]):
        seconds = "".join(f"{result['models'].get(model, 0):>24.2f}" for _, result in outcomes.values())
        lines.append(f"{model:34}{seconds}{outcomes['the day after'][1]['rows'].get(model) or 0:>14,}")
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
