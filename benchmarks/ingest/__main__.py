"""`python -m benchmarks.ingest`: CPU, wall and memory of ours and of dlt on the same pages, in one run."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.ingest.contenders import CONTENDERS, Contender
from benchmarks.measure import Cost, measure
from benchmarks.ingest.pages import DAYS, SOURCES, Expected
from benchmarks.ingest.report import Outcome, as_json, as_table
from benchmarks.ingest.server import Served, serving

PAGES, LARGE_PAGES = 1_200, 12_000


def main() -> None:
    """Read the command line, measure, print."""
    chosen = _arguments()
    pages = LARGE_PAGES if chosen.large else chosen.pages
    repetitions = chosen.repetitions or (1 if chosen.large else 3)
    days = (1,) if chosen.first_day else DAYS
    contenders = [each for each in CONTENDERS if chosen.only in each.name and each.day in days]
    outcomes = {contender.name: Outcome(contender.name) for contender in contenders}
    _say(f"encoding {pages} pages for two days")
    with serving(pages) as served:
        for repetition in range(1, repetitions + 1):
            with tempfile.TemporaryDirectory(prefix="ritournelle-ingest-") as homes:
                for contender in contenders:
                    cost, wrong = _run(contender, served, Path(homes))
                    outcomes[contender.name].add(cost, wrong)
                    _say(f"{repetition}/{repetitions} {contender.name}: {cost.cpu_seconds:.2f} s CPU {wrong}".rstrip())
        rows = sum(served.expected[1, source].rows for source in SOURCES)
    about = {
        "pages": pages,
        "rows": rows,
        "repetitions": repetitions,
        "python": platform.python_version(),
        **{name: version(name) for name in ("dlt", "duckdb", "pyarrow")},
    }
    print(as_json(about, outcomes) if chosen.json else as_table(about, outcomes))
    sys.exit(0 if all(outcome.is_right for outcome in outcomes.values()) else 1)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    arguments.add_argument(
        "--pages", type=int, default=PAGES, help="pages of 100 rows, for all three endpoints together"
    )
    arguments.add_argument("--large", action="store_true", help=f"{LARGE_PAGES:,} pages, once")
    arguments.add_argument(
        "--repetitions", type=int, help="rounds in which each contender runs once; the median counts"
    )
    arguments.add_argument("--only", default="", help="contenders whose name holds this text; day 2 needs its day 1")
    arguments.add_argument("--first-day", action="store_true", help="leave out the second day")
    arguments.add_argument("--json", action="store_true")
    return arguments.parse_args()


def _run(contender: Contender, served: Served, homes: Path) -> tuple[Cost, str]:
    """The cost, and what is wrong with what it loaded; empty when all is there."""
    (homes / contender.home).mkdir(exist_ok=True)
    log = homes / f"{contender.home}.log"
    cost = measure(contender.command(served.day(contender.day), homes), log)
    if cost.exit_code:
        sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-2000:])
        return cost, f"FAILED (exit code {cost.exit_code})"
    wanted = {source: served.expected[contender.day, source] for source in SOURCES}
    wrong = _differences(wanted, contender.loaded(homes))
    _make_room(contender, homes)
    return cost, wrong


def _differences(wanted: dict[str, Expected], loaded: dict[str, Expected]) -> str:
    return "; ".join(
        f"{source}: {loaded[source]} instead of {wanted[source]}"
        for source in SOURCES
        if loaded[source] != wanted[source]
    )


def _make_room(contender: Contender, homes: Path) -> None:
    last = [other for other in CONTENDERS if other.home == contender.home][-1]
    if contender == last:
        shutil.rmtree(homes / contender.home)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
