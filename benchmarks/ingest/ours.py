"""Our ingestion as one process: the run that `ritournelle ingest` shows on the terminal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.ingestion import ingest
from ritournelle.ingestion.crawl import Crawl
from ritournelle.settings import Settings, load_settings


class OnePassCrawl(Crawl):
    """The forward pass alone: nothing is proven. It exists to price the proof, not to be used."""

    def run(self, *, extra_passes: int) -> None:
        """Forward, once."""
        self._forward(1)


def run(settings: Settings) -> bool:
    """One ingestion of all sources under the lock and the record of a run; whether it succeeded."""
    report = Day(Platform(settings)).run("ingest", ("ingest",))
    if not report.succeeded:
        print(report.message or report.to_dict(), file=sys.stderr)
    return report.succeeded


def main() -> None:
    """Read the command line and ingest."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("--one-pass", action="store_true")
    chosen = arguments.parse_args()
    if chosen.one_pass:
        setattr(ingest, "Crawl", OnePassCrawl)  # not a seam of the product: nobody should want this
    sys.exit(0 if run(load_settings(home=chosen.home, source={"url": chosen.url})) else 1)


if __name__ == "__main__":
    main()
