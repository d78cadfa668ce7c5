"""PostgreSQL behind the warehouse protocol: a database on a server, one writer, any number of readers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Self

import pyarrow as pa

from ritournelle.errors import WarehouseError
from ritournelle.warehouse import postgres_publication as publication
from ritournelle.warehouse.base import Doomed, Table
from ritournelle.warehouse.postgres_address import PostgresAddress
from ritournelle.warehouse.postgres_locks import lock_for_writing
from ritournelle.warehouse.postgres_session import PostgresSession
from ritournelle.warehouse.postgres_types import sql_type

_INCOMING = "incoming_rows"


class PostgresWarehouse:
    """A PostgreSQL database, by default opened for writing, which one process may do at a time."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.url = url
        self._session = PostgresSession(PostgresAddress.of(url))
        try:
            self._prepare(read_only)
        except BaseException:  # whoever interrupts: the session must not outlive this
            self._session.close()
            raise

    def _prepare(self, read_only: bool) -> None:
        if read_only:
            self._session.run("SET default_transaction_read_only = on")
        else:
            _refuse_other_texts(self._session)
            lock_for_writing(self._session)

    def schema(self, name: str) -> str:
        """The same: this is the working warehouse."""
        return name

    def ensure(self, tables: Sequence[Table]) -> None:
        """Create the tables, each with an index on its key, and the columns, that are not there yet."""
        known = self._known_columns()
        schemas = self._known_schemas()
        with self.transaction():
            # PostgreSQL wants the right to create schemas even for `IF NOT EXISTS`.
            for schema in sorted({table.schema for table in tables} - schemas):
                self._session.run(f"CREATE SCHEMA {schema}")
            for table in tables:
                if str(table) not in known:
                    self._create(table)
                else:
                    self._add_missing_columns(table, known[str(table)])

    def exists(self, schema: str, name: str) -> bool:
        """Whether a table or view of that name can be read."""
        query = "SELECT count(*) AS number FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
        return bool(self.read(query, [schema, name])["number"][0].as_py())

    def read(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The rows of a SELECT; `numeric` columns are decimals."""
        return self._session.read(query, parameters)

    def batches(self, query: str, rows: int = 100_000) -> Iterator[pa.Table]:
        """The rows of a SELECT, no more than so many at a time; the driver fetches 16 MB."""
        for fetched in self._session.batches(query):
            yield from (fetched.slice(start, rows) for start in range(0, fetched.num_rows, rows))

    def tables(self, schemas: Sequence[str]) -> list[tuple[str, str]]:
        """Schema and name of every table of these schemas."""
        query = "SELECT schemaname, tablename FROM pg_tables ORDER BY schemaname, tablename"
        found = self.read(query).to_pylist()
        return [(row["schemaname"], row["tablename"]) for row in found if row["schemaname"] in schemas]

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows, matched by column name."""
        fitting = table.fitting(rows)
        if rows.num_rows:
            self._session.copy(table.schema, table.name, fitting)

    def append_blocks(self, table: Table, blocks: Iterable[pa.Table]) -> None:
        """Add them one after the other."""
        for rows in blocks:
            self.append(table, rows)

    def upsert(self, table: Table, rows: pa.Table) -> None:
        """Delete the rows with the keys that come, then insert."""
        table.refuse_repeated_keys(rows)
        fitting = table.fitting(rows)
        with self.transaction(), self._session.copied(_INCOMING, fitting):
            for match in _matches(table, fitting):
                self._session.run(f"DELETE FROM {table} AS target USING pg_temp.{_INCOMING} AS incoming WHERE {match}")
            columns = ", ".join(_quoted(name) for name in fitting.column_names)
            self._session.run(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM pg_temp.{_INCOMING}")

    def replace(self, table: Table, rows: pa.Table) -> None:
        """Empty the table, then insert."""
        with self.transaction():
            self._session.run(f"TRUNCATE {table}")
            self.append(table, rows)

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; a transaction inside a transaction is part of the outer one."""
        return self._session.transaction()

    def publish(self, schemas: Sequence[str], version: str) -> None:
        """Copy the tables into schemas of their own and switch `published_<schema>` over to them in one commit."""
        publication.publish(self._session, schemas, version)

    def remove(self, table: Table, condition: str) -> None:
        """Delete the rows for which a condition holds."""
        self._session.run(f"DELETE FROM {table} WHERE {condition}")

    def reclaim(self, tables: Sequence[Table]) -> tuple[int, int]:
        """VACUUM FULL: raw and quarantine are read by nobody else, so that its lock is in nobody's way."""
        before = self._size()
        for table in tables:
            self._session.run(f"VACUUM (FULL, ANALYZE) {table}")
        return before, self._size()

    def scrub(self, tables: Sequence[Table]) -> None:
        """VACUUM FULL: each table into new files; the log of the server and its backups are its owner's."""
        for table in tables:
            self._session.run(f"VACUUM (FULL, ANALYZE) {table}")

    def erase_published(self, doomed: Doomed) -> int:
        """Delete in the numbered schemas, in one transaction; the space is cleared where no reader is in the way."""
        found = publication.conditions(self._session, doomed)
        gone = publication.count(self._session, found)
        if gone:
            with self.transaction():
                for table, condition in found.items():
                    self._session.run(f"DELETE FROM {table} WHERE {condition}")
            publication.clear_space(self._session, found)
        return gone

    def count_published(self, doomed: Doomed) -> int:
        """How many such rows the numbered schemas hold."""
        return publication.count(self._session, publication.conditions(self._session, doomed))

    def _size(self) -> int:
        size: int = self.read("SELECT pg_database_size(current_database()) AS size")["size"][0].as_py()
        return size

    def close(self) -> None:
        """End the session; another process may write then."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _known_columns(self) -> dict[str, set[str]]:
        query = (
            "SELECT nspname || '.' || relname AS name, attname AS column_name "
            "FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid "
            "JOIN pg_namespace ON relnamespace = pg_namespace.oid "
            "WHERE relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped AND nspname NOT LIKE 'pg\\_%'"
        )
        known: dict[str, set[str]] = {}
        for row in self.read(query).to_pylist():
            known.setdefault(row["name"], set()).add(row["column_name"])
        return known

    def _known_schemas(self) -> set[str]:
        return set(self.read("SELECT nspname FROM pg_namespace")["nspname"].to_pylist())

    def _create(self, table: Table) -> None:
        columns = ", ".join(f"{_quoted(column.name)} {sql_type(table, column)}" for column in table.columns)
        self._session.run(f"CREATE TABLE {table} ({columns})")
        if table.key:
            self._session.run(f"CREATE INDEX ON {table} ({', '.join(_quoted(name) for name in table.key)})")

    def _add_missing_columns(self, table: Table, known: set[str]) -> None:
        for column in table.columns:
            if column.name not in known:
                self._session.run(f"ALTER TABLE {table} ADD COLUMN {_quoted(column.name)} {sql_type(table, column)}")


class PublishedPostgres(PostgresWarehouse):
    """The latest publication, for reading; it stays whole, and the one that is read, until this is closed."""

    def __init__(self, url: str) -> None:
        super().__init__(url, read_only=True)
        try:
            self._number = publication.hold_latest(self._session)
        except BaseException:
            self._session.close()
            raise

    def schema(self, name: str) -> str:
        """The publication's own schema."""
        return publication.schema_of(name, self._number)


def published_name(url: str) -> str:
    """Version and number of the latest publication, `night-1~7`; "" when nothing was published."""
    with PostgresWarehouse(url, read_only=True) as warehouse:
        return publication.latest_name(warehouse._session)  # pylint: disable=protected-access  # of this module


def _matches(table: Table, rows: pa.Table) -> list[str]:
    """Conditions that together find the stored rows with the keys of `rows`.

    Equality can use the index; `IS NOT DISTINCT FROM` cannot, so that keys with a null go by a condition of their own.
    """
    nullable = [f"incoming.{_quoted(name)} IS NULL" for name in table.key if rows[name].null_count]
    equal = " AND ".join(f"target.{_quoted(name)} = incoming.{_quoted(name)}" for name in table.key)
    same = " AND ".join(f"target.{_quoted(name)} IS NOT DISTINCT FROM incoming.{_quoted(name)}" for name in table.key)
    return [equal, *([f"({' OR '.join(nullable)}) AND {same}"] if nullable else [])]


def _refuse_other_texts(session: PostgresSession) -> None:
    """Texts must be kept and lowered as on every other engine, or the hashes of e-mails and names would differ."""
    query = "SELECT current_setting('server_encoding') AS encoding, lower('É') = 'é' AS lowers"
    (found,) = session.read(query).to_pylist()
    if found["encoding"] != "UTF8" or not found["lowers"]:
        raise WarehouseError(
            f"the database {session.address} cannot lower letters such as É (its encoding is {found['encoding']}); "
            "create it with TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8', "
            "see docs/how-to/postgresql.md"
        )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
