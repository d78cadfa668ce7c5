"""Who may write to a PostgreSQL warehouse, on whichever machine: advisory locks, which end with their session.

A killed process, or a machine that is gone, leaves no lock behind. They keep out this platform's own processes, nobody
else's statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ritournelle.errors import RunInProgressError, WarehouseBusyError
from ritournelle.warehouse.postgres_address import PostgresAddress
from ritournelle.warehouse.postgres_session import PostgresSession

WRITING = (0x5249544F, 1)
"""Whoever writes: a connection while it is open for writing, or dbt while it runs. ("RITO", 1)"""
RUNNING = (0x5249544F, 2)
"""One whole run, with all its connections one after the other."""
PUBLICATION = 0x52495450
"""Class of the locks on publications: readers share the number of the one that they read. ("RITP")"""
WAIT_SECONDS = 3
"""A killed writer's session may take a second to end."""


def lock(session: PostgresSession, key: tuple[int, int]) -> None:
    """Take a lock for as long as the session lasts; raise `WarehouseBusyError` when it is not free within 3 s."""
    session.run(f"SET lock_timeout = '{WAIT_SECONDS}s'")
    session.read(f"SELECT 1 AS held FROM pg_advisory_lock({key[0]}, {key[1]})")
    session.run("SET lock_timeout = 0")


def lock_for_writing(session: PostgresSession) -> None:
    """Become the one writer."""
    try:
        lock(session, WRITING)
    except WarehouseBusyError as error:
        raise WarehouseBusyError(
            f"the warehouse {session.address} is open for writing in another process; wait for it or stop it"
        ) from error


@contextmanager
def sole_writer(address: PostgresAddress) -> Iterator[None]:
    """Be the one writer while the block runs, for what writes through connections of its own."""
    session = PostgresSession(address)
    try:
        lock_for_writing(session)
        yield
    finally:
        session.close()


@contextmanager
def sole_run(address: PostgresAddress) -> Iterator[None]:
    """Be the one run, across machines, while the block runs; raise `RunInProgressError` when there is another."""
    session = PostgresSession(address)
    try:
        try:
            lock(session, RUNNING)
        except WarehouseBusyError as error:
            raise RunInProgressError(
                f"another run fills {address}, perhaps from another machine; wait until it is done, or stop it"
            ) from error
        yield
    finally:
        session.close()
