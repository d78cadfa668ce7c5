"""Our ingestion as one process: what `ritournelle ingest` does with its home and its source."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ritournelle.bootstrap import Platform
from ritournelle.ingestion import ingest
from ritournelle.ingestion.crawl import Crawl
from ritournelle.runs.lock import single_run
from ritournelle.runs.record import begin_run, end_run
from ritournelle.settings import Settings, load_settings


class OnePassCrawl(Crawl):
    """The forward pass alone: nothing is proven. It exists to price the proof, not to be used."""

    def run(self, *, extra_passes: int) -> None:
        """Forward, once."""
        self._forward(1)


def run(settings: Settings) -> bool:
    """One ingestion of all sources; whether all of them succeeded."""
    platform = Platform(settings)
    with single_run(settings.home), platform.open_warehouse() as warehouse:
        record = begin_run(warehouse, "ingest")
        ingestion = ingest.Ingestion(
            warehouse, platform.page_reader(), settings.source, settings.landing_folder, record
        )
        reports = ingestion.run()
        failed = [report for report in reports.values() if report.status == "failed"]
        end_run(warehouse, record, "failed" if failed else "succeeded")
    for report in failed:
        print(report.message, file=sys.stderr)
    return not failed


def main() -> None:
    """Read the command line and ingest."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("--one-pass", action="store_true")
    chosen = arguments.parse_args()
    if chosen.one_pass:
        ingest.Crawl = OnePassCrawl  # type: ignore[misc]  # no seam in the product: nobody should want this
    sys.exit(0 if run(load_settings(home=chosen.home, source={"url": chosen.url})) else 1)


if __name__ == "__main__":
    main()
