"""The engines behind dlt: how each of them writes types, names, loads and publications, and answers in Arrow.

`Engine` speaks what PostgreSQL, Redshift and DuckDB have in common; a subclass says only where it differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import pyarrow as pa

from ritournelle.errors import WarehouseError
from ritournelle.warehouse.base import Table
from ritournelle.warehouse.statements import formatted, quoting_schema

# By PostgreSQL's numbers of types, which Redshift shares.
_ARROW_TYPES = {
    16: pa.bool_(),
    19: pa.string(),  # a name in the catalogue
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    25: pa.string(),
    700: pa.float32(),
    701: pa.float64(),
    1042: pa.string(),
    1043: pa.string(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", tz="UTC"),
}
_NUMERIC = 1700


class Engine:
    """PostgreSQL through psycopg2."""

    types: ClassVar[Mapping[pa.DataType, str]] = {
        pa.string(): "text",
        pa.int64(): "bigint",
        pa.int32(): "integer",
        pa.int16(): "smallint",
        pa.float64(): "double precision",
        pa.bool_(): "boolean",
        pa.date32(): "date",
        pa.timestamp("us"): "timestamp",
        pa.timestamp("us", tz="UTC"): "timestamptz",
    }

    # Names and types

    def quoted(self, name: str) -> str:
        """A name that is taken as it is, also where it is a word of the language (`raw` is one on Redshift)."""
        return '"' + name.replace('"', '""') + '"'

    def place(self, schema: str, name: str) -> str:
        """A table in its schema."""
        return f"{self.quoted(schema)}.{self.quoted(name)}"

    def sql_type(self, table: Table, column: pa.Field) -> str:
        """The type of a column to create."""
        try:
            return self.types[column.type]
        except KeyError:
            raise WarehouseError(f"{table}.{column.name}: no table is made with the type {column.type}") from None

    # Statements

    def create_schema(self, schema: str) -> str:
        """Makes a schema that may be there already."""
        return f"CREATE SCHEMA IF NOT EXISTS {self.quoted(schema)}"

    def create_table(self, table: Table) -> str:
        """Makes a table that is not there."""
        columns = ", ".join(f"{self.quoted(column.name)} {self.sql_type(table, column)}" for column in table.columns)
        return f"CREATE TABLE {self._of(table)} ({columns})"

    def add_column(self, table: Table, column: pa.Field) -> str:
        """Adds a column that is not there."""
        name, kind = self.quoted(column.name), self.sql_type(table, column)
        return f"ALTER TABLE {self._of(table)} ADD COLUMN {name} {kind}"

    def insert(self, table: Table, columns: Sequence[str], incoming: str) -> str:
        """Adds the rows of an incoming table, whose columns are called c0, c1 … in the order of `columns`."""
        names = ", ".join(self.quoted(name) for name in columns)
        kinds = [self.sql_type(table, table.columns.field(name)) for name in columns]
        values = ", ".join(f"CAST(c{at} AS {kind})" for at, kind in enumerate(kinds))
        return f"INSERT INTO {self._of(table)} ({names}) SELECT {values} FROM {incoming}"

    def delete_all(self, table: Table) -> str:
        """Empties a table; not TRUNCATE, which commits by itself on Redshift."""
        return f"DELETE FROM {self._of(table)} WHERE true"

    def delete_same(self, table: Table, columns: Sequence[str], incoming: str, *, with_nulls: bool) -> list[str]:
        """Removes the rows whose keys are among the incoming ones.

        Equality is what engines join by; keys with a null, which equals nothing, go by a condition of their own.
        """
        pairs = [(f"{self._of(table)}.{self.quoted(name)}", f"incoming.c{columns.index(name)}") for name in table.key]
        conditions = [" AND ".join(f"{stored} = {came}" for stored, came in pairs)]
        if with_nulls:
            null_safe = [f"({stored} = {came} OR ({stored} IS NULL AND {came} IS NULL))" for stored, came in pairs]
            conditions.append(" AND ".join(null_safe))
        return [f"DELETE FROM {self._of(table)} USING {incoming} AS incoming WHERE {one}" for one in conditions]

    def query(self, query: str, parameters: Sequence[Any]) -> str:
        """A query with `?` as the driver takes it."""
        return formatted(query) if parameters else query

    def _of(self, table: Table) -> str:
        return self.place(table.schema, table.name)

    # What the connection does

    def prepare(self, client: Any) -> None:
        """What every session begins with."""
        client.execute_sql("SET timezone = 'UTC'")

    def execute(self, client: Any, statements: Sequence[str]) -> None:
        """All of the statements, or none."""
        with client.begin_transaction():
            for statement in statements:
                client.execute_sql(statement)

    def relations(self, client: Any, schema: str) -> dict[str, bool]:
        """Names of the tables and views of a schema, and whether each is a table."""
        query = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s"
        return {name: kind == "BASE TABLE" for name, kind in client.execute_sql(query, schema)}

    def columns(self, client: Any, schema: str, name: str) -> set[str]:
        """Names of the columns of a table."""
        query = "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
        return {row[0] for row in client.execute_sql(query, schema, name)}

    def to_arrow(self, cursor: Any) -> pa.Table:
        """Everything that a query answered."""
        return _typed(cursor.native_cursor.description, cursor.fetchall())

    def batches(self, client: Any, query: str, rows: int) -> Iterator[pa.Table]:
        """An answer of any size, so many rows at a time, through a cursor that the server keeps."""
        with client.begin_transaction(), client.native_connection.cursor(name="ritournelle_batches") as cursor:
            cursor.execute(query)
            while found := cursor.fetchmany(rows):
                yield _typed(cursor.description, found)

    def publish(self, client: Any, schemas: Sequence[str]) -> None:
        """Copy, then switch all schemas by renaming them in one transaction, which disturbs no reader.

        What was published before stays as `replaced_<schema>` until the next publication, for whoever still reads it.
        """
        switch = []
        for schema in schemas:
            self._copy(client, schema, f"next_{schema}")
            client.execute_sql(f"DROP SCHEMA IF EXISTS {self.quoted(f'replaced_{schema}')} CASCADE")
            if self.relations(client, f"published_{schema}"):
                switch.append(self._rename(f"published_{schema}", f"replaced_{schema}"))
            else:
                switch.append(f"DROP SCHEMA IF EXISTS {self.quoted(f'published_{schema}')}")
            switch.append(self._rename(f"next_{schema}", f"published_{schema}"))
        self.execute(client, switch)

    def _copy(self, client: Any, source: str, target: str) -> None:
        client.execute_sql(f"DROP SCHEMA IF EXISTS {self.quoted(target)} CASCADE")
        client.execute_sql(self.create_schema(target))
        for name in _tables(self, client, source):
            copied = f"CREATE TABLE {self.place(target, name)} AS SELECT * FROM {self.place(source, name)}"
            client.execute_sql(copied)

    def _rename(self, schema: str, name: str) -> str:
        return f"ALTER SCHEMA {self.quoted(schema)} RENAME TO {self.quoted(name)}"


class DuckDB(Engine):
    """DuckDB, which renames no schemas and keeps `?` as it is."""

    def query(self, query: str, parameters: Sequence[Any]) -> str:
        """As it is: this driver's placeholder is `?`."""
        return query

    def to_arrow(self, cursor: Any) -> pa.Table:
        """Everything that a query answered."""
        return cursor.native_cursor.to_arrow_table()

    def batches(self, client: Any, query: str, rows: int) -> Iterator[pa.Table]:
        """An answer of any size, so many rows at a time."""
        with client.execute_query(query) as cursor:
            for batch in cursor.native_cursor.to_arrow_reader(rows):
                yield pa.Table.from_batches([batch])

    def publish(self, client: Any, schemas: Sequence[str]) -> None:
        """Replace every published table in one transaction."""
        statements = []
        for schema in schemas:
            target = f"published_{schema}"
            statements += [f"DROP SCHEMA IF EXISTS {self.quoted(target)} CASCADE", self.create_schema(target)]
            for name in _tables(self, client, schema):
                copied = f"CREATE TABLE {self.place(target, name)} AS SELECT * FROM {self.place(schema, name)}"
                statements.append(copied)
        self.execute(client, statements)


class Redshift(Engine):
    """Amazon Redshift through psycopg2."""

    # `text` means 256 bytes there; a name in the source may have 10,000 characters.
    types = {**Engine.types, pa.string(): "varchar(65535)"}

    def query(self, query: str, parameters: Sequence[Any]) -> str:
        """With `raw`, a reserved word there, quoted."""
        return super().query(quoting_schema(query, "raw"), parameters)


class BigQuery(Engine):
    """BigQuery through its own client; a schema is a dataset."""

    types = {
        pa.string(): "STRING",
        pa.int64(): "INT64",
        pa.int32(): "INT64",
        pa.int16(): "INT64",
        pa.float64(): "FLOAT64",
        pa.bool_(): "BOOL",
        pa.date32(): "DATE",
        pa.timestamp("us"): "DATETIME",
        pa.timestamp("us", tz="UTC"): "TIMESTAMP",
    }

    def quoted(self, name: str) -> str:
        """A name that is taken as it is."""
        return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"

    def delete_same(self, table: Table, columns: Sequence[str], incoming: str, *, with_nulls: bool) -> list[str]:
        """By one text of all key columns: it holds nulls, and a subquery with OR could not be joined by."""
        kinds = {name: self.sql_type(table, table.columns.field(name)) for name in table.key}
        stored = _one_text(self.quoted(name) for name in table.key)
        came = _one_text(f"CAST(c{columns.index(name)} AS {kinds[name]})" for name in table.key)
        return [f"DELETE FROM {self._of(table)} WHERE {stored} IN (SELECT {came} FROM {incoming})"]

    def query(self, query: str, parameters: Sequence[Any]) -> str:
        """With `%s` for `?`; this driver reads `%%` as `%` also where there are no parameters."""
        return formatted(query)

    def prepare(self, client: Any) -> None:
        """Nothing: instants are UTC by nature there."""

    def execute(self, client: Any, statements: Sequence[str]) -> None:
        """One script; a transaction that it does not reach the end of is rolled back."""
        client.execute_sql(";\n".join(["BEGIN TRANSACTION", *statements, "COMMIT TRANSACTION"]) + ";")

    def relations(self, client: Any, schema: str) -> dict[str, bool]:
        """Names of the tables and views of a dataset, and whether each is a table; none when it is not there."""
        from google.api_core.exceptions import NotFound

        try:
            found = list(client.native_connection.list_tables(schema))
        except NotFound:
            return {}
        return {table.table_id: table.table_type == "TABLE" for table in found}

    def columns(self, client: Any, schema: str, name: str) -> set[str]:
        """Names of the columns of a table."""
        return {column.name for column in client.native_connection.get_table(f"{schema}.{name}").schema}

    def to_arrow(self, cursor: Any) -> pa.Table:
        """Everything that a query answered."""
        return cursor.native_cursor.query_job.to_arrow()

    def batches(self, client: Any, query: str, rows: int) -> Iterator[pa.Table]:
        """An answer of any size, in pieces of the server's choice."""
        with client.execute_query(query.replace("%", "%%")) as cursor:
            for batch in cursor.native_cursor.query_job.result(page_size=rows).to_arrow_iterable():
                yield pa.Table.from_batches([batch])

    def publish(self, client: Any, schemas: Sequence[str]) -> None:
        """Replace every published table by a clone: each at once, one after the other within one script.

        Datasets cannot be renamed and DDL knows no transactions there, so that a reader may see a new table beside an
        old one for as long as the script runs.
        """
        for schema in schemas:
            client.execute_sql(self.create_schema(f"published_{schema}"))
        client.execute_sql(";\n".join(self.publication(client, schemas)) + ";")

    def publication(self, client: Any, schemas: Sequence[str]) -> list[str]:
        """The statements of `publish`: clones of what is there, and the end of what is there no more."""
        statements = []
        for schema in schemas:
            names = _tables(self, client, schema)
            for name in names:
                target = self.place(f"published_{schema}", name)
                statements.append(f"CREATE OR REPLACE TABLE {target} CLONE {self.place(schema, name)}")
            gone = set(_tables(self, client, f"published_{schema}")) - set(names)
            statements += [f"DROP TABLE {self.place(f'published_{schema}', name)}" for name in sorted(gone)]
        return statements


def _tables(engine: Engine, client: Any, schema: str) -> list[str]:
    return sorted(name for name, is_table in engine.relations(client, schema).items() if is_table)


def _one_text(values: Iterable[str]) -> str:
    """BigQuery's expression for several values as one text that keeps them apart, and nulls from the text "null"."""
    return f"TO_JSON_STRING([{', '.join(f'CAST({value} AS STRING)' for value in values)}])"


def _typed(description: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """The rows of a cursor of psycopg2 with the types that its description names."""
    values = list(zip(*rows, strict=True)) or [() for _ in description]
    columns = [_column(column.type_code, found) for column, found in zip(description, values, strict=True)]
    return pa.Table.from_arrays(columns, names=[column.name for column in description])


def _column(type_code: int, values: Sequence[Any]) -> pa.Array:
    if type_code == _NUMERIC and not any(isinstance(value, Decimal) for value in values):
        return pa.array(values, pa.decimal128(38, 0))
    return pa.array(values, _ARROW_TYPES.get(type_code))
