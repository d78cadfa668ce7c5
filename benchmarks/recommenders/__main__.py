"""`python -m benchmarks.recommenders`: ALS and the nightly lists against the bare library, in one run.

100,000 listeners × 50,000 tracks × 10 million pairs unless told otherwise. Each piece of work is a process of its own;
compared are the seconds from when Python and the platform are imported to the end of the work.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.claim import Claim
from benchmarks.measure import Cost, measure
from benchmarks.recommenders.marts import listen_more
from benchmarks.recommenders.population import Size


def main() -> None:
    """Read the command line, measure, print; exit code 1 when a claim does not hold."""
    chosen = _arguments()
    size = Size(2_000, 1_000, 80_000, 20) if chosen.small else Size(chosen.listeners, chosen.tracks, chosen.pairs)
    with tempfile.TemporaryDirectory(prefix="ritournelle-recommenders-", dir=chosen.folder) as name:
        home = Path(name)
        (home / "size.json").write_text(json.dumps(asdict(size)), encoding="utf-8")
        costs, found = _work(home)
    pairs = found["population"]["pairs"]
    claims = _claims(costs, found)
    if chosen.json:
        told = {"costs": {name: asdict(cost) for name, cost in costs.items()}, "found": found}
        print(json.dumps({"pairs": pairs, **told, "claims": [asdict(one) | {"holds": one.holds} for one in claims]}))
    else:
        print(_as_text(size, pairs, costs, found, claims))
    sys.exit(0 if all(claim.holds for claim in claims) else 1)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.recommenders", description=__doc__)
    arguments.add_argument("--listeners", type=int, default=Size.listeners)
    arguments.add_argument("--tracks", type=int, default=Size.tracks)
    arguments.add_argument("--pairs", type=int, default=Size.pairs)
    arguments.add_argument("--small", action="store_true", help="a quick try; its ratios mean nothing")
    arguments.add_argument("--folder", type=Path, help="where to work; ten million pairs take about 2 GB")
    arguments.add_argument("--json", action="store_true")
    return arguments.parse_args()


def _work(home: Path) -> tuple[dict[str, Cost], dict[str, dict[str, Any]]]:
    """Everything in its order; costs and findings by name."""
    costs: dict[str, Cost] = {}
    found: dict[str, dict[str, Any]] = {}

    def do(work: str, name: str) -> None:
        print(f"  {name} …", file=sys.stderr, flush=True)
        log = home / "log.txt"
        cost = measure([sys.executable, "-m", "benchmarks.recommenders.contender", work, str(home)], log)
        if cost.exit_code:
            raise SystemExit(f"{name} failed:\n{log.read_text(encoding='utf-8')[-2000:]}")
        costs[name] = cost
        found[name] = json.loads((home / f"{work}.json").read_text(encoding="utf-8"))

    do("marts", "population")
    do("bare_fit", "bare fit")
    do("fit_yesterday", "fit of yesterday")
    do("fit_warm", "warm fit")
    do("quality", "quality of the warm fit")
    shutil.rmtree(home / "registry")
    do("fit", "fit")
    do("quality", "quality of the fit")
    do("bare_top", "bare lists")
    do("lists", "lists")
    listen_more(home, 0.01)
    do("lists", "lists, 1 % changed")
    do("one_listener", "one listener")
    return costs, found


def _claims(costs: dict[str, Cost], found: dict[str, dict[str, Any]]) -> list[Claim]:
    def ratio(one: str, other: str) -> float:
        return float(found[one]["seconds"] / found[other]["seconds"])

    light, heavy = (found["one listener"][kind] for kind in ("light", "heavy"))
    lost = 1 - found["quality of the warm fit"]["recall@20"] / found["quality of the fit"]["recall@20"]
    return [
        Claim("from the mart to registered factors, of the bare fit", ratio("fit", "bare fit"), 1.3),
        Claim("memory of that", costs["fit"].peak_megabytes / 1000, 1.0, "GB"),
        Claim("warm start, of the cold fit", ratio("warm fit", "fit"), 1 / 3),
        Claim("recall@20 that the warm start loses", 100 * lost, 0.5, "%"),
        Claim("lists of all listeners written, of the bare lists", ratio("lists", "bare lists"), 1.4),
        Claim("lists when 1 % changed, of the bare lists", ratio("lists, 1 % changed", "bare lists"), 0.14),
        Claim("one listener, median", light["p50"], 2.0, "ms"),
        Claim("one listener, 99 of 100", light["p99"], 10.0, "ms"),
        Claim("100,000 listens, of a light listener", heavy["p50"] / light["p50"], 1.5),
    ]


def _as_text(
    size: Size, pairs: int, costs: dict[str, Cost], found: dict[str, dict[str, Any]], claims: list[Claim]
) -> str:
    lines = [f"{size.listeners:,} listeners, {size.tracks:,} tracks, {pairs:,} pairs", ""]
    lines.append(f"{'':26}{'wall s':>9}{'CPU s':>9}{'peak MB':>10}")
    for name, cost in costs.items():
        row = f"{cost.wall_seconds:9.1f}{cost.cpu_seconds:9.1f}{cost.peak_megabytes:10,.0f}"
        lines.append(f"{name:26}{row}  {_short(found[name])}")
    return "\n".join([*lines, "", *map(str, claims)])


def _short(found: dict[str, Any]) -> str:
    told = {name: value for name, value in found.items() if name not in ("seconds", "told")}
    return ", ".join(
        f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}" for name, value in told.items()
    )


if __name__ == "__main__":
    main()
