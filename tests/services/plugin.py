"""The services that tests share: started once per session, when the first test asks for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.services.browser import Browser
    from tests.services.postgres_server import PostgresServer


@pytest.fixture(scope="session", name="postgres")
def _postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; without one the test is skipped, or fails under RITOURNELLE_REQUIRE_SERVICES=1."""
    with own_postgres() as server:
        yield server


@contextmanager
def own_postgres() -> Iterator[PostgresServer]:
    """The same for one test alone, which may kill it."""
    from tests.services.postgres_server import NoPostgres, PostgresServer  # here: unit tests need no driver

    try:
        server = PostgresServer()
        server.start()
    except NoPostgres as error:
        missing(f"PostgreSQL: {error}")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    """Chromium; without one the test is skipped, or fails under RITOURNELLE_REQUIRE_SERVICES=1.

    For one module: while Playwright lives, an event loop runs in this thread, and no other test can start its own.
    """
    from tests.services.browser import NoBrowser, running_browser

    try:
        with running_browser() as browser:
            yield browser
    except NoBrowser as error:
        missing(f"Chromium: {error}")


def missing(what: str) -> None:
    """Skip, unless every service is required."""
    if os.environ.get("RITOURNELLE_REQUIRE_SERVICES") == "1":
        pytest.fail(f"a service is missing: {what}")
    pytest.skip(f"a service is missing: {what}")
