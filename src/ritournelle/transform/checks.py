"""The results of data tests and freshness checks, kept run after run in `ops.check_results`."""

from __future__ import annotations

from typing import Any

from ritournelle.domain.clock import utc_now
from ritournelle.runs.record import Run
from ritournelle.transform.report import DataTestResult, FreshnessResult, TransformReport
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import CHECK_RESULTS


def keep_check_results(warehouse: Warehouse, run: Run, report: TransformReport) -> None:
    """Write every check of a transform, passed or not; a transform repeated within a run replaces its results."""
    marks = {"run_id": run.run_id, "run_number": run.run_number, "checked_at": utc_now()}
    tests = [_tested(result) | marks for result in report.tests]
    ages = [_aged(result) | marks for result in report.freshness]
    if tests or ages:
        warehouse.upsert(CHECK_RESULTS, CHECK_RESULTS.rows(tests + ages))


def _tested(result: DataTestResult) -> dict[str, Any]:
    return {
        "check_name": result.name,
        "kind": result.kind,
        "target": result.model,
        "severity": result.severity,
        "outcome": str(result.outcome),
        "failures": result.failures,
        "message": result.message,
        "duration_seconds": result.seconds,
    }


def _aged(result: FreshnessResult) -> dict[str, Any]:
    return {
        "check_name": f"freshness_{result.source}",
        "kind": "freshness",
        "target": result.source,
        "severity": "error",
        "outcome": str(result.outcome),
        "message": str(result),
    }
