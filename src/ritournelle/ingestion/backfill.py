"""Loads past days again from their landed pages: after a parser or contract was mended, or rows were damaged.

Raw holds changes only, so that each day rests on those before it: a day is loaded again with all that follow. What was
decided then stands (which sources failed, which epochs were accepted, that so much had vanished): it is on record. What
a row is, today's parser and contract say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from ritournelle.errors import PermanentError
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.crawl import PAGES_PER_BLOCK
from ritournelle.ingestion.harvest import Harvest, Harvested
from ritournelle.ingestion.known import read_known
from ritournelle.ingestion.landing import read_landed
from ritournelle.ingestion.load import plan_extract, plan_new_epoch, require_keepable, write_source
from ritournelle.ingestion.parse import Parser
from ritournelle.ingestion.past_loads import REPLAY, PastLoad, past_loads, require_landed
from ritournelle.ingestion.quarantine import reopen_since
from ritournelle.ingestion.replay import replay
from ritournelle.ingestion.report import COSTS, SourceReport
from ritournelle.runs.compaction import whole_after
from ritournelle.settings import SourceSettings
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import EXTRACTS, RUN_STEPS, TRANSFORM_SCOPE

OnLoad = Callable[[int, int, str], None]
"""Called when a load begins: its number, how many there are, what it is."""


@dataclass(frozen=True)
class BackfillReport:
    """What a backfill did; rows are those of `raw.src_*`. When it `found_the_same`, nothing was changed."""

    first_run: int
    runs: int
    loads: int
    removed: int
    written: int
    found_the_same: bool

    def __str__(self) -> str:
        if self.found_the_same:
            return (
                f"{self.loads} loads of {self.runs} runs came out as they stand; the days after rest on the same ground"
            )
        rows = f"{self.removed:,} raw rows gave way to {self.written:,}"
        return f"{self.loads} loads of {self.runs} runs, from run {self.first_run} on: {rows}"


class _FoundTheSame(Exception):
    """Ends the transaction without a trace."""


class Backfill:
    """One backfill of a warehouse from the pages in the folder `landing`."""

    def __init__(
        self, warehouse: Warehouse, landing: Path, settings: SourceSettings, on_load: OnLoad | None = None
    ) -> None:
        self._warehouse = warehouse
        self._landing = landing
        self._settings = settings
        self._on_load = on_load or (lambda *_: None)

    def run(self, first_day: date, last_day: date | None = None) -> BackfillReport:
        """Load the days from `first_day` on again, in one transaction: all of them or, whatever happens, none.

        With `last_day`, the last one in doubt, the days after it are left alone if all up to it comes out as it stands.
        Raises `PermanentError` when pages that it takes are gone, or raw was compacted since; nothing is touched then.
        """
        loads = past_loads(self._warehouse, first_day)
        self._require_possible(loads, first_day)
        end = _end_of_doubt(loads, last_day)
        runs, first = {load.run.run_number for load in loads}, loads[0].run.run_number
        removed = self._rows_from(first)
        try:
            with self._warehouse.transaction():
                self._load_again(loads[:end], loads[end:])
        except _FoundTheSame:
            runs = {load.run.run_number for load in loads[:end]}
            return BackfillReport(first, len(runs), end, 0, 0, True)
        return BackfillReport(first, len(runs), len(loads), removed, self._rows_from(first), False)

    def _require_possible(self, loads: Sequence[PastLoad], first_day: date) -> None:
        if not loads:
            raise PermanentError(f"nothing was loaded on {first_day} or later; see `ops.runs` for the days that were")
        require_landed(loads, self._landing)
        compacted, first = whole_after(self._warehouse), loads[0].run
        if first.run_number <= compacted:
            begin = min((load.run.logical_date for load in loads if load.run.run_number > compacted), default="no day")
            raise PermanentError(
                f"raw was compacted up to run {compacted} (RITOURNELLE_RAW__RETENTION_DAYS): what was known before run "
                f"{first.run_number} of {first.logical_date} is gone; begin with {begin} or later. Nothing was touched"
            )

    def _load_again(self, doubted: Sequence[PastLoad], later: Sequence[PastLoad]) -> None:
        first, last = doubted[0].run.run_number, doubted[-1].run.run_number
        stood = self._contents(first, last) if later else {}
        for table in EXTRACTS:
            self._warehouse.remove(table, f"run_number >= {first}")
        reopen_since(self._warehouse, first)
        total = len(doubted) + len(later)
        records = [self._load(load, number, total) for number, load in enumerate(doubted, 1)]
        if later and records == [load.record for load in doubted] and self._contents(first, last) == stood:
            raise _FoundTheSame
        records += [self._load(load, number, total) for number, load in enumerate(later, len(doubted) + 1)]
        self._warehouse.upsert(RUN_STEPS, RUN_STEPS.rows(records))
        # Whatever was built rests on rows that are gone: without a scope the next transform makes everything anew.
        self._warehouse.replace(TRANSFORM_SCOPE, TRANSFORM_SCOPE.columns.empty_table())

    def _load(self, load: PastLoad, number: int, total: int) -> dict[str, Any]:
        """Load one source again as that run did; its record, with today's figures."""
        self._on_load(number, total, f"{load.source} of {load.run.logical_date}")
        if load.step == REPLAY:
            done = replay(self._warehouse, load.source, self._settings, load.run, replayed_at=load.extracted_at)
            return load.record | {"inserted": done.replayed}
        harvest = self._harvest(load)
        known = read_known(self._warehouse, load.source)
        if len(harvest.bad) > load.record["quarantined"]:  # as many were accepted then
            require_keepable(known, harvest, self._settings)
        is_same = load.epoch == known.epoch
        extract = plan_extract(known, harvest) if is_same else plan_new_epoch(known, harvest, load.epoch)
        write_source(self._warehouse, extract, harvest, load.run, load.extracted_at)
        report = SourceReport(load.source, source_epoch_changed=not is_same).with_harvest(harvest).with_changes(extract)
        return load.record | _figures(report, load.record)

    def _harvest(self, load: PastLoad) -> Harvested:
        settings = self._settings
        parser = Parser(
            CONTRACTS[load.source], time_zone=settings.time_zone, max_text_characters=settings.max_text_characters
        )
        harvest = Harvest(parser, min_known_share=0.0)  # it was judged when it was crawled
        for pass_number, page in read_landed(load.pages(self._landing)):
            harvest.note(page, pass_number)
            if harvest.waiting >= PAGES_PER_BLOCK:
                harvest.parse_waiting()
        return harvest.finish()

    def _rows_from(self, first_run: int) -> int:
        counts = " UNION ALL ".join(f"SELECT run_number FROM {table}" for table in EXTRACTS)
        query = f"SELECT count(*) AS n FROM ({counts}) AS changes WHERE run_number >= ?"
        rows: int = self._warehouse.read(query, [first_run])["n"][0].as_py()
        return rows

    def _contents(self, first_run: int, last_run: int) -> dict[str, pa.Table]:
        """What raw holds of these runs, in an order of its own."""
        contents = {}
        for table in EXTRACTS:
            query = f"SELECT {', '.join(table.columns.names)} FROM {table} WHERE run_number BETWEEN ? AND ?"
            rows = self._warehouse.read(query, [first_run, last_run])
            contents[str(table)] = rows.sort_by([(name, "ascending") for name in table.key]).combine_chunks()
        return contents


def _end_of_doubt(loads: Sequence[PastLoad], last_day: date | None) -> int:
    """How many of the loads are those of the last day in doubt, or came before them."""
    if last_day is None:
        return len(loads)
    end = max((number for number, load in enumerate(loads, 1) if load.run.logical_date <= last_day), default=0)
    if not end:
        raise PermanentError(
            f"nothing was loaded until {last_day}: the first day from there is {loads[0].run.logical_date}"
        )
    return end


def _figures(report: SourceReport, before: dict[str, Any]) -> dict[str, Any]:
    """Today's figures for the record of a load; what reading the app has cost stays as it was."""
    traffic = {name: before[name] for name in ("requests", "retries", "bytes_received")}
    costs = {name: value for name, value in json.loads(before["details"]).items() if name in COSTS}
    details = json.dumps(report.details() | costs, ensure_ascii=False)
    return report.measures() | traffic | {"details": details}
