"""The transform: builds and tests every model from raw to marts, checks the age of the sources, reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ritournelle.errors import RitournelleError, TransformError, WarehouseBusyError
from ritournelle.transform.pii_key import keep_key
from ritournelle.transform.report import DataTestResult, ModelResult, Outcome, TransformReport
from ritournelle.transform.results import freshness_results, model_results, test_results
from ritournelle.transform.scope import Scope, begin_scope, end_scope
from ritournelle.transform.session import DbtSettings, Invoke, dbt_session
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.connect import connect, place
from ritournelle.warehouse.kept import KeptWarehouse

OnProgress = Callable[[int, int, str], None]
"""Called when a model or test begins: its number, how many there are, what it is."""


def build(
    settings: DbtSettings,
    *,
    full_refresh: bool = False,
    check_freshness: bool = True,
    on_progress: OnProgress | None = None,
    kept: KeptWarehouse | None = None,
) -> TransformReport:
    """Build and test what has changed since the last good build, or everything; check the age of the sources.

    Failed models, tests and stale sources are in the report and nothing is raised for them. What was built stays when
    a test fails: publishing is for the caller to hold back. The warehouse must not be open in this process meanwhile,
    and nothing holds it afterwards, unless the caller has one that is kept open where that can be: `kept`.

    Raises `TransformError` when dbt could not run at all: the project cannot be read, the warehouse is unreachable;
    `WarehouseBusyError` when another process holds the warehouse, `SettingsError` for an engine without a profile.
    """
    started = time.monotonic()
    settings.environment()  # what cannot work is told before anything is touched
    own = KeptWarehouse(lambda: connect(settings.warehouse_url, threads=settings.threads))
    warehouse = own if kept is None else kept
    with warehouse.use() as opened:
        scope = begin_scope(opened, settings, full_refresh=full_refresh)
        keep_key(opened, settings)
    warehouse.let_go()  # dbt opens it itself
    of_scope = replace(
        settings,
        raw_is_whole=scope.raw_is_whole,
        after_run=scope.after_run,
        staged_after=scope.staged_after,
        is_small=scope.is_small,
    )
    with dbt_session(of_scope, _progress_callback(on_progress)) as invoke:
        built = _results(invoke, _build_arguments(scope), of_scope)
        checked = _results(invoke, ["source", "freshness"], of_scope) if check_freshness else []
    report = TransformReport(
        models=model_results(built),
        tests=test_results(built),
        freshness=freshness_results(checked),
        scope=scope.why,
        seconds=time.monotonic() - started,
        log_path=settings.log_path,
    )
    with own, warehouse.use() as opened:
        return _ended(opened, report, scope, of_scope)


def _build_arguments(scope: Scope) -> list[str]:
    # dbt's own unit tests prove the SQL, not the data: they run in the test suite, not every day.
    arguments = ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    return [*arguments, "--full-refresh"] if scope.is_everything else arguments


def _ended(warehouse: Warehouse, report: TransformReport, scope: Scope, settings: DbtSettings) -> TransformReport:
    """The report with its tables' rows; the scope moves on only if every model and test was good."""
    if report.is_built:
        end_scope(warehouse, settings, scope)
    tests = tuple(_with_example(warehouse, test) for test in report.tests)
    return replace(report, models=_with_rows(warehouse, report.models), tests=tests)


def run_unit_tests(settings: DbtSettings) -> TransformReport:
    """dbt's unit tests of the models; the models must have been built, since dbt looks up their column types."""
    started = time.monotonic()
    with dbt_session(settings) as invoke:
        tested = _results(invoke, ["test", "--resource-type", "unit_test"], settings)
    return TransformReport((), test_results(tested), (), "unit tests", time.monotonic() - started, settings.log_path)


def _results(invoke: Invoke, arguments: list[str], settings: DbtSettings) -> list[Any]:
    outcome = invoke(arguments)
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if outcome.exception is not None:
        raise _cannot_run(str(outcome.exception), settings) from outcome.exception
    return list(outcome.result.results)


def _cannot_run(message: str, settings: DbtSettings) -> RitournelleError:
    if "Could not set lock" in message:
        where = place(settings.warehouse_url)
        return WarehouseBusyError(
            f"the warehouse {where} is open in another process; wait for it or stop it. ({message})"
        )
    return TransformError(f"dbt could not run: {message.strip()}\n  dbt's log: {settings.log_path}")


def _progress_callback(on_progress: OnProgress | None) -> Callable[[Any], None] | None:
    if on_progress is None:
        return None

    def callback(event: Any) -> None:
        if event.info.name == "LogStartLine":
            on_progress(event.data.index, event.data.total, event.data.description)

    return callback


def _with_rows(warehouse: Warehouse, models: tuple[ModelResult, ...]) -> tuple[ModelResult, ...]:
    """dbt-duckdb does not tell how many rows a model has; counting them reads nothing but the tables' headers."""
    built = [model for model in models if model.outcome is Outcome.PASSED]
    if not built:
        return models
    counts = (f"SELECT '{model.name}' AS name, count(*) AS n FROM {model.schema}.{model.name}" for model in built)
    found = warehouse.read(" UNION ALL ".join(counts))
    rows = dict(zip(found["name"].to_pylist(), found["n"].to_pylist(), strict=True))
    return tuple(replace(model, rows=rows.get(model.name)) for model in models)


def _with_example(warehouse: Warehouse, test: DataTestResult) -> DataTestResult:
    """A failed test with the first row that it found: the name of a test rarely says which thing is wrong."""
    if test.outcome is not Outcome.FAILED or test.query is None:
        return test
    found = warehouse.read(f"SELECT * FROM ({test.query}) AS found LIMIT 1").to_pylist()
    return replace(test, example=", ".join(f"{name} {value}" for name, value in found[0].items()) if found else None)
