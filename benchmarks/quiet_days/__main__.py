"""`python -m benchmarks.quiet_days --days 30 [--users 300] [--weekends]`: prints each alarm and how many there were."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from ritournelle.drill.quiet import QuietDay, quiet_days


def main() -> int:
    """Live through the days; exit code 1 when a sensor fired, or a run failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quiet_days", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--users", type=int, default=300, help="users, and as many tracks")
    parser.add_argument("--weekends", action="store_true", help="many more people listen on Saturdays and Sundays")
    asked = parser.parse_args()
    alarms = failed = 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ritournelle-quiet-") as home:
        for day in quiet_days(Path(home), asked.days, users=asked.users, weekends=asked.weekends):
            _say(day)
            alarms += len(day.alarms)
            failed += not day.run.succeeded
    seconds = time.monotonic() - started
    print(f"{asked.days} quiet days: {alarms} false alarms, {failed} failed runs; {seconds:.0f} s")
    return 1 if alarms or failed else 0


def _say(day: QuietDay) -> None:
    print(f"{day.day} run {day.run.status}, {len(day.alarms)} alarms", file=sys.stderr)
    if not day.run.succeeded:
        print(f"{day.day} failed: {day.run.message}")
    for reading in day.alarms:
        print(f"{day.day} {reading.severity} {reading.key}: {dict(reading.facts)}")


if __name__ == "__main__":
    sys.exit(main())
