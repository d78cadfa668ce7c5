"""Rows that break their contract: kept with reason and payload until a good version comes or they are gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import xxhash

from ritournelle.domain.sources import Source
from ritournelle.runs.record import Run
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import QUARANTINE_ROWS


@dataclass(frozen=True)
class BadRow:
    """A row that broke the contract; `key` is None where it cannot be read."""

    source: Source
    page: int
    reason: str
    payload: str
    key: tuple[Any, ...] | None
    arrival: int = 0
    is_conflict: bool = False  # it is good by itself, but another row with the same key was kept

    @property
    def quarantine_id(self) -> str:
        """The same bad row of the same source has the same id in every run."""
        return xxhash.xxh3_128_hexdigest(f"{self.source}|{self.payload}".encode("utf-8", "backslashreplace"))

    @property
    def source_key(self) -> str | None:
        """The key as text."""
        return None if self.key is None else key_text(self.key)


def key_text(key: Sequence[Any]) -> str:
    """A key as `quarantine.rows` holds it."""
    return "|".join(str(part) for part in key)


def read_open(warehouse: Warehouse, source: Source) -> list[dict[str, Any]]:
    """The rows of a source that wait in quarantine, as records of `quarantine.rows`."""
    query = "SELECT * FROM quarantine.rows WHERE source = ? AND status = 'open' ORDER BY quarantine_id"
    rows: list[dict[str, Any]] = warehouse.read(query, [str(source)]).to_pylist()
    return rows


def update_quarantine(
    warehouse: Warehouse,
    run: Run,
    source: Source,
    bad: Sequence[BadRow],
    came: Callable[[], set[str]],
    *,
    is_proven: bool,
) -> None:
    """Bring `quarantine.rows` up to date with a crawl: a bad row is kept once, however often it comes.

    `came` gives the keys of all good rows, as `key_text`; it is asked only when some row waits. An open row whose key
    came with good content is `superseded`; one that a proven snapshot lacks has `vanished`.
    """
    seen = {row.quarantine_id: row for row in bad}
    known = {row["quarantine_id"]: row for row in read_open(warehouse, source)}
    changed = [_as_record(row, run, known.get(identifier)) for identifier, row in seen.items()]
    unseen = [record for identifier, record in known.items() if identifier not in seen]
    good_keys = came() if unseen else set()
    for record in unseen:
        if record["source_key"] in good_keys:
            changed.append(resolved(record, "superseded", run))
        elif is_proven:
            changed.append(resolved(record, "vanished", run))
    if changed:
        warehouse.upsert(QUARANTINE_ROWS, QUARANTINE_ROWS.rows(changed))


def resolved(record: dict[str, Any], status: str, run: Run) -> dict[str, Any]:
    """A record of `quarantine.rows` that is done with."""
    return record | {"status": status, "resolved_at": run.started_at, "resolved_run_id": run.run_id}


def reopen_since(warehouse: Warehouse, first_run: int) -> None:
    """Bring quarantine back to what it was before a run: later rows go, and what was resolved later waits again.

    Messages of the event log stay as they are: nothing loads them again. Call it in the transaction that loads that
    run, and those after it, again.
    """
    later = f"(SELECT run_id FROM ops.runs WHERE run_number >= {first_run})"
    names = ", ".join(f"'{source}'" for source in Source)
    of_sources = f"source IN ({names})"
    query = f"SELECT * FROM quarantine.rows WHERE resolved_run_id IN {later} AND run_id NOT IN {later} AND {of_sources}"
    waiting = warehouse.read(query).to_pylist()
    warehouse.remove(QUARANTINE_ROWS, f"run_id IN {later} AND {of_sources}")
    again = [row | {"status": "open", "resolved_at": None, "resolved_run_id": None} for row in waiting]
    warehouse.upsert(QUARANTINE_ROWS, QUARANTINE_ROWS.rows(again))


def _as_record(row: BadRow, run: Run, known: dict[str, Any] | None) -> dict[str, Any]:
    first = known or {"run_id": run.run_id, "quarantined_at": run.started_at}
    return {
        "quarantine_id": row.quarantine_id,
        "source": str(row.source),
        "source_key": row.source_key,
        "kind": "conflict" if row.is_conflict else "contract",
        "reason": row.reason,
        "payload": row.payload,
        "page": row.page,
        "run_id": first["run_id"],
        "quarantined_at": first["quarantined_at"],
        "last_seen_run_id": run.run_id,
        "status": "open",
    }
