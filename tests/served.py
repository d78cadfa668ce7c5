"""The parts of a server for tests: a journal that a test fills, rules of its own, a clock that stands still."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.errors import PermanentError
from ritournelle.monitoring.health import HealthReport
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reading import Reading, Severity, Status
from ritournelle.monitoring.rules import Rules, SensorRule
from ritournelle.monitoring.watch import keep
from ritournelle.serving.manifest import ProjectGraph, Table
from ritournelle.serving.parts import Parts

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
PUBLISHED_AT = NOW - timedelta(hours=2)
GRAPH = ProjectGraph(
    tables=(
        Table("raw", "src_users", "Users as they came.", ()),
        Table("staging", "stg_users", "One row per user.", ("raw.src_users",)),
        Table("core", "dim_users", "One row per user.", ("staging.stg_users",)),
        Table("marts", "interactions", "One row per user and track.", ("core.dim_users",)),
    ),
    training=("marts.interactions",),
    lists=("core.dim_users",),
)
_SEVERITIES = {
    "source_reachable": "error",
    "quarantine": "warn",
    "volume": "error",
    "source_epoch": "block",
    "source_freshness": "error",
    "mart_freshness": "error",
    "run_outcome": "error",
    "run_missed": "error",
}
_UNITS = {"source_freshness": "hours", "mart_freshness": "hours", "run_missed": "hours", "quarantine": "rows"}


def rules() -> Rules:
    """Of a few sensors, each with sentences that name it, the subject and the fact `problem`."""

    def section(name: str, severity: str) -> SensorRule:
        def text(english: str, french: str) -> Mapping[str, str]:
            return {"en": f"{{subject}}: {name} {english}", "fr": f"{{subject}} : {name} {french}"}

        return SensorRule.model_validate(
            {
                "severity": severity,
                "owner": "data team",
                "runbook": name,
                "unit": _UNITS.get(name, ""),
                "title": {"en": f"{name} title", "fr": f"titre de {name}"},
                "meaning": text("means", "signifie"),
                "fired": text("fired, {problem}", "a sonné, {problem}"),
                "passed": text("passed", "est passé"),
                "done": {"en": f"{name} is done", "fr": f"{name} est fait"},
                "action": {"en": f"do `{name}`", "fr": f"faites `{name}`"},
            }
        )

    return Rules({name: section(name, severity) for name, severity in _SEVERITIES.items()}, {})


def reading(
    sensor: str,
    subject: str,
    status: Status = Status.PASSED,
    *,
    measured: float | None = None,
    limit: float | None = None,
    **facts: Any,
) -> Reading:
    """Of now, with the severity of `rules()`."""
    return Reading(sensor, subject, status, Severity(_SEVERITIES[sensor]), NOW, facts, measured, limit)


class Reports:
    """What people told by the form; it takes no message of fewer than five letters."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str, str]] = []
        self.amended: list[tuple[str, str, str, str]] = []

    def append_report(self, subject: str, message: str, name: str, contact: str) -> None:
        """Keep one."""
        if len(message) < 5:
            raise PermanentError("say in a sentence what is wrong")
        self.told.append((subject, message, name, contact))

    def amend(self, incident_id: str, verb: str, name: str, note: str) -> None:
        """Keep what is done to one; there are only those whose id begins with 2026."""
        if not incident_id.startswith("2026"):
            raise PermanentError("there is no such incident")
        self.amended.append((incident_id, verb, name, note))


def parts(
    home: Path,
    *,
    published_at: datetime | None = PUBLISHED_AT,
    graph: ProjectGraph = GRAPH,
    reports: Reports | None = None,
) -> Parts:
    """Live parts on a journal in `home`."""
    reports = reports or Reports()
    journal, known = Journal(home / "operations.db"), rules()

    def report() -> HealthReport:
        return HealthReport(NOW, published_at, journal.latest_readings(), journal.open_incidents(), known)

    return Parts(
        journal=journal,
        rules=known,
        clock=lambda: NOW,
        look=lambda: None,
        report=report,
        quality=lambda: QUALITY,
        champion=lambda: "als-000003",
        graph=lambda: graph,
        report_trouble=reports.append_report,
        amend_incident=reports.amend,
        cache=home / "cache",
    )


QUALITY: Sequence[dict[str, Any]] = [
    {
        "measured_at": PUBLISHED_AT,
        "role": role,
        "model_version": version,
        "slice": "all",
        "metric": "ndcg@20",
        "value": value,
    }
    for role, version, value in (("challenger", "als-000003", 0.21), ("popularity", None, 0.09))
]


def keep_run(journal: Journal, status: str = "succeeded", message: str = "", started: datetime = PUBLISHED_AT) -> None:
    """A run with all its steps and four checks; a failed one has failed at the users and published nothing."""
    run_id = f"{started:%Y%m%dT%H%M%SZ}-000001"
    ended = started + timedelta(minutes=4)
    moments = {"run_id": run_id, "started_at": started, "finished_at": ended, "duration_seconds": 240.0}
    run = {"run_number": 1, "verb": "run", "logical_date": "2026-11-25", "status": status, "message": message}
    journal.keep_rows("runs", [moments | run])
    journal.keep_rows("run_steps", [moments | step for step in _steps(status, message)])
    if status == "succeeded":
        journal.keep_rows("check_results", [{"run_id": run_id, "checked_at": ended} | check for check in _CHECKS])


def _steps(status: str, message: str) -> list[dict[str, Any]]:
    reads = '{"announced": 103, "landed": 100, "inserted": 5, "updated": 2, "deleted": 1, "quarantined": 3}'
    steps = [_step("ingest", str(source), measures=reads) for source in Source]
    if status != "succeeded":
        steps[1] |= {"status": "failed", "message": message, "measures": "{}"}
        return steps + [_step(name, status="skipped") for name in ("transform", "train", "recommend", "publish")]
    rows = '{"rows": {"staging.stg_users": 100, "core.dim_users": 101, "marts.interactions": 5000}}'
    details = {"transform": rows, "recommend": '{"listeners": 98}'}
    return steps + [
        _step(name, details=details.get(name, "{}")) for name in ("transform", "train", "recommend", "publish")
    ]


def _step(
    step: str, source: str = "", *, status: str = "succeeded", measures: str = "{}", details: str = "{}"
) -> dict[str, Any]:
    return {
        "step": step,
        "source": source,
        "status": status,
        "message": "",
        "measures": measures,
        "details": details,
    }


def _check(name: str, target: str, severity: str, outcome: str) -> dict[str, Any]:
    failures = 0 if outcome == "passed" else 7
    shown = {"check_name": name, "kind": "one_row_per", "target": target, "severity": severity, "outcome": outcome}
    return shown | {"failures": failures, "message": ""}


_CHECKS = (
    _check("one_row_per_user", "dim_users", "block", "passed"),
    _check("holds_dim_users", "dim_users", "warn", "warned"),
    _check("one_row_per_pair", "interactions", "block", "passed"),
    _check("weights_are_positive", "interactions", "error", "passed"),
)


def keep_readings(journal: Journal, *readings: Reading) -> None:
    """Keep them, and follow the incidents, as a run does."""
    keep(journal, readings, rules())
