"""What the platform asks of any warehouse: read a query, append a batch, replace a partition, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.compute as pc

from ritournelle.errors import WarehouseError


@dataclass(frozen=True)
class Table:
    """A table that Python writes: its place, its columns as an Arrow schema, and the columns that name one row.

    Tables that dbt builds are not declared here.
    """

    schema: str
    name: str
    columns: pa.Schema
    key: tuple[str, ...]
    few_values: tuple[str, ...] = ()
    """Texts of which few differ: known here, for an engine that would try to find out. Those of the other columns then
    hardly repeat; where no column is named, nothing is known."""

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    def rows(self, records: Sequence[Mapping[str, Any]]) -> pa.Table:
        """Records as an Arrow table with exactly this table's columns; absent ones are null."""
        return pa.Table.from_pylist([dict(record) for record in records], schema=self.columns)

    def fitting(self, rows: pa.Table) -> pa.Table:
        """Rows with exactly the types of this table's columns, for loaders that convert nothing.

        Raises `WarehouseError` for a column that the table does not have, or values that do not fit.
        """
        unknown = [name for name in rows.column_names if name not in self.columns.names]
        if unknown:
            raise WarehouseError(f"{self} has no column {', '.join(unknown)}")
        try:
            return rows.cast(pa.schema([self.columns.field(name) for name in rows.column_names]))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise WarehouseError(f"rows for {self} do not fit its columns: {error}") from error

    def refuse_repeated_keys(self, rows: pa.Table) -> None:
        """Raise `WarehouseError` when two rows have the same key, null being equal to null: which one would stay?"""
        missing = set(self.key) - set(rows.column_names)
        if missing:
            raise WarehouseError(f"rows for {self} lack {', '.join(sorted(missing))}, which is part of its key")
        if rows.num_rows < 2:  # most often: to group takes a millisecond
            return
        counted = rows.select(list(self.key)).group_by(list(self.key)).aggregate([([], "count_all")])
        if counted.num_rows < rows.num_rows:
            repeated = counted.filter(pc.greater(counted["count_all"], 1)).select(list(self.key)).slice(0, 1)
            raise WarehouseError(f"two rows for {self} have the same key {repeated.to_pylist()[0]}; send each key once")


Doomed = Callable[[Callable[[str], pa.Table], str, str], str]
"""Which rows of a table go: asked with what reads SELECTs, its schema as it is named there, and its name; it answers an
SQL condition that is never null, or "" when none go."""


class Warehouse(Protocol):
    """One open connection to a warehouse.

    Every write outside of a `transaction()` is one of its own. Datetimes with a zone come back in UTC.
    Errors: `WarehouseError` when a statement is refused, `WarehouseBusyError` when another process holds the warehouse.
    """

    url: str

    def schema(self, name: str) -> str:
        """The name under which this connection finds a schema: a publication's may differ from the working one."""

    def ensure(self, tables: Sequence[Table]) -> None:
        """Create the tables, and the columns, that are not there yet; leave all others as they are."""

    def exists(self, schema: str, name: str) -> bool:
        """Whether a table or view of that name can be read."""

    def read(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The rows of a SELECT, with `?` for each parameter."""

    def batches(self, query: str, rows: int = 100_000) -> Iterator[pa.Table]:
        """The rows of a SELECT, about so many at a time; until the last one, ask this connection nothing else."""

    def tables(self, schemas: Sequence[str]) -> list[tuple[str, str]]:
        """Schema and name of every table, not view, of these schemas; none for a schema that is not there."""

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows; columns are matched by name."""

    def append_blocks(self, table: Table, blocks: Iterable[pa.Table]) -> None:
        """The same for rows that are made block by block, all with the same columns; ask nothing else meanwhile."""

    def upsert(self, table: Table, rows: pa.Table) -> None:
        """Add rows in place of those with the same `table.key`, null being equal to null.

        Raises `WarehouseError` when two of the rows have the same key, and writes none.
        """

    def replace(self, table: Table, rows: pa.Table) -> None:
        """Put rows in place of everything that the table holds."""

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside happen, or, if the block raises or the process dies, none."""

    def publish(self, schemas: Sequence[str], version: str) -> None:
        """Make the tables of these schemas, as they are now, what readers see: all at once, or not at all.

        Readers of the publication before go on with it undisturbed.
        """

    def close(self) -> None:
        """Let the warehouse go; other processes may open it then."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def remove(self, table: Table, condition: str) -> None:
        """Delete the rows for which an SQL condition holds; it is code of the platform, never a text from outside."""

    def reclaim(self, tables: Sequence[Table]) -> tuple[int, int]:
        """Give the space of removed rows back to the machine; bytes that the warehouse takes before and after.

        `tables` are those that lost rows; without any there is nothing to do. Not inside a transaction.
        """

    def scrub(self, tables: Sequence[Table]) -> None:
        """Write anew what these tables lie in, so that no removed row is left in it. Not inside a transaction."""

    def erase_published(self, doomed: Doomed) -> int:
        """Take rows out of every publication that is kept, each all at once; how many. Not inside a transaction.

        Readers that have an older file or snapshot open keep it until they let go.
        """

    def count_published(self, doomed: Doomed) -> int:
        """How many such rows the publications hold."""
