"""Brings quarantined rows back once the contract takes them: after it was mended, or a setting was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ritournelle.domain.sources import Source
from ritournelle.ingestion.changes import compare
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.duplicates import keep_one_per_key
from ritournelle.ingestion.known import Known, read_known
from ritournelle.ingestion.load import Extract, write_extract
from ritournelle.ingestion.pages import Envelope, Page
from ritournelle.ingestion.parse import Parser
from ritournelle.ingestion.quarantine import key_text, read_open, resolved
from ritournelle.runs.record import Run
from ritournelle.settings import SourceSettings
from ritournelle.streaming.topics import Topic
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import QUARANTINE_ROWS


@dataclass(frozen=True)
class ReplayReport:
    """How many rows of a source, or of a topic of the event log, came back, and how many still wait."""

    source: Source | Topic
    replayed: int
    still_open: int


def replay(
    warehouse: Warehouse, source: Source, settings: SourceSettings, run: Run, *, replayed_at: datetime
) -> ReplayReport:
    """Parse every open row of a source again and load those that are good now, in one transaction.

    `replayed_at` (UTC) is when the rows count as extracted.

    A row that was refused because another one has its key comes back only when that key is not known any more.
    """
    contract, known = CONTRACTS[source], read_known(warehouse, source)
    taken = _known_keys(known)
    waiting = read_open(warehouse, source)
    records = [row for row in waiting if row["kind"] == "contract" or row["source_key"] not in taken]
    parser = Parser(contract, time_zone=settings.time_zone, max_text_characters=settings.max_text_characters)
    parsed = parser.parse([_as_page(source, number, row["payload"]) for number, row in enumerate(records)])
    good = keep_one_per_key(parsed.rows, contract, range(len(records)), stood_still=False).rows
    back = [records[number] for number in good["arrival"].to_pylist()]
    extract = Extract(contract, known.epoch, compare(contract, good.drop_columns(["arrival"]), known.rows, None))
    if back:
        _load(warehouse, extract, back, run, replayed_at)
    return ReplayReport(source, len(back), len(waiting) - len(back))


def _load(warehouse: Warehouse, extract: Extract, back: list[dict[str, Any]], run: Run, replayed_at: datetime) -> None:
    with warehouse.transaction():
        write_extract(warehouse, extract, run, replayed_at)
        done = [resolved(record, "replayed", run) for record in back]
        warehouse.upsert(QUARANTINE_ROWS, QUARANTINE_ROWS.rows(done))


def _known_keys(known: Known) -> set[str]:
    columns = [known.rows[name].to_pylist() for name in known.contract.key]
    return {key_text(key) for key in zip(*columns, strict=True)}


def _as_page(source: Source, number: int, payload: str) -> Page:
    items = b"[" + payload.encode("utf-8", "surrogateescape") + b"]"
    return Page(source, 0, b"", Envelope(msgspec.Raw(items), total=1, pages=1), arrival=number)
