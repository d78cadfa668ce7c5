"""Retention of raw and quarantine: what is old, replaced by a newer version, and staged already may go.

What was known at the end of any day within the retention stays, so that those days can still be backfilled: of each key
the newest of the old versions is kept, and with it all that the next load compares with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ritournelle.domain.clock import utc_now
from ritournelle.ingestion.known import TABLE_OF
from ritournelle.runs.compaction import COMPACT, whole_after
from ritournelle.runs.record import Run, Step, note_step
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.tables import EXTRACTS, QUARANTINE_ROWS, SRC_LISTEN_HISTORY, SRC_LISTENS

TOUCHED = (*EXTRACTS, QUARANTINE_ROWS)
"""The tables that rows are removed from."""


@dataclass(frozen=True)
class _Expiry:
    """The rows of a table that may go, as an SQL condition."""

    table: Table
    condition: str

    def count(self, warehouse: Warehouse) -> int:
        """How many there are."""
        rows: int = warehouse.read(f"SELECT count(*) AS n FROM {self.table} WHERE {self.condition}")["n"][0].as_py()
        return rows


def remove_superseded(warehouse: Warehouse, run: Run, oldest_kept: date) -> Step:
    """Remove what may go of the runs before that day, and note it, in one transaction; the step says what went.

    Its details: rows per table, and `whole_after_run`, the run after which raw holds every change.
    """
    started = utc_now()
    last = _last_removable_run(warehouse, oldest_kept)
    expiries = [*_raw_expiries(last), _quarantine_expiry(last)]
    rows = {str(expiry.table): expiry.count(warehouse) for expiry in expiries}
    deleted = sum(count for table, count in rows.items() if table != str(QUARANTINE_ROWS))
    step = Step(
        COMPACT,
        "succeeded",
        started,
        message=_told(rows),
        measures={"deleted": deleted},
        details={"rows": rows, "whole_after_run": last if deleted else whole_after(warehouse)},
    )
    with warehouse.transaction():
        for expiry in expiries:
            warehouse.remove(expiry.table, expiry.condition)
        note_step(warehouse, run, step)
    return step


def _last_removable_run(warehouse: Warehouse, oldest_kept: date) -> int:
    """The last run that is older than the retention, with all runs before it, and that every model has seen; or 0."""
    recent = warehouse.read("SELECT min(run_number) AS n FROM ops.runs WHERE logical_date >= ?", [oldest_kept])
    staged = warehouse.read("SELECT min(built_run) AS n FROM ops.transform_scope")
    first_kept, built = recent["n"][0].as_py(), staged["n"][0].as_py()
    return max(0, min((first_kept or 1) - 1, built or 0))


def _raw_expiries(last_run: int) -> list[_Expiry]:
    """Listens first: they go with their record's version, which must still be there to say so."""
    listens = _replaced(SRC_LISTEN_HISTORY, last_run)
    of_records = f"(source_epoch, user_id, source_record_at, run_number) IN {listens}"
    extracts = [
        _Expiry(table, f"({', '.join(table.key)}) IN {_replaced(table, last_run)}") for table in TABLE_OF.values()
    ]
    return [_Expiry(SRC_LISTENS, of_records), *extracts]


def _replaced(table: Table, last_run: int) -> str:
    """The keys, `run_number` last, of the versions that were replaced in a run up to `last_run`."""
    keys, versions = ", ".join(table.key), ", ".join(table.key[:-1])
    aged = f"row_number() OVER (PARTITION BY {versions} ORDER BY run_number DESC) AS age"
    known = f"SELECT {keys}, {aged} FROM {table} WHERE run_number <= {last_run}"
    return f"(SELECT {keys} FROM ({known}) AS versions WHERE age > 1)"


def _quarantine_expiry(last_run: int) -> _Expiry:
    old_runs = f"(SELECT run_id FROM ops.runs WHERE run_number <= {last_run})"
    return _Expiry(QUARANTINE_ROWS, f"status <> 'open' AND resolved_run_id IN {old_runs}")


def _told(rows: dict[str, int]) -> str:
    gone = ", ".join(f"{count:,} of {table}" for table, count in rows.items() if count)
    return f"removed {gone}" if gone else "no row of raw or quarantine is old and replaced"
