"""dbt in this process: what it reads, where it writes, and that it lets go of everything afterwards."""

from __future__ import annotations

import gc
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ritournelle.bytecode.kept_methods import KeptMethods
from ritournelle.domain.clock import travels, utc_now
from ritournelle.errors import SettingsError
from ritournelle.transform.dbt_classes import KeptSchemas, compile_when_needed, kept_methods, kept_schemas
from ritournelle.transform.dbt_templates import KeptTemplates, kept_templates
from ritournelle.transform.project_cache import parsed_project
from ritournelle.transform.profile import Profile, profile_of
from ritournelle.warehouse.connect import sole_writer

PROJECT_FOLDER = Path(__file__).parent / "project"
PII_KEY_VARIABLE = "DBT_ENV_SECRET_RITOURNELLE_PII_KEY"
"""dbt masks the values of variables with this prefix in its logs, and refuses them in models."""
WORKING_THREADS_VARIABLE = "RITOURNELLE_TRANSFORM_WORKING_THREADS"
"""Not one of the profile's: when one of those is another than the last time, dbt parses the whole project again."""
PRESENT_VARIABLE = "RITOURNELLE_TRANSFORM_NOW"
"""The present of a clock that has travelled; unset, the database's own clock is asked."""

Invoke = Callable[[Sequence[str]], Any]
"""Runs one dbt command; what comes back is a `dbtRunnerResult`."""


@dataclass(frozen=True)
class DbtSettings:
    """Everything that one invocation of dbt depends on.

    `threads` are the engine's on DuckDB, where dbt runs one model at a time; on a server they are dbt's.
    `memory_gigabytes` bound DuckDB alone; what does not fit goes to disk.
    `is_small`: what this build looks at is little, so that DuckDB takes one thread: a second one would cost a sixth
    more CPU than it saves time.
    `lookback_runs` are looked at again beside those that are new; without `raw_is_whole` staging is never made anew.
    `after_run`, `staged_after`: the scope of one build (see `transform.scope`); unset: models ask the warehouse for it.
    `variables` are further ones of the dbt project.
    """

    warehouse_url: str = field(repr=False)
    home: Path
    source_time_zone: str
    half_life_days: float
    pii_key: str = field(repr=False)
    threads: int = 2
    memory_gigabytes: float = 4.0
    lookback_runs: int = 1
    raw_is_whole: bool = True
    after_run: int | None = None
    staged_after: int | None = None
    is_small: bool = False
    variables: Mapping[str, object] = field(default_factory=dict)
    project_folder: Path = PROJECT_FOLDER

    @property
    def folder(self) -> Path:
        """Where dbt writes: its log, its artefacts, and what it remembers of the parsed project."""
        return self.home.absolute() / "dbt"

    @property
    def log_path(self) -> Path:
        """dbt's own log."""
        return self.folder / "logs" / "dbt.log"

    @property
    def profile(self) -> Profile:
        """Where dbt connects to; raises `SettingsError` for an engine without a profile."""
        return profile_of(
            self.warehouse_url, threads=self.threads, memory_gigabytes=self.memory_gigabytes, pii_key=self.pii_key
        )

    def environment(self) -> dict[str, str]:
        """The variables that `profiles.yml` and the session plugin read."""
        if not self.pii_key:
            raise SettingsError("the key that hashes e-mails and names is empty; personal data would be easy to guess")
        scope = {"AFTER_RUN": self.after_run, "STAGED_AFTER": self.staged_after}
        known = {f"RITOURNELLE_TRANSFORM_{name}": str(run) for name, run in scope.items() if run is not None}
        if self.is_small:
            known[WORKING_THREADS_VARIABLE] = "1"
        if travels():
            known[PRESENT_VARIABLE] = utc_now().isoformat()
        return {PII_KEY_VARIABLE: self.pii_key, **known, **self.profile.environment}

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
        return [
            "--project-dir",
            str(self.project_folder),
            "--profiles-dir",
            str(self.project_folder),
            "--target",
            self.profile.target,
            "--target-path",
            str(self.folder / "target"),
            "--vars",
            json.dumps(self.project_variables()),
        ]

    def project_variables(self) -> dict[str, object]:
        """The variables of the dbt project."""
        return {
            "source_time_zone": self.source_time_zone,
            "half_life_days": self.half_life_days,
            "raw_is_whole": self.raw_is_whole,
            **self.variables,
        }


@contextmanager
def dbt_session(settings: DbtSettings, on_event: Callable[[Any], None] | None = None) -> Iterator[Invoke]:
    """Yields a function that runs one dbt command and returns its `dbtRunnerResult`; commands share the parsed project.

    The first element of the arguments is the command (`["build"]`, `["source", "freshness"]`): further ones follow it.
    Warnings of dbt and its libraries are not shown: there is nothing that a user of this package could do about them.
    """
    settings.folder.mkdir(parents=True, exist_ok=True)
    with (
        sole_writer(settings.warehouse_url),
        _environment(settings.environment()),
        _without_garbage_collection(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        kept = _imported(settings.profile)
        from dbt.cli.main import dbtRunner

        callbacks = [on_event] if on_event else []
        runner = dbtRunner(callbacks=callbacks)

        def invoke(arguments: Sequence[str]) -> Any:
            return runner.invoke([*settings.global_flags(), *arguments, *settings.command_flags()])

        try:
            runner.manifest = _parsed(settings, invoke)
            yield invoke
        finally:
            for one in kept:
                one.keep()
            _let_go()


def _imported(profile: Profile) -> tuple[KeptMethods, KeptSchemas, KeptTemplates]:
    """Import dbt, and have it do without what one run need not do twice; what is kept of it for the next process."""
    methods, schemas, templates = kept_methods(), kept_schemas(), kept_templates()
    compile_when_needed()
    with methods.put_to_use():
        from ritournelle.transform import dbt_contexts, dbt_ctes, dbt_events, dbt_tables  # and dbt with them: .8 s

        if profile.target == "duckdb":
            from ritournelle.transform.dbt_sessions import keep_sessions

            keep_sessions()
    dbt_events.tell_less()
    dbt_contexts.share_contexts()
    dbt_ctes.inject_by_first_word()
    dbt_tables.describe_types_once()
    schemas.put_to_use()
    templates.put_to_use()
    return methods, schemas, templates


def _parsed(settings: DbtSettings, invoke: Invoke) -> Any:
    def parse() -> Any:
        outcome = invoke(["parse"])
        return outcome.result if outcome.success else None

    profile = settings.profile
    if settings.project_folder != PROJECT_FOLDER:
        return parse()  # a project of its own, as tests make them, is parsed where it is used
    decides = [profile.target, json.dumps(settings.project_variables(), sort_keys=True)]
    return parsed_project(settings.project_folder, decides, profile.database, settings.folder / "target", parse)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """dbt makes hundreds of thousands of small objects that live to the end: looking through them again and again costs
    a tenth of a build, not looking 60 MB."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _let_go() -> None:
    """Close every connection and log file that dbt would keep until the process ends."""
    from dbt.adapters.factory import cleanup_connections, reset_adapters
    from dbt_common.events.event_manager_client import cleanup_event_logger

    cleanup_connections()  # type: ignore[no-untyped-call]
    reset_adapters()  # type: ignore[no-untyped-call]
    if "dbt.adapters.duckdb" in sys.modules:
        _let_go_of_duckdb()
    cleanup_event_logger()


def _let_go_of_duckdb() -> None:
    """dbt-duckdb keeps one connection for all, which is nobody's to close."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environment = DuckDBConnectionManager._ENV  # pylint: disable=protected-access  # it has no public way to close
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


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
