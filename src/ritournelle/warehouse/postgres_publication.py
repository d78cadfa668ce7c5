"""Publications on PostgreSQL: copies in schemas of their own, switched by one commit; see ADR 0005.

`published_core_v7` holds the tables of `core` as the 7th publication saw them and never changes. `published_core` holds
views on the tables of the latest one, for people and tools: it is put in place of the one before by renaming schemas,
which locks no table. The platform's own readers go to the numbered schemas, and hold a lock on the number that keeps
the publication from being dropped under them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ritournelle.errors import PermanentError, WarehouseBusyError
from ritournelle.warehouse.base import Doomed
from ritournelle.warehouse.postgres_locks import PUBLICATION
from ritournelle.warehouse.postgres_session import PostgresSession

READERS = "ritournelle_readers"
"""A role that may read whatever is published, if there is one; people's roles are made its members."""
_NUMBERED = "^published_.+_v[0-9]+$"
_DROP_WAIT = "200ms"
"""Longest wait for somebody who still reads an old publication through its views; the next run tries again."""


def schema_of(name: str, number: int) -> str:
    """Where the tables of a schema are in a publication."""
    return f"published_{name}_v{number}"


def publish(session: PostgresSession, schemas: Sequence[str], version: str) -> None:
    """Copy the tables of these schemas and make the copies the latest publication, all in one transaction.

    Publications before it go as soon as nobody reads them.
    """
    last = max(_numbers(session), default=0)
    with session.transaction():
        for schema in schemas:
            _copy_tables(session, schema, schema_of(schema, last + 1), version)
            _switch_views(session, schema, last)
        _let_readers_in(session, schemas, last + 1)
    for number in _numbers(session):
        if number <= last:
            _drop_unread(session, number)


def conditions(session: PostgresSession, doomed: Doomed) -> dict[str, str]:
    """By table of any publication that is kept: which rows go; tables that lose none are left out."""
    schemas = session.read("SELECT nspname FROM pg_namespace WHERE nspname ~ ? ORDER BY nspname", [_NUMBERED])
    found = {
        f'{schema}."{table}"': doomed(session.read, schema, table)
        for schema in schemas["nspname"].to_pylist()
        for table in _tables(session, schema)
    }
    return {table: condition for table, condition in found.items() if condition}


def count(session: PostgresSession, found: Mapping[str, str]) -> int:
    """How many rows these conditions hold for, in all."""
    return sum(
        int(session.read(f"SELECT count(*) AS n FROM {table} WHERE {condition}")["n"][0].as_py())
        for table, condition in found.items()
    )


def clear_space(session: PostgresSession, tables: Iterable[str]) -> None:
    """Write these tables into new files, or, where somebody reads one just now, let its removed rows be reused."""
    session.run(f"SET lock_timeout = '{_DROP_WAIT}'")
    for table in tables:
        try:
            session.run(f"VACUUM (FULL) {table}")
        except WarehouseBusyError:
            session.run(f"VACUUM {table}")
    session.run("SET lock_timeout = 0")


def hold_latest(session: PostgresSession) -> int:
    """The number of the latest publication, which stays until the session ends.

    Raises `PermanentError` when nothing was published yet.
    """
    while True:
        number = max(_numbers(session), default=None)
        if number is None:
            raise PermanentError(f"nothing was published in {session.address} yet; a good `ritournelle run` does it")
        session.read(f"SELECT 1 AS held FROM pg_advisory_lock_shared({PUBLICATION}, {number})")
        if number in _numbers(session):  # else it was dropped between the two looks, since a later one is there
            return number


def latest_name(session: PostgresSession) -> str:
    """Version and number of the latest publication, `night-1~7`; "" when there is none."""
    number = "CAST(substring(nspname FROM '[0-9]+$') AS bigint)"
    query = (
        f"SELECT coalesce(obj_description(oid, 'pg_namespace'), '') || '~' || {number} AS name FROM pg_namespace"
        f" WHERE nspname ~ ? ORDER BY {number} DESC LIMIT 1"
    )
    found: list[str] = session.read(query, [_NUMBERED])["name"].to_pylist()
    return found[0] if found else ""


def _numbers(session: PostgresSession) -> set[int]:
    """Numbers of all publications; each appears in one commit with all its tables."""
    number = "CAST(substring(nspname FROM '[0-9]+$') AS bigint)"
    query = f"SELECT DISTINCT {number} AS number FROM pg_namespace WHERE nspname ~ ?"
    return set(session.read(query, [_NUMBERED])["number"].to_pylist())


def _copy_tables(session: PostgresSession, source: str, target: str, version: str) -> None:
    session.run(f"CREATE SCHEMA {target}")
    noted = version.replace("'", "''")
    session.run(f"COMMENT ON SCHEMA {target} IS '{noted}'")
    for table in _tables(session, source):
        session.run(f'CREATE TABLE {target}."{table}" (LIKE {source}."{table}" INCLUDING INDEXES)')
        session.run(f'INSERT INTO {target}."{table}" SELECT * FROM {source}."{table}"')
        session.run(f'ANALYZE {target}."{table}"')  # the server would do it in a minute; readers come at once


def _switch_views(session: PostgresSession, schema: str, last: int) -> None:
    if _exists(session, f"published_{schema}"):
        session.run(f"ALTER SCHEMA published_{schema} RENAME TO replaced_{schema}_v{last}")
    session.run(f"CREATE SCHEMA published_{schema}")
    tables = schema_of(schema, last + 1)
    for table in _tables(session, tables):
        session.run(f'CREATE VIEW published_{schema}."{table}" AS SELECT * FROM {tables}."{table}"')


def _let_readers_in(session: PostgresSession, schemas: Sequence[str], number: int) -> None:
    if not session.read("SELECT 1 AS there FROM pg_roles WHERE rolname = ?", [READERS]).num_rows:
        return
    for schema in schemas:
        places = f"published_{schema}, {schema_of(schema, number)}"
        session.run(f"GRANT USAGE ON SCHEMA {places} TO {READERS}")
        session.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {places} TO {READERS}")


def _drop_unread(session: PostgresSession, number: int) -> None:
    """Drop a publication unless somebody reads it."""
    try:
        with session.transaction():
            query = f"SELECT pg_try_advisory_xact_lock({PUBLICATION}, {number}) AS is_unread"
            if session.read(query)["is_unread"][0].as_py():
                session.run(f"SET LOCAL lock_timeout = '{_DROP_WAIT}'")
                session.run(f"DROP SCHEMA {', '.join(_schemas_of(session, number))} CASCADE")
    except WarehouseBusyError:  # through the views, which no lock of ours guards
        pass


def _schemas_of(session: PostgresSession, number: int) -> list[str]:
    query = "SELECT nspname FROM pg_namespace WHERE nspname ~ ? ORDER BY nspname DESC"
    names: list[str] = session.read(query, [f"^(published|replaced)_.+_v{number}$"])["nspname"].to_pylist()
    return names


def _tables(session: PostgresSession, schema: str) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = ? ORDER BY tablename"
    names: list[str] = session.read(query, [schema])["tablename"].to_pylist()
    return names


def _exists(session: PostgresSession, schema: str) -> bool:
    return bool(session.read("SELECT 1 AS there FROM pg_namespace WHERE nspname = ?", [schema]).num_rows)
