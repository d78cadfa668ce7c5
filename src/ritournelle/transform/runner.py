"""The transform: builds and tests every model from raw to marts, checks the age of the sources, reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ritournelle.errors import RitournelleError, TransformError, WarehouseBusyError
from ritournelle.transform.report import ModelResult, Outcome, TransformReport
from ritournelle.transform.results import freshness_results, model_results, test_results
from ritournelle.transform.session import DbtSettings, Invoke, dbt_session
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.connect import connect

OnProgress = Callable[[int, int, str], None]
"""Called when a model or test begins: its number, how many there are, what it is."""


def run_transform(
    *,
    warehouse_url: str,
    home: Path,
    source_time_zone: str,
    half_life_days: float,
    pii_key: str,
    threads: int = 2,
    full_refresh: bool = False,
    check_freshness: bool = True,
    on_progress: OnProgress | None = None,
) -> TransformReport:
    """Build and test all models; return the report of a good run.

    The warehouse must not be open in this process meanwhile, and nothing holds it afterwards. What was built stays
    when a test fails: publishing is for the caller to hold back.

    Raises `TransformError` that names the first models, tests or stale sources that failed and where the log is,
    `WarehouseBusyError` when another process holds the warehouse, `SettingsError` for an engine without a profile.
    """
    settings = DbtSettings(
        warehouse_url=warehouse_url,
        home=home,
        source_time_zone=source_time_zone,
        half_life_days=half_life_days,
        pii_key=pii_key,
        threads=threads,
    )
    report = build(settings, full_refresh=full_refresh, check_freshness=check_freshness, on_progress=on_progress)
    report.raise_for_problems()
    return report


def build(
    settings: DbtSettings,
    *,
    full_refresh: bool = False,
    check_freshness: bool = True,
    on_progress: OnProgress | None = None,
) -> TransformReport:
    """As `run_transform`, but failed models, tests and stale sources are in the report and nothing is raised for them.

    Raises `TransformError` when dbt could not run at all: the project cannot be read, the warehouse is unreachable.
    """
    started = time.monotonic()
    with dbt_session(settings, _progress_callback(on_progress)) as invoke:
        # dbt's own unit tests prove the SQL, not the data: they run in the test suite, not every day.
        arguments = ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
        built = _results(invoke, arguments + (["--full-refresh"] if full_refresh else []), settings)
        checked = _results(invoke, ["source", "freshness"], settings) if check_freshness else []
    return TransformReport(
        models=_with_rows(model_results(built), settings),
        tests=test_results(built),
        freshness=freshness_results(checked),
        seconds=time.monotonic() - started,
        log_path=settings.log_path,
    )


def run_unit_tests(settings: DbtSettings) -> TransformReport:
    """dbt's unit tests of the models; the models must have been built, since dbt looks up their column types."""
    started = time.monotonic()
    with dbt_session(settings) as invoke:
        tested = _results(invoke, ["test", "--resource-type", "unit_test"], settings)
    return TransformReport((), test_results(tested), (), time.monotonic() - started, settings.log_path)


def _results(invoke: Invoke, arguments: list[str], settings: DbtSettings) -> list[Any]:
    outcome = invoke(arguments)
    if outcome.exception is not None:
        raise _cannot_run(str(outcome.exception), settings) from outcome.exception
    return list(outcome.result.results)


def _cannot_run(message: str, settings: DbtSettings) -> RitournelleError:
    if "Could not set lock" in message:
        return WarehouseBusyError(
            f"the warehouse {settings.warehouse_url} is open in another process; wait for it or stop it. ({message})"
        )
    return TransformError(f"dbt could not run: {message.strip()}\n  dbt's log: {settings.log_path}")


def _progress_callback(on_progress: OnProgress | None) -> Callable[[Any], None] | None:
    if on_progress is None:
        return None

    def callback(event: Any) -> None:
        if event.info.name == "LogStartLine":
            on_progress(event.data.index, event.data.total, event.data.description)

    return callback


def _with_rows(models: tuple[ModelResult, ...], settings: DbtSettings) -> tuple[ModelResult, ...]:
    """dbt-duckdb does not tell how many rows a model has; counting them reads nothing but the tables' headers."""
    with connect(settings.warehouse_url, threads=settings.threads) as warehouse:
        return tuple(replace(model, rows=_count(warehouse, model)) for model in models)


def _count(warehouse: Warehouse, model: ModelResult) -> int | None:
    if model.outcome is not Outcome.PASSED or not _is_table(warehouse, model):
        return None
    count: int = warehouse.read(f"SELECT count(*) AS row_count FROM {model.schema}.{model.name}")[0][0].as_py()
    return count


def _is_table(warehouse: Warehouse, model: ModelResult) -> bool:
    query = "SELECT table_type FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
    return bool(warehouse.read(query, [model.schema, model.name])["table_type"].to_pylist() == ["BASE TABLE"])
