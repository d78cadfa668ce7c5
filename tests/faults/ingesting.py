"""A warehouse that a running app is ingested into, again and again, for tests that break the app in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.ingestion.http import HttpPageReader
from ritournelle.ingestion.ingest import Ingestion
from ritournelle.ingestion.report import SourceReport
from ritournelle.runs.record import begin_run, end_run
from ritournelle.settings import SourceSettings
from ritournelle.warehouse.base import Warehouse

QUICK = {
    "page_size": 50,
    "retries": 1,
    "backoff_seconds": 0.01,
    "timeout_seconds": 5.0,
    "connect_timeout_seconds": 2.0,
}
"""Settings for an app on the same machine that is small and may be broken."""

Reports = dict[Source, SourceReport]


class Home:
    """What a home of the platform is to ingestion: a warehouse, a landing folder, and runs one after the other."""

    def __init__(self, warehouse: Warehouse, landing: Path, url: str) -> None:
        self.warehouse = warehouse
        self.landing = landing
        self.url = url
        self.retries: list[str] = []
        """What was said of each retry."""

    def ingest(self, *, accept_new_epoch: bool = False, **settings: Any) -> Reports:
        """One run of the first stage, whatever comes of it."""
        source = SourceSettings(**({"url": self.url} | QUICK | settings))
        run = begin_run(self.warehouse, "ingest")
        reader = HttpPageReader(source, on_retry=self.retries.append)
        ingestion = Ingestion(self.warehouse, reader, source, self.landing, run, accept_new_epoch=accept_new_epoch)
        reports = ingestion.run()
        end_run(self.warehouse, run, "succeeded")
        return reports

    def current(self, source: Source | str, epoch: int = 1) -> dict[int, dict[str, Any]]:
        """The living rows of a source by the id of their user or track, without the marks of runs."""
        keys = "user_id, created_at" if source == Source.LISTEN_HISTORY else "id"
        rows = self.read(
            f"""SELECT * EXCLUDE (run_id, run_number, extracted_at, change_type, age)
                FROM (SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY run_number DESC) AS age
                      FROM raw.src_{source} WHERE source_epoch = {epoch})
                WHERE age = 1 AND change_type <> 'deleted'"""
        )
        key = keys.split(",", maxsplit=1)[0]
        return {row[key]: row for row in rows}

    def quarantine(self, status: str = "open") -> list[dict[str, Any]]:
        """The rows of `quarantine.rows` in this status."""
        return self.read(f"SELECT * FROM quarantine.rows WHERE status = '{status}' ORDER BY source, source_key")

    def read(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        rows: list[dict[str, Any]] = self.warehouse.read(query).to_pylist()
        return rows


def statuses(reports: Reports) -> dict[str, str]:
    """The status of each source."""
    return {str(source): report.status for source, report in reports.items()}
