"""Any destination of dlt behind the warehouse protocol: BigQuery and Redshift, and DuckDB and PostgreSQL to try it on.

dlt brings rows, as Arrow and parquet, into tables of a schema of their own; then one transaction of the engine moves
them to where they belong. So a write happens as a whole whatever dlt does in several steps, and no column or table of
dlt's stands among the platform's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self

import dlt
import pyarrow as pa
from dlt.common.configuration.exceptions import ConfigurationException
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.common.exceptions import DltException
from dlt.common.runtime.run_context import active
from dlt.common.runtime.telemetry import stop_telemetry
from dlt.destinations.exceptions import DestinationConnectionError

from ritournelle.errors import PermanentError, RitournelleError, SettingsError, WarehouseBusyError, WarehouseError
from ritournelle.warehouse.base import Doomed, Table
from ritournelle.warehouse.dlt_address import DltAddress, dlt_address
from ritournelle.warehouse.statements import shortened

ROWS_PER_PACKAGE = 500_000
"""Rows of one transaction that wait in memory; with more, those that wait are brought to the engine already."""


@dataclass(frozen=True)
class _Write:
    kind: Literal["append", "upsert", "replace"]
    table: Table
    rows: pa.Table


_PUBLISHABLE = ("raw", "quarantine", "ops", "history", "core", "marts")
"""Schemas of which `published_<schema>` may be there."""


class DltWarehouse:
    """A warehouse that dlt loads. What a transaction writes is not seen before it ends, not even by itself.

    One process may write at a time, and nothing of these engines keeps a second one out: see the how-to.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.url = url
        self._address = dlt_address(url)
        self._engine = self._address.engine
        self._read_only = read_only
        # pylint: disable-next=consider-using-with  # it lives until `close`
        self._folder = TemporaryDirectory(prefix="ritournelle-dlt-")
        self._waiting: list[_Write] = []
        self._written: set[str] = set()
        self._loaded: list[str] = []
        self._statements: list[str] = []
        self._names = count(1)
        self._in_transaction = False
        self._has_incoming = False
        try:
            self._pipeline = _pipeline(self._address, self._folder.name)
            self._client = self._open()
        except BaseException:  # whoever interrupts: the folder must not outlive this
            self._folder.cleanup()
            raise

    def schema(self, name: str) -> str:
        """The same: this is the working warehouse."""
        return name

    def ensure(self, tables: Sequence[Table]) -> None:
        """Create the tables, and the columns, that are not there yet: at once, also within a transaction."""
        schemas = sorted({table.schema for table in tables})
        with self._doing("the creation of tables"):
            known = {schema: self._engine.relations(self._client, schema) for schema in schemas}
            for schema in schemas:
                if not known[schema]:
                    self._client.execute_sql(self._engine.create_schema(schema))
            for table in tables:
                self._ensure(table, table.name in known[table.schema])

    def exists(self, schema: str, name: str) -> bool:
        """Whether a table or view of that name can be read."""
        with self._doing(f"a look for {schema}.{name}"):
            return name in self._engine.relations(self._client, schema)

    def tables(self, schemas: Sequence[str]) -> list[tuple[str, str]]:
        """Schema and name of every table, not view, of these schemas."""
        with self._doing("the list of tables"):
            found = {schema: self._engine.relations(self._client, schema) for schema in schemas}
        return [(schema, name) for schema in sorted(found) for name in sorted(found[schema]) if found[schema][name]]

    def read(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The rows of a SELECT; refused while its transaction has written what it would not show."""
        self._refuse_unseen(query)
        with self._doing(query):
            with self._client.execute_query(self._engine.query(query, parameters), *parameters) as cursor:
                return self._engine.to_arrow(cursor)

    def batches(self, query: str, rows: int = 100_000) -> Iterator[pa.Table]:
        """The rows of a SELECT, about so many at a time."""
        self._refuse_unseen(query)
        with self._doing(query):
            yield from self._engine.batches(self._client, self._engine.query(query, ()), rows)

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows, matched by column name."""
        self._write(_Write("append", table, table.fitting(rows)))

    def append_blocks(self, table: Table, blocks: Iterable[pa.Table]) -> None:
        """Add them one after the other."""
        for rows in blocks:
            self.append(table, rows)

    def upsert(self, table: Table, rows: pa.Table) -> None:
        """Delete the rows with the keys that come, then insert."""
        table.refuse_repeated_keys(rows)
        self._write(_Write("upsert", table, table.fitting(rows)))

    def replace(self, table: Table, rows: pa.Table) -> None:
        """Empty the table, then insert."""
        self._write(_Write("replace", table, table.fitting(rows)))

    def remove(self, table: Table, condition: str) -> None:
        """Delete the rows for which a condition holds, after whatever its transaction wrote before."""
        self._refuse_when_reading(table)
        with self.transaction():
            self._load_waiting()
            self._written.add(str(table))
            place = self._engine.place(table.schema, table.name)
            self._statements.append(f"DELETE FROM {place} WHERE {self._engine.query(condition, ())}")

    # pylint: disable-next=unused-argument  # nothing has to be done for them
    def reclaim(self, tables: Sequence[Table]) -> tuple[int, int]:
        """Nothing, and no sizes: BigQuery and Redshift free the space of removed rows by themselves."""
        return 0, 0

    # pylint: disable-next=unused-argument  # nothing can be done to them
    def scrub(self, tables: Sequence[Table]) -> None:
        """Nothing: BigQuery and Redshift write removed rows away by themselves, days later."""

    def erase_published(self, doomed: Doomed) -> int:
        """Delete in the schemas that `publish` fills."""
        found = self._published(doomed)
        gone = self._count(found)
        with self.transaction():
            for table, condition in found:
                self.remove(table, condition)
        return gone

    def count_published(self, doomed: Doomed) -> int:
        """How many such rows those schemas hold."""
        return self._count(self._published(doomed))

    def _published(self, doomed: Doomed) -> list[tuple[Table, str]]:
        places = self.tables([f"published_{name}" for name in _PUBLISHABLE])
        found = [(Table(schema, name, pa.schema([]), ()), doomed(self.read, schema, name)) for schema, name in places]
        return [(table, condition) for table, condition in found if condition]

    def _count(self, found: Sequence[tuple[Table, str]]) -> int:
        query = "SELECT count(*) AS n FROM {table} WHERE {condition}"
        return sum(int(self.read(query.format(table=one, condition=rows))["n"][0].as_py()) for one, rows in found)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a transaction inside a transaction is part of the outer one."""
        if self._in_transaction:
            yield
            return
        self._in_transaction = True
        try:
            yield
            self._commit()
        finally:
            self._in_transaction = False
            self._waiting.clear()
            self._written.clear()
            self._statements.clear()

    # pylint: disable-next=unused-argument  # there is one publication at a time, under one name
    def publish(self, schemas: Sequence[str], version: str) -> None:
        """Make copies of these schemas' tables what `published_<schema>` holds; how atomically, the engine says."""
        with self._doing(f"the publication of {', '.join(schemas)}"):
            self._engine.publish(self._client, schemas)

    def close(self) -> None:
        """Drop what came in on the way, and end the session."""
        try:
            with self._doing("the end of the session"):
                if self._has_incoming:
                    self._drop_incoming()
        finally:
            self._client.close_connection()
            self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Tables

    def _ensure(self, table: Table, is_there: bool) -> None:
        if not is_there:
            self._client.execute_sql(self._engine.create_table(table))
            return
        known = self._engine.columns(self._client, table.schema, table.name)
        for column in table.columns:
            if column.name not in known:
                self._client.execute_sql(self._engine.add_column(table, column))

    # Writing: what waits is loaded in one package of dlt's, then moved in one transaction of the engine

    def _write(self, write: _Write) -> None:
        self._refuse_when_reading(write.table)
        if write.rows.num_rows == 0 and write.kind != "replace":
            return
        self._waiting.append(write)
        self._written.add(str(write.table))
        if not self._in_transaction:
            with self.transaction():
                return
        if sum(each.rows.num_rows for each in self._waiting) >= ROWS_PER_PACKAGE:
            self._load_waiting()

    def _refuse_when_reading(self, table: Table) -> None:
        if self._read_only:
            raise WarehouseError(f"the warehouse {self._address} is open for reading only; {table} stays as it is")

    def _load_waiting(self) -> None:
        named = [(f"rows_{next(self._names)}", write) for write in self._waiting]
        self._waiting.clear()
        rows = {name: write.rows for name, write in named if write.rows.num_rows}
        self._load(rows)
        self._loaded += [self._engine.place(self._address.incoming, name) for name in rows]
        for name, write in named:
            self._statements += self._moves(write, self._engine.place(self._address.incoming, name))

    def _moves(self, write: _Write, incoming: str) -> list[str]:
        table, columns = write.table, write.rows.column_names
        insert = [self._engine.insert(table, columns, incoming)] if write.rows.num_rows else []
        if write.kind == "replace":
            return [self._engine.delete_all(table), *insert]
        if write.kind == "upsert":
            with_nulls = any(write.rows[name].null_count for name in table.key)
            return [*self._engine.delete_same(table, columns, incoming, with_nulls=with_nulls), *insert]
        return insert

    def _load(self, rows: dict[str, pa.Table]) -> None:
        """Bring Arrow tables into the incoming schema; columns are numbered, so that dlt has no names to change."""
        if not rows:
            return
        with self._doing(f"a load of {sum(table.num_rows for table in rows.values())} rows by dlt"):
            if not self._has_incoming:
                self._has_incoming = True
                self._drop_incoming()  # a killed process may have left one
            resources = [dlt.resource([_numbered(table)], name=name) for name, table in rows.items()]
            self._pipeline.run(resources, loader_file_format=self._address.file_format)

    def _commit(self) -> None:
        self._load_waiting()
        if not self._statements:
            return
        with self._doing("the move of loaded rows into their tables"):
            self._engine.execute(self._client, self._statements)
            for incoming in self._loaded:  # not only when the session ends: they may be large, or personal
                self._client.execute_sql(f"DROP TABLE {incoming}")
            self._loaded.clear()

    def _drop_incoming(self) -> None:
        with self._client.with_alternative_dataset_name(self._address.incoming):
            if self._client.has_dataset():
                self._client.drop_dataset()

    def _refuse_unseen(self, query: str) -> None:
        unseen = sorted(name for name in self._written if name in query)
        if unseen:
            raise WarehouseError(
                f"this transaction has written to {', '.join(unseen)}, which {self._address} shows only when it has "
                "ended; read before writing, or end the transaction first"
            )

    # The session

    def _open(self) -> Any:
        try:
            client = self._pipeline.sql_client()
            self._connect(client)
        except ConfigurationException as error:
            raise SettingsError(f"warehouse.url: {self._address} lacks credentials: {_first_line(error)}") from error
        return client

    def _connect(self, client: Any) -> None:
        try:
            client.open_connection()
            self._engine.prepare(client)
        except (DltException, OSError, client.dbapi.Error) as error:
            raise WarehouseBusyError(
                f"the warehouse {self._address} cannot be opened; does it answer, and may we in? ({_first_line(error)})"
            ) from None  # it may hold the password

    @contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        try:
            yield
        except (DltException, pa.ArrowException) as error:
            raise self._explained(what, error) from error

    def _explained(self, what: str, error: Exception) -> RitournelleError:
        said = f"{shortened(what)}`: {_first_line(error)}"
        if isinstance(_root(error), DestinationConnectionError):
            return WarehouseBusyError(f"the warehouse {self._address} does not answer, at `{said}")
        return WarehouseError(f"the warehouse refused `{said}")


class PublishedDlt(DltWarehouse):
    """What was published last, for reading."""

    def __init__(self, url: str) -> None:
        super().__init__(url, read_only=True)
        if not any(self._engine.relations(self._client, self.schema(name)) for name in ("marts", "core")):
            self.close()
            raise PermanentError(f"nothing was published in {self._address} yet; a good `ritournelle run` does it")

    def schema(self, name: str) -> str:
        """The schema that `publish` fills."""
        return f"published_{name}"


def _pipeline(address: DltAddress, folder: str) -> Any:
    """A pipeline that keeps nothing on disk, asks the destination for no state of its own, and reports to nobody."""
    _keep_quiet()
    pipeline = dlt.pipeline(
        "ritournelle",
        destination=address.destination(),
        staging=address.staging() if address.staging else None,
        dataset_name=address.incoming,
        pipelines_dir=folder,
    )
    pipeline.config.restore_from_destination = False
    return pipeline


def _keep_quiet() -> None:
    """Without reports to dlt's makers, which are on by default and of which none was sent yet, and without a warning
    for each table that becomes INSERT statements.
    """
    context = active()  # it starts both when it is asked for first: settings of ours would come too late
    stop_telemetry()
    context.initialize_runtime(RuntimeConfiguration(dlthub_telemetry=False, log_level="ERROR"))


def _numbered(rows: pa.Table) -> pa.Table:
    return rows.rename_columns([f"c{at}" for at in range(rows.num_columns)])


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _first_line(error: BaseException) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
