"""DuckDB behind the warehouse protocol: one file, one writer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa

from ritournelle.errors import PermanentError, WarehouseError
from ritournelle.warehouse import duckdb_publication as publication
from ritournelle.warehouse.base import Doomed, Table
from ritournelle.warehouse.duckdb_file import open_file
from ritournelle.warehouse.duckdb_storing import BulkWriting, Making, stored_as
from ritournelle.warehouse.statements import shortened

_ROW_GROUP = 122_880
"""Rows that DuckDB stores together; several threads share an insert only if it comes in parts of that size."""
_MANY_ROWS = 30_000
"""So many rows, appended at once, are compressed with less effort, and go into the file without a log of their own."""
_SQL_TYPES = {
    pa.bool_(): "BOOLEAN",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.date32(): "DATE",
    pa.timestamp("us"): "TIMESTAMP",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP WITH TIME ZONE",
}
"""Of the tables that Python writes; for other types DuckDB is asked, which takes twice as long for a new warehouse."""


class DuckDBWarehouse:
    """A DuckDB file, by default opened for writing: it is created, with its folder, when it is not there."""

    def __init__(self, path: Path, *, threads: int = 2, read_only: bool = False) -> None:
        self.url = f"duckdb:///{path.absolute()}"
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._is_empty = not path.exists()
        self._bulk = BulkWriting(path, self._run, self._run_beside)  # before the file is there, if it is a new one
        self._connection = open_file(path, threads, read_only)
        if not read_only:
            self._bulk.set_usual()

    def schema(self, name: str) -> str:
        """The same: a publication is a file of its own, with the schemas of the working one."""
        return name

    def ensure(self, tables: Sequence[Table]) -> None:
        """Create the tables, and the columns, that are not there yet."""
        known = {} if self._is_empty else self._known_columns()
        self._is_empty = False
        lacking = [table for table in tables if not set(table.columns.names) <= known.get(str(table), set())]
        if not lacking:  # most often: a transaction that writes nothing would still cost a millisecond
            return
        with self.transaction():
            for table in lacking:
                if str(table) not in known:
                    self._create(table)
                else:
                    self._add_missing_columns(table, known[str(table)])

    def exists(self, schema: str, name: str) -> bool:
        """Whether a table or view of that name can be read."""
        query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
        return bool(self.read(query, [schema, name])[0][0].as_py())

    def read(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The rows of a SELECT."""
        return self._run(query, parameters).to_arrow_table()

    def batches(self, query: str, rows: int = 100_000) -> Iterator[pa.Table]:
        """The rows of a SELECT, so many at a time."""
        for batch in self._run(query).to_arrow_reader(rows):
            yield pa.Table.from_batches([batch])

    def tables(self, schemas: Sequence[str]) -> list[tuple[str, str]]:
        """Schema and name of every table of these schemas."""
        places = ", ".join("?" for _ in schemas)
        query = (
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
            f"AND table_catalog = current_database() AND table_schema IN ({places}) ORDER BY ALL"
        )
        return [(row["table_schema"], row["table_name"]) for row in self.read(query, schemas).to_pylist()]

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows, matched by column name."""
        if rows.num_rows >= _MANY_ROWS and self._in_transaction:
            self._bulk.begin(table)
        if rows.num_rows:
            with self._registered(pa.Table.from_batches(rows.to_batches(_ROW_GROUP))) as view:
                self._run(f"INSERT INTO {table} BY NAME SELECT * FROM {view}")

    def append_blocks(self, table: Table, blocks: Iterable[pa.Table]) -> None:
        """Add them by one statement, which takes a block when it has written the one before."""
        waiting = iter(blocks)
        first = next(waiting, None)
        if first is None:
            return
        if self._in_transaction:
            self._bulk.begin(table)
        making = Making(self._bulk.batches(chain([first], waiting)))
        with self._registered(pa.RecordBatchReader.from_batches(first.schema, making.batches())) as view:
            try:
                self._run(f"INSERT INTO {table} BY NAME SELECT * FROM {view}")
            except WarehouseError:
                if making.error is not None:
                    raise making.error from None
                raise

    def upsert(self, table: Table, rows: pa.Table) -> None:
        """Delete the rows with the keys that come, then insert."""
        table.refuse_repeated_keys(rows)
        if rows.num_rows == 1:
            self._upsert_one(table, rows.to_pylist()[0])
            return
        with self.transaction(), self._registered(rows) as view:
            same = " AND ".join(f"{table}.{column} IS NOT DISTINCT FROM {view}.{column}" for column in table.key)
            self._run(f"DELETE FROM {table} USING {view} WHERE {same}")
            self._run(f"INSERT INTO {table} BY NAME SELECT * FROM {view}")

    def _upsert_one(self, table: Table, row: Mapping[str, Any]) -> None:
        """As a run notes its steps: with parameters it takes 2 ms, and 5 as a table that is joined."""
        same = " AND ".join(f"{column} IS NOT DISTINCT FROM ?" for column in table.key)
        places = ", ".join("?" for _ in row)
        with self.transaction():
            self._run(f"DELETE FROM {table} WHERE {same}", [row[column] for column in table.key])
            self._run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values()))

    def replace(self, table: Table, rows: pa.Table) -> None:
        """Empty the table, then insert."""
        with self.transaction():
            self._run(f"DELETE FROM {table}")
            self.append(table, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a transaction inside a transaction is part of the outer one."""
        if self._in_transaction:
            yield
            return
        self._bulk.end()  # the transaction before may have failed
        self._run("BEGIN")
        self._in_transaction = True
        try:
            yield
        except BaseException:  # also when interrupted: nothing half-written may stay
            self._in_transaction = False
            self._connection.rollback()
            raise
        self._in_transaction = False
        self._run("COMMIT")
        self._bulk.end()

    def publish(self, schemas: Sequence[str], version: str) -> None:
        """Copy the tables into a file of their own and switch `published/current.duckdb` over to it by one rename."""
        draft = publication.draft_of(self._path, version)
        self._copy_tables(schemas, draft)
        publication.switch_to(draft)

    def _copy_tables(self, schemas: Sequence[str], target: Path) -> None:
        tables = self.tables(schemas)
        quoted = str(target).replace("'", "''")
        self._run(f"ATTACH '{quoted}' AS publication")
        try:
            for schema in schemas:
                self._run(f"CREATE SCHEMA publication.{schema}")
            for name in map(".".join, tables):
                self._run(f"CREATE TABLE publication.{name} AS SELECT * FROM {name}")
        finally:
            self._run("DETACH publication")

    def close(self) -> None:
        """Write what is pending to the file and let it go."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    _in_transaction = False

    def _run(self, statement: str, parameters: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(statement, parameters)
        except duckdb.Error as error:
            raise WarehouseError(f"the warehouse refused `{shortened(statement)}`: {error}") from error
        except RuntimeError as error:
            if "interrupted" not in str(error):
                raise
            raise KeyboardInterrupt from error  # as DuckDB tells of Ctrl-C

    def _run_beside(self, statement: str) -> None:
        self._connection.cursor().execute(statement)

    @contextmanager
    def _registered(self, rows: pa.Table | pa.RecordBatchReader) -> Iterator[str]:
        self._connection.register("incoming_rows", rows)
        try:
            yield "incoming_rows"
        finally:
            self._connection.unregister("incoming_rows")

    def _known_columns(self) -> dict[str, set[str]]:
        # The first look into a catalogue takes 7 ms; a later one 1 ms in DuckDB's own list, 7 in `information_schema`.
        query = "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        known: dict[str, set[str]] = {}
        for table, column in self._run(f"{query} AND database_name = current_database()").fetchall():
            known.setdefault(table, set()).add(column)
        return known

    def _create(self, table: Table) -> None:
        columns = ", ".join(
            f'"{name}" {sql_type}{stored_as(table, name, sql_type)}'
            for name, sql_type in self._sql_types(table).items()
        )
        self._run(f"CREATE SCHEMA IF NOT EXISTS {table.schema}; CREATE TABLE {table} ({columns})")

    def _add_missing_columns(self, table: Table, known: set[str]) -> None:
        for name, sql_type in self._sql_types(table).items():
            if name not in known:
                self._run(f'ALTER TABLE {table} ADD COLUMN "{name}" {sql_type}{stored_as(table, name, sql_type)}')

    def _sql_types(self, table: Table) -> dict[str, str]:
        if all(field.type in _SQL_TYPES for field in table.columns):
            return {field.name: _SQL_TYPES[field.type] for field in table.columns}
        with self._registered(table.columns.empty_table()) as view:
            return {name: kind for name, kind, *_ in self._run(f"DESCRIBE SELECT * FROM {view}").fetchall()}

    def remove(self, table: Table, condition: str) -> None:
        """Delete the rows for which a condition holds."""
        self._run(f"DELETE FROM {table} WHERE {condition}")

    def reclaim(self, tables: Sequence[Table]) -> tuple[int, int]:
        """Write the file anew, and keep that if it is a tenth smaller: DuckDB never gives room back, it only reuses it.

        Its count of free blocks is no guide: 3 rows left of 60,000 still took the whole row group.
        """
        self._run("CHECKPOINT")
        before = self._path.stat().st_size
        if not tables:
            return before, before
        fresh = self._path.with_name(f"{self._path.name}.rewritten")
        try:
            self._write_anew(fresh)
            if fresh.stat().st_size < 0.9 * before:
                self._continue_in(fresh)
        finally:
            fresh.unlink(missing_ok=True)
        return before, self._path.stat().st_size

    # pylint: disable-next=unused-argument  # they all lie in one file
    def scrub(self, tables: Sequence[Table]) -> None:
        """Write the whole file anew: rows that were removed stay in it, in blocks that wait to be used again."""
        self._run("CHECKPOINT")
        fresh = self._path.with_name(f"{self._path.name}.rewritten")
        try:
            self._write_anew(fresh)
            self._continue_in(fresh)
        finally:
            fresh.unlink(missing_ok=True)

    def erase_published(self, doomed: Doomed) -> int:
        """Write each published file that holds such rows anew, under a new name, without them."""
        return publication.erase(self._path, doomed)

    def count_published(self, doomed: Doomed) -> int:
        """How many such rows the published files hold."""
        return publication.count(self._path, doomed)

    def _write_anew(self, fresh: Path) -> None:
        for left_over in (fresh, fresh.with_name(f"{fresh.name}.wal")):  # of a process that was killed
            left_over.unlink(missing_ok=True)
        name = self.read("SELECT current_database() AS name")["name"][0].as_py()
        quoted = str(fresh).replace("'", "''")
        self._run(f"ATTACH '{quoted}' AS rewritten")
        try:
            self._run(f'COPY FROM DATABASE "{name}" TO rewritten')
        finally:
            self._run("DETACH rewritten")

    def _continue_in(self, fresh: Path) -> None:
        """Put a file in the place of the own one, by one rename."""
        threads = self.read("SELECT current_setting('threads') AS n")["n"][0].as_py()
        self._connection.close()
        fresh.replace(self._path)
        self._connection = open_file(self._path, threads, read_only=False)


def open_published(warehouse: Path, *, threads: int) -> DuckDBWarehouse:
    """What was published last beside a warehouse, for reading; raises `PermanentError` when nothing was yet."""
    link = publication.published_path(warehouse)
    while link.is_symlink():
        # The link is followed here: within one process DuckDB would share an older file that is open under its name.
        current = link.resolve()
        try:
            return DuckDBWarehouse(current, threads=threads, read_only=True)
        except WarehouseError:
            if link.resolve() == current:  # else it was replaced, and removed, between the two steps: look again
                raise
    raise PermanentError(f"nothing was published beside {warehouse} yet; a good `ritournelle run` does it")
