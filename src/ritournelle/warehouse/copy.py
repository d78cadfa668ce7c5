"""Everything that one warehouse holds into another, whatever their engines: in batches, table by table, verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from ritournelle.errors import PermanentError, WarehouseError
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.checksum import Checksum
from ritournelle.warehouse.tables import TABLES

SCHEMAS = ("raw", "quarantine", "ops", "staging", "history", "core", "marts")
"""What is copied; views and publications are not: the next transform and the next publication make them."""
ROWS_PER_BATCH = 100_000

OnProgress = Callable[[str, int], None]
"""Called after each batch: the table, and how many of its rows were written so far."""


@dataclass(frozen=True)
class CopiedTable:
    """A table that is in the target as it is in the source: so many rows, with this checksum on both sides."""

    name: str
    rows: int
    checksum: str

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def copy_warehouse(
    source: Warehouse, target: Warehouse, *, replace: bool = False, on_progress: OnProgress | None = None
) -> Iterator[CopiedTable]:
    """Copy all tables; yield each when it has been read back and is the same.

    A table is copied as a whole or not at all, and one that does not come back equal is emptied again; those before it
    stay. With `replace`, what the target holds goes; tables that only the target has are left empty.

    Raises `PermanentError` when the source holds nothing, or the target something and `replace` was not given;
    `WarehouseError` for a table that cannot be copied.
    """
    tables = [_described(source, schema, name) for schema, name in source.tables(SCHEMAS)]
    if not tables:
        raise PermanentError("the source holds no tables; is it the right warehouse?")
    full = _full_tables(target)
    if full and not replace:
        shown = ", ".join(map(str, full[:3])) + (f" and {len(full) - 3} more" if len(full) > 3 else "")
        raise PermanentError(f"the target holds data already, in {shown}; --replace puts the source's in place of it")
    copied = {str(table) for table in tables}
    for table in (table for table in full if str(table) not in copied):
        target.replace(table, table.columns.empty_table())
    for table in tables:
        yield _copy(source, target, table, on_progress)


def checksum(warehouse: Warehouse, table: Table) -> Checksum:
    """The checksum of a table's columns as this warehouse holds them."""
    found = Checksum()
    for batch in _batches(warehouse, table):
        found = found.including(batch)
    return found


def _copy(source: Warehouse, target: Warehouse, table: Table, on_progress: OnProgress | None) -> CopiedTable:
    target.ensure([table])
    sent = _send(source, target, table, on_progress)
    arrived = checksum(target, table)
    if arrived != sent:
        target.replace(table, table.columns.empty_table())
        raise WarehouseError(
            f"{table} is not the same in the target and was emptied there: {sent.rows} rows with checksum {sent} "
            f"were sent, {arrived.rows} with {arrived} are there"
        )
    return CopiedTable(str(table), sent.rows, str(sent))


def _send(source: Warehouse, target: Warehouse, table: Table, on_progress: OnProgress | None) -> Checksum:
    """In one transaction, in batches: 10 million rows must not be held at once."""
    sent = Checksum()
    with target.transaction():
        target.replace(table, table.columns.empty_table())
        for batch in _batches(source, table):
            target.append(table, batch)
            sent = sent.including(batch)
            if on_progress:
                on_progress(str(table), sent.rows)
    return sent


def _batches(warehouse: Warehouse, table: Table) -> Iterator[pa.Table]:
    """A table's rows with the columns, and their types, that it is declared with."""
    for batch in warehouse.batches(f"SELECT * FROM {table}", ROWS_PER_BATCH):
        yield batch.select(table.columns.names).cast(table.columns)


def _described(warehouse: Warehouse, schema: str, name: str) -> Table:
    """A table as Python declares it, with what it has beyond that; as it is when dbt builds it."""
    found = warehouse.read(f"SELECT * FROM {schema}.{name} LIMIT 0").schema.remove_metadata()
    for table in TABLES:
        if str(table) == f"{schema}.{name}":
            further = [column for column in found if column.name not in table.columns.names]
            known = [column for column in table.columns if column.name in found.names]
            return Table(schema, name, pa.schema([*known, *further]), table.key)
    return Table(schema, name, found, key=())


def _full_tables(warehouse: Warehouse) -> list[Table]:
    tables = [_described(warehouse, schema, name) for schema, name in warehouse.tables(SCHEMAS)]
    return [table for table in tables if warehouse.read(f"SELECT 1 AS found FROM {table} LIMIT 1").num_rows]
