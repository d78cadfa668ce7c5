"""What past runs loaded, as they recorded it, and whether their landed pages are still there to load it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.errors import PermanentError
from ritournelle.ingestion.ingest import LOAD_ORDER
from ritournelle.ingestion.known import epoch_of
from ritournelle.ingestion.landing import run_folder
from ritournelle.runs.record import Run
from ritournelle.warehouse.base import Warehouse

INGEST, REPLAY = "ingest", "replay"


@dataclass(frozen=True)
class PastLoad:
    """One source that a past run loaded, from its pages (`ingest`) or out of quarantine (`replay`).

    `record` is its row of `ops.run_steps`.
    """

    run: Run
    step: str
    source: Source
    record: dict[str, Any]

    @property
    def extracted_at(self) -> datetime:
        """What its rows say in `extracted_at`."""
        moment: datetime = self.record["started_at"]
        return moment

    @property
    def epoch(self) -> int:
        """The epoch that it was loaded into: where one began, somebody had accepted it."""
        return epoch_of(self.record)

    def pages(self, landing: Path) -> Path:
        """Where its pages landed."""
        return run_folder(landing, self.run.logical_date, self.run.run_id) / f"{self.source}.parquet"


def past_loads(warehouse: Warehouse, first_day: date) -> list[PastLoad]:
    """Everything that was loaded from the first run of that day, or of a later one, until today, in its order.

    Sources that failed in a run left nothing in the warehouse, and are not among it. Empty when nothing was loaded.
    """
    steps = warehouse.read(
        "SELECT * FROM ops.run_steps WHERE step IN ('ingest', 'replay') AND status = 'succeeded'"
        " AND source IN (?, ?, ?) ORDER BY run_number",  # messages of the event log are replayed, too
        [str(source) for source in Source],
    ).to_pylist()
    runs = {row["run_id"]: row for row in warehouse.read("SELECT * FROM ops.runs").to_pylist()}
    loads = [_as_load(runs[step["run_id"]], step) for step in steps]
    first = min((load.run.run_number for load in loads if load.run.logical_date >= first_day), default=None)
    later = [load for load in loads if first is not None and load.run.run_number >= first]
    return sorted(later, key=lambda load: (load.run.run_number, LOAD_ORDER.index(load.source)))


def require_landed(loads: Sequence[PastLoad], landing: Path) -> None:
    """Raise `PermanentError` that names the days whose pages are gone, and the first one that can be begun with."""
    lost = [load for load in loads if load.step == INGEST and not load.pages(landing).exists()]
    if not lost:
        return
    days = ", ".join(sorted({load.run.logical_date.isoformat() for load in lost}))
    after = [load.run.logical_date for load in loads if load.run.run_number > lost[-1].run.run_number]
    advice = f"begin with {min(after)} or later" if after else "no day is left to begin with"
    raise PermanentError(
        f"the landed pages of {days} are not in {landing} any more (RITOURNELLE_LANDING__RETENTION_DAYS says how long "
        f"they are kept); {advice}. Nothing was touched"
    )


def _as_load(run: dict[str, Any], step: dict[str, Any]) -> PastLoad:
    past = Run(run["run_id"], run["run_number"], run["verb"], run["logical_date"], run["started_at"])
    return PastLoad(past, step["step"], Source(step["source"]), step)
