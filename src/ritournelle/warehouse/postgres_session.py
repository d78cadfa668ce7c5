"""One session with a PostgreSQL server: statements in, Arrow out, its refusals as the platform's errors.

The only place that knows the driver (ADBC), whose COPY moves 1.2 million rows in 0.7 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa

from ritournelle.errors import RitournelleError, WarehouseBusyError, WarehouseError
from ritournelle.warehouse.statements import numbered, shortened
from ritournelle.warehouse.postgres_address import PostgresAddress
from ritournelle.warehouse.postgres_types import ordinary

_IN_THE_WAY = {"55P03", "40P01", "40001", "57014"}
"""SQL states of waits that were given up: lock not available, deadlock, serialisation, cancelled."""
_SERVER_REFUSES = ("password authentication failed", "does not exist", "no pg_hba.conf entry", "permission denied")


class PostgresSession:
    """An open connection in UTC; statements take effect at once, except in a `transaction()`.

    Errors: `WarehouseError` for what is refused, `WarehouseBusyError` when no server answers, the session is lost, or a
    lock is not to be had in time.
    """

    def __init__(self, address: PostgresAddress) -> None:
        self.address = address
        self._in_transaction = False
        self._connection = _connect(address)
        self.run("SET timezone = 'UTC'")
        self.run("SET client_min_messages = warning")  # libpq prints notices to standard error
        # A killed client's statement ends after a second, not when it is done, and with it go its locks.
        self.run("SET client_connection_check_interval = 1000")

    def run(self, statement: str) -> None:
        """Run a statement that answers nothing."""
        with self._cursor(statement) as cursor:
            cursor.execute(statement)

    def read(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The rows of a SELECT, with `?` for each parameter."""
        with self._cursor(query) as cursor:
            cursor.execute(numbered(query), tuple(parameters) or None)
            return ordinary(cursor.fetch_arrow_table())

    def batches(self, query: str) -> Iterator[pa.Table]:
        """The rows of a SELECT as they arrive."""
        with self._cursor(query) as cursor:
            cursor.execute(query)
            for batch in cursor.fetch_record_batch():
                yield ordinary(pa.Table.from_batches([batch]))

    def copy(self, schema: str, name: str, rows: pa.Table) -> None:
        """COPY rows to the end of a table; types must be the table's own."""
        with self._cursor(f"COPY {schema}.{name}") as cursor:
            cursor.adbc_ingest(name, rows, mode="append", db_schema_name=schema)

    @contextmanager
    def copied(self, name: str, rows: pa.Table) -> Iterator[None]:
        """A temporary table of these rows; inside of a `transaction()`."""
        with self._cursor(f"COPY {name}") as cursor:
            cursor.adbc_ingest(name, rows, mode="create", temporary=True)
        yield
        self.run(f"DROP TABLE pg_temp.{name}")  # a transaction that fails has dropped it already

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a transaction inside a transaction is part of the outer one."""
        if self._in_transaction:
            yield
            return
        self.run("BEGIN")
        self._in_transaction = True
        try:
            yield
            self.run("SELECT 1")  # refused when a statement was, which COMMIT alone would turn into a silent ROLLBACK
            self.run("COMMIT")
        except BaseException:  # also when interrupted: nothing half-written may stay
            self._roll_back()
            raise
        finally:
            self._in_transaction = False

    def _roll_back(self) -> None:
        try:
            self.run("ROLLBACK")
        except WarehouseBusyError:  # the session is lost, and the server has rolled back by itself
            pass

    def close(self) -> None:
        """End the session; the server frees its locks and rolls back what is open."""
        self._connection.close()

    @contextmanager
    def _cursor(self, statement: str) -> Iterator[adbc.Cursor]:
        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except adbc.Error as error:
            raise self._explained(statement, error) from error

    def _explained(self, statement: str, error: adbc.Error) -> RitournelleError:
        said = _first_line(error)
        if error.sqlstate in _IN_THE_WAY:
            return WarehouseBusyError(f"the warehouse {self.address} is in use, at `{shortened(statement)}`: {said}")
        if error.sqlstate is None and isinstance(error, adbc.OperationalError) or _ends_session(error.sqlstate):
            return WarehouseBusyError(f"the session with {self.address} broke, at `{shortened(statement)}`: {said}")
        return WarehouseError(f"the warehouse refused `{shortened(statement)}`: {said}")


def _connect(address: PostgresAddress) -> adbc.Connection:
    try:
        return adbc.connect(address.connection_uri, autocommit=True)
    except adbc.Error as error:
        said = _first_line(error)
        if address.password:
            said = said.replace(address.password, "…")
        if any(reason in said for reason in _SERVER_REFUSES):
            raise WarehouseError(f"the warehouse {address} cannot be opened: {said}") from None  # it holds the URL
        raise WarehouseBusyError(
            f"the warehouse {address} does not answer; is the server up, and can it be reached from here? ({said})"
        ) from None


def _ends_session(state: str | None) -> bool:
    """Classes of SQL states: 08 the connection failed, 53 no resources, 57P the server shuts down or starts."""
    return state is not None and state.startswith(("08", "53", "57P"))


def _first_line(error: adbc.Error) -> str:
    """What the server said, without the driver's own words before it and the statement after it."""
    said, _, _ = str(error).partition("\n\nQuery was:")
    return re.sub(r"^[A-Z_]+: (\[libpq\] )?", "", " ".join(said.partition("\nLINE ")[0].split()))
