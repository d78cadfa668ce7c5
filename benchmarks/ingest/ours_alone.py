"""Our crawl and load as a library, as `peer_dlt` calls dlt's: without the command around it.

All that the crawl does is in it: forward and reverse pass, landed pages, strict parse, comparison, one transaction per
source, one row per listen, the record of the run. Left out is what the command adds: its options, the event stream,
the journal, sensors and health.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ritournelle.commands.lean import data_classes_kept, leave_out_what_ingesting_never_uses


def main() -> None:
    """Read the command line and load."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--home", type=Path, required=True)
    chosen = arguments.parse_args()
    leave_out_what_ingesting_never_uses()
    with data_classes_kept("ingest"):
        has_loaded_all = load(chosen.url, chosen.home)
    sys.stdout.flush()
    os._exit(0 if has_loaded_all else 1)  # as the command ends: see `ended_at_once`


def load(url: str, home: Path) -> bool:
    """Crawl and load all three endpoints; whether all of them came."""
    from ritournelle.bootstrap import Platform
    from ritournelle.ingestion.ingest import Ingestion
    from ritournelle.runs.record import begin_run, end_run
    from ritournelle.settings import load_settings

    platform = Platform(load_settings(home=home, source={"url": url}))
    settings = platform.settings
    with platform.run_lock(), platform.open_warehouse() as warehouse:
        run = begin_run(warehouse, "ingest")
        ingestion = Ingestion(warehouse, platform.page_reader(), settings.source, settings.landing_folder, run)
        statuses = {report.status for report in ingestion.run().values()}
        end_run(warehouse, run, max(statuses, key=("succeeded", "failed").index))
    return statuses == {"succeeded"}


if __name__ == "__main__":
    main()
