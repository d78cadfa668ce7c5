"""dbt in this process: what it reads, where it writes, and that it lets go of everything afterwards."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ritournelle.errors import SettingsError
from ritournelle.warehouse.connect import duckdb_path

PROJECT_FOLDER = Path(__file__).parent / "project"
PII_KEY_VARIABLE = "DBT_ENV_SECRET_RITOURNELLE_PII_KEY"
"""dbt masks the values of variables with this prefix in its logs, and refuses them in models."""

Invoke = Callable[[Sequence[str]], Any]
"""Runs one dbt command; what comes back is a `dbtRunnerResult`."""


@dataclass(frozen=True)
class DbtSettings:
    """Everything that one invocation of dbt depends on.

    `threads` are the warehouse engine's: dbt itself runs one node at a time, since more gain nothing on DuckDB.
    """

    warehouse_url: str
    home: Path
    source_time_zone: str
    half_life_days: float
    pii_key: str = field(repr=False)
    threads: int = 2
    project_folder: Path = PROJECT_FOLDER

    @property
    def folder(self) -> Path:
        """Where dbt writes: its log, its artefacts, and what it remembers of the parsed project."""
        return self.home.absolute() / "dbt"

    @property
    def log_path(self) -> Path:
        """dbt's own log."""
        return self.folder / "logs" / "dbt.log"

    def environment(self) -> dict[str, str]:
        """The variables that `profiles.yml` and the session plugin read."""
        path = duckdb_path(self.warehouse_url)
        if path is None:
            raise SettingsError(f"warehouse.url: no dbt profile for {self.warehouse_url.split(':', 1)[0]!r}")
        if not self.pii_key:
            raise SettingsError("the key that hashes e-mails and names is empty; personal data would be easy to guess")
        return {
            "RITOURNELLE_TRANSFORM_DUCKDB_PATH": str(path.absolute()),
            "RITOURNELLE_TRANSFORM_DUCKDB_THREADS": str(self.threads),
            PII_KEY_VARIABLE: self.pii_key,
        }

    def global_flags(self) -> list[str]:
        """Options that stand before the command: a file for the log, nothing on the console, nobody called."""
        return [
            "--log-path",
            str(self.log_path.parent),
            "--log-level",
            "none",
            "--log-level-file",
            "info",
            "--no-use-colors-file",
            "--no-print",
            "--no-send-anonymous-usage-stats",
            "--no-version-check",
            "--partial-parse",
            "--no-write-json",
        ]

    def command_flags(self) -> list[str]:
        """Options that stand after the command: this project, this home, these variables."""
        variables = {"source_time_zone": self.source_time_zone, "half_life_days": self.half_life_days}
        return [
            "--project-dir",
            str(self.project_folder),
            "--profiles-dir",
            str(self.project_folder),
            "--target-path",
            str(self.folder / "target"),
            "--vars",
            json.dumps(variables),
        ]


@contextmanager
def dbt_session(settings: DbtSettings, on_event: Callable[[Any], None] | None = None) -> Iterator[Invoke]:
    """Yields a function that runs one dbt command and returns its `dbtRunnerResult`; commands share the parsed project.

    The first element of the arguments is the command (`["build"]`, `["source", "freshness"]`): further ones follow it.
    Warnings of dbt and its libraries are not shown: there is nothing that a user of this package could do about them.
    """
    settings.folder.mkdir(parents=True, exist_ok=True)
    with _environment(settings.environment()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dbt.cli.main import dbtRunner  # 1.5 s

        callbacks = [on_event] if on_event else []
        runner = dbtRunner(callbacks=callbacks)

        def invoke(arguments: Sequence[str]) -> Any:
            return runner.invoke([*settings.global_flags(), *arguments, *settings.command_flags()])

        try:
            parsed = invoke(["parse"])
            runner.manifest = parsed.result if parsed.success else None
            yield invoke
        finally:
            _let_go()


def _let_go() -> None:
    """Close every connection and log file that dbt would keep until the process ends."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections, reset_adapters
    from dbt_common.events.event_manager_client import cleanup_event_logger

    cleanup_connections()  # type: ignore[no-untyped-call]
    reset_adapters()  # type: ignore[no-untyped-call]
    environment = DuckDBConnectionManager._ENV  # pylint: disable=protected-access  # it has no public way to close
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    cleanup_event_logger()


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
