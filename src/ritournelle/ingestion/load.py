"""From a complete crawl to raw tables: decide, compare, and write all of one source or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.domain.sources import Source
from ritournelle.errors import ContractError, SourceEpochError, SourceShrunkError
from ritournelle.ingestion.changes import Changes, compare
from ritournelle.ingestion.contract import Contract
from ritournelle.ingestion.epoch import decide_epoch, vanished_share
from ritournelle.ingestion.explode import explode_listens
from ritournelle.ingestion.harvest import Harvested
from ritournelle.ingestion.hashing import lists_as_text
from ritournelle.ingestion.known import TABLE_OF, Known, population
from ritournelle.ingestion.quarantine import BadRow, key_text, update_quarantine
from ritournelle.runs.record import Run
from ritournelle.settings import SourceSettings
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import SRC_LISTENS

ROWS_PER_BLOCK = 16_384
"""Rows made storable at a time: they take memory twice."""

HISTORIES_PER_BLOCK = 4_096
"""Histories taken apart at a time, with their many listens: 400,000 at once took 1.5 times the CPU."""


@dataclass(frozen=True)
class Extract:
    """What is to be written for one source: its changes, in the epoch that they belong to."""

    contract: Contract
    epoch: int
    changes: Changes
    retired: Known | None = None  # the population before, when the app has regenerated its ids

    @property
    def deleted(self) -> int:
        """Rows that are gone, the retired population among them."""
        retired: int = self.retired.rows.num_rows if self.retired else 0
        gone: int = self.changes.deleted.num_rows
        return gone + retired


def require_keepable(known: Known, harvest: Harvested, settings: SourceSettings) -> None:
    """Refuse a crawl that is complete and still cannot be right.

    Raises `ContractError` when too many rows are bad, `SourceShrunkError` when the source is empty.
    """
    source, total = known.contract.source, harvest.rows.num_rows + len(harvest.bad) + harvest.erased
    if total == 0:
        raise SourceShrunkError(
            f"{source}: the source announced no rows at all; {known.rows.num_rows} are known and stay as they are. "
            "Ask the app's owners"
        )
    if len(harvest.bad) > settings.max_quarantined_share * total:
        raise ContractError(
            f"{source}: {len(harvest.bad)} of {total} rows break the contract, the first because of "
            f"`{harvest.bad[0].reason}`; nothing of it was loaded. Has the app changed its schema? "
            "(limit: RITOURNELLE_SOURCE__MAX_QUARANTINED_SHARE)"
        )


def require_not_shrunk(known: Known, harvest: Harvested, settings: SourceSettings) -> None:
    """Raise `SourceShrunkError` when most of what is known did not come again."""
    if known.rows.num_rows == 0:
        return
    gone = vanished_share(known.population(), _population_that_came(known.contract, harvest))
    if gone > settings.max_vanished_share:
        raise SourceShrunkError(
            f"{known.contract.source}: {gone:.0%} of the known {known.contract.id_column}s are gone at once "
            f"({harvest.announced} rows were announced); nothing was deleted or overwritten. If that is right, "
            "run once with RITOURNELLE_SOURCE__MAX_VANISHED_SHARE=1"
        )


def epoch_change(known: Known, harvest: Harvested, settings: SourceSettings) -> str:
    """Why the crawl speaks of another population than the known one; empty when it does not."""
    if known.rows.num_rows == 0:
        return ""
    came = _population_that_came(known.contract, harvest)
    return decide_epoch(known.population(), came, min_share=settings.min_known_share).reason


def refuse_new_epoch(source: Source, reason: str) -> SourceEpochError:
    """The error that stops a source whose ids now mean others."""
    return SourceEpochError(
        f"{source}: the source epoch changed: {reason}. The app has regenerated its ids; nothing was overwritten. "
        "If that is right, run once with `ritournelle ingest --accept-new-epoch`: the two populations are kept apart"
    )


def plan_extract(known: Known, harvest: Harvested) -> Extract:
    """What the crawl changes in the population that is known."""
    protected = _protected_keys(known.contract, harvest)
    return Extract(known.contract, known.epoch, compare(known.contract, harvest.rows, known.rows, protected))


def plan_new_epoch(known: Known, harvest: Harvested, epoch: int) -> Extract:
    """A crawl that begins a new population: all of it is new, and all of the one before is retired."""
    changes = compare(known.contract, harvest.rows, known.rows.slice(0, 0), None)
    return Extract(known.contract, epoch, changes, retired=known)


def write_source(warehouse: Warehouse, extract: Extract, harvest: Harvested, run: Run, extracted_at: datetime) -> None:
    """All that a crawl leaves in the warehouse: its changes, and what waits in quarantine; inside a transaction."""
    write_extract(warehouse, extract, run, extracted_at)
    contract = extract.contract
    came = partial(_good_keys, contract, harvest)
    update_quarantine(warehouse, run, contract.source, harvest.bad, came, is_proven=harvest.is_proven)


def write_extract(warehouse: Warehouse, extract: Extract, run: Run, extracted_at: datetime) -> None:
    """Append the changes, and the listens of changed histories; call it inside a transaction."""
    changes, contract = extract.changes, extract.contract
    stamp = _Stamp(run, extracted_at)
    table = TABLE_OF[contract.source]
    for whole, change_type in ((changes.inserted, "inserted"), (changes.updated, "updated")):
        blocks = (stamp.on(_storable(rows), extract.epoch, change_type) for rows in _blocks(whole, ROWS_PER_BLOCK))
        warehouse.append_blocks(table, blocks)
        if contract.source is Source.LISTEN_HISTORY:
            listens = (stamp.on(explode_listens(rows), extract.epoch) for rows in _blocks(whole, HISTORIES_PER_BLOCK))
            warehouse.append_blocks(SRC_LISTENS, listens)
    warehouse.append(table, stamp.on(changes.deleted, extract.epoch, "deleted"))
    if extract.retired is not None:
        gone = extract.retired.rows.select(list(contract.key))
        warehouse.append(table, stamp.on(gone, extract.retired.epoch, "deleted"))


@dataclass(frozen=True)
class _Stamp:
    """Marks rows with the run that brought them."""

    run: Run
    extracted_at: datetime

    def on(self, rows: pa.Table, epoch: int, change_type: str | None = None) -> pa.Table:
        """The rows with the columns that say which run brought them, and in which epoch they belong."""
        values = {
            "source_epoch": pa.scalar(epoch, pa.int32()),
            "run_id": pa.scalar(self.run.run_id),
            "run_number": pa.scalar(self.run.run_number, pa.int64()),
            "extracted_at": pa.scalar(self.extracted_at, pa.timestamp("us", tz="UTC")),
        }
        if change_type is not None:
            values["change_type"] = pa.scalar(change_type)
        for name, value in values.items():
            rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
        return rows


def _blocks(rows: pa.Table, size: int) -> Iterator[pa.Table]:
    for start in range(0, rows.num_rows, size):
        yield rows.slice(start, size)


def _storable(rows: pa.Table) -> pa.Table:
    """Lists as JSON text: not every warehouse has a list type."""
    if "items" not in rows.column_names:
        return rows
    texts = pc.binary_join_element_wise("[", lists_as_text(rows["items"]), "]", "")
    return rows.set_column(rows.column_names.index("items"), "items", texts)


def _protected_keys(contract: Contract, harvest: Harvested) -> pa.Table | None:
    """The keys of bad rows, whose good version is kept; None when nothing may be deleted at all."""
    unreadable = any(row.key is None for row in harvest.bad)
    if not harvest.is_proven or unreadable:
        return None
    return _key_table(contract, harvest.bad)


def _key_table(contract: Contract, bad: list[BadRow]) -> pa.Table:
    readable = [row.key for row in bad if row.key is not None]
    types = [pa.int64() if name == contract.id_column else pa.timestamp("us") for name in contract.key]
    return pa.table(
        {
            name: pa.array([key[place] for key in readable], kind)
            for place, (name, kind) in enumerate(zip(contract.key, types, strict=True))
        }
    )


def _population_that_came(contract: Contract, harvest: Harvested) -> pa.Table:
    """The ids of all rows that came: a row that turned bad is still there. Its identity counts as unchanged (null)."""
    good = population(contract, harvest.rows)
    if not harvest.bad:
        return good
    bad = _key_table(contract, harvest.bad).select([contract.id_column]).rename_columns(["id"])
    bad = bad.append_column("identity_hash", pa.nulls(bad.num_rows, pa.string()))
    both = pa.concat_tables([good, bad]).group_by("id").aggregate([("identity_hash", "min")])
    return both.rename_columns(["id", "identity_hash"])


def _good_keys(contract: Contract, harvest: Harvested) -> set[str]:
    columns = [harvest.rows[name].to_pylist() for name in contract.key]
    return {key_text(key) for key in zip(*columns, strict=True)}
