"""Our ingestion as one process: the command `ritournelle ingest --json` itself."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ritournelle.__main__ import main as ritournelle
from ritournelle.commands.lean import leave_out_what_ingesting_never_uses


def price_without_proof() -> None:
    """Read forward alone: nothing is proven. It exists to price the proof; no setting of the product does it."""
    leave_out_what_ingesting_never_uses()  # as the command does, before anything heavy is imported
    from ritournelle.ingestion import ingest
    from ritournelle.ingestion.crawl import Crawl

    class OnePassCrawl(Crawl):
        """The forward pass."""

        def run(self, *, extra_passes: int) -> None:
            """Forward, once."""
            self._forward(1)

    setattr(ingest, "Crawl", OnePassCrawl)


def main() -> None:
    """Read the command line and ingest."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("--one-pass", action="store_true")
    chosen = arguments.parse_args()
    os.environ |= {"RITOURNELLE_SOURCE__URL": chosen.url, "RITOURNELLE_HOME": str(chosen.home)}
    sys.argv = ["ritournelle", "ingest", "--json"]
    if chosen.one_pass:
        price_without_proof()
    ritournelle()


if __name__ == "__main__":
    main()
