"""dbt's sessions on DuckDB: used by one model or test after the other, as long as none leaves anything behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbt.adapters.duckdb.environments import local
from dbt.adapters.duckdb.environments.local import DuckDBConnectionWrapper, DuckDBCursorWrapper, LocalEnvironment

_LEAVES_TRACES = re.compile(
    r"\b(temp|temporary|set|reset|use|attach|pragma|prepare|call|load|install)\b", re.IGNORECASE
)
"""Statements with such a word may change the session; what has one for another reason costs no more than before."""


def keep_sessions() -> None:
    """From now on, in this process, dbt goes on in a session that was left as it began.

    It opens one for each node and prepares it, the time zone and the key that hashes personal data: 1 to 3 ms of CPU,
    .14 to .38 s for 135 nodes.
    """
    vars(local)["LocalEnvironment"] = _Environment  # dbt-duckdb looks it up there, each time


class _Environment(LocalEnvironment):
    def __init__(self, credentials: Any) -> None:
        super().__init__(credentials)
        self._clean: list[Any] = []

    def handle(self) -> Any:
        """A session that is free, else a new one."""
        with self.lock:
            if self._clean:
                self.handle_count += 1
                return _Session(self._clean.pop(), self)
        opened = super().handle()  # type: ignore[no-untyped-call]  # dbt-duckdb has no types
        return _Session(opened.cursor()._cursor, self)  # pylint: disable=protected-access  # DuckDB's own

    def take_back(self, session: Any) -> None:
        """A session that nothing was left in."""
        with self.lock:
            self._clean.append(session)

    def close(self) -> None:
        """The file, once no session has it open."""
        while self._clean:
            self._clean.pop().close()
        super().close()  # type: ignore[no-untyped-call]  # dbt-duckdb has no types


class _Session(DuckDBConnectionWrapper):
    """What dbt takes for a connection; closed, it is used again if nothing was left in it."""

    def __init__(self, session: Any, environment: _Environment) -> None:
        super().__init__(session, environment)  # type: ignore[no-untyped-call]  # dbt-duckdb has no types
        self._cursor = _Watched(session)

    def close(self) -> None:
        """For dbt it is closed either way."""
        if self._cursor.is_clean:
            self._env.take_back(self._cursor.session)
        else:
            self._cursor.session.close()
        self._env.notify_closed()


class _Watched(DuckDBCursorWrapper):
    """A session of which is known whether it is still as it was."""

    def __init__(self, session: Any) -> None:
        super().__init__(session)  # type: ignore[no-untyped-call]  # dbt-duckdb has no types
        self.session = session
        self.is_clean = True

    def execute(self, sql: str, bindings: Any = None) -> Any:
        """As the session does."""
        with self._careful():
            done = super().execute(sql, bindings)  # type: ignore[no-untyped-call]  # dbt-duckdb has no types
        self.is_clean = self.is_clean and not _LEAVES_TRACES.search(sql)
        return done

    def rollback(self) -> Any:
        """As the session does."""
        with self._careful():
            return self.session.rollback()

    @contextmanager
    def _careful(self) -> Iterator[None]:
        """What has failed is not used again."""
        was_clean, self.is_clean = self.is_clean, False
        yield
        self.is_clean = was_clean
