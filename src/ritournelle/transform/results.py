"""From dbt's own results to the values of a `TransformReport`; the only place that knows their shape."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ritournelle.transform.report import DataTestResult, FreshnessResult, ModelResult, Outcome

_OUTCOMES = {
    "success": Outcome.PASSED,
    "pass": Outcome.PASSED,
    "warn": Outcome.WARNED,
    "fail": Outcome.FAILED,
    "skipped": Outcome.SKIPPED,
}
_NEVER = timedelta(days=365 * 500).total_seconds()


def model_results(results: Iterable[Any]) -> tuple[ModelResult, ...]:
    """The models among the results of a build."""
    return tuple(_model(result) for result in results if result.node.resource_type == "model")


def test_results(results: Iterable[Any]) -> tuple[DataTestResult, ...]:
    """The data tests and unit tests among the results of a build."""
    return tuple(_test(result) for result in results if result.node.resource_type in ("test", "unit_test"))


def freshness_results(results: Iterable[Any]) -> tuple[FreshnessResult, ...]:
    """The results of `dbt source freshness`."""
    return tuple(_freshness(result) for result in results)


def _outcome(result: Any) -> Outcome:
    return _OUTCOMES.get(str(result.status), Outcome.ERROR)


def _model(result: Any) -> ModelResult:
    outcome = _outcome(result)
    return ModelResult(
        name=result.node.name,
        schema=result.node.schema,
        outcome=outcome,
        seconds=result.execution_time,
        message=_one_line(result.message) if outcome.is_bad else None,
    )


def _test(result: Any) -> DataTestResult:
    node = result.node
    metadata = getattr(node, "test_metadata", None)
    attached = getattr(node, "attached_node", None)
    outcome = _outcome(result)
    return DataTestResult(
        name=node.name,
        kind=metadata.name if metadata else node.name,
        model=(attached or _source(node) or "").rsplit(".", 1)[-1] or None,
        severity=_severity(node.config),
        outcome=Outcome.FAILED if outcome is Outcome.WARNED and _severity(node.config) == "error" else outcome,
        failures=result.failures,
        seconds=result.execution_time,
        message=_one_line(result.message),
        query=getattr(node, "compiled_code", None),  # unit tests have none
    )


def _source(node: Any) -> str | None:
    """The source table that a test stands at; dbt attaches tests to models only."""
    return next((name for name in node.depends_on.nodes if name.startswith("source.")), None)


def _severity(config: Any) -> str:
    """The project's severity: dbt knows no error that lets the rest be built, so that one is a warning with a mark."""
    if str(getattr(config, "severity", "error")).lower() == "error":
        return "block"
    return str((getattr(config, "meta", None) or {}).get("severity", "warn"))


def _freshness(result: Any) -> FreshnessResult:
    name = f"{result.node.schema}.{result.node.name}"
    status = str(result.status)
    if status == "runtime error":
        return FreshnessResult(name, Outcome.ERROR, None, None, _one_line(result.message))
    # For a source that was never loaded dbt answers with the year 1.
    known = result.age < _NEVER
    return FreshnessResult(
        source=name,
        outcome=Outcome.FAILED if status == "error" else _outcome(result),
        loaded_at=result.max_loaded_at if known else None,
        age_seconds=result.age if known else None,
    )


def _one_line(message: str | None) -> str | None:
    """dbt's message without the macros that it passed through."""
    return " ".join(message.split("\n> in macro")[0].split("\n  > in macro")[0].split()) if message else None
