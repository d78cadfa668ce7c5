"""A journal as a year of daily runs leaves it: runs, steps, checks, and every sensor's readings, a few of them bad."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import sin
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reading import Reading, Status
from ritournelle.monitoring.rules import Rules
from ritournelle.monitoring.watch import keep

Row = dict[str, Any]
CHECKS_PER_RUN = 28
"""365 runs make 10,220 check results."""
_TABLES = {
    "core.dim_users": 1001,
    "core.dim_tracks": 1001,
    "core.fact_listen_history": 40_000,
    "marts.interactions": 30_000,
}
_SUBJECTS = {"published": ("mart_freshness",), "listen_history": ("listen_freshness",)}
_HOURS = {"mart_freshness": 2.0, "source_freshness": 2.5, "listen_freshness": 5.0}


def fill(journal: Journal, rules: Rules, now: datetime, days: int = 365) -> None:
    """Write as many days, the last of them two hours old."""
    runs, steps, checks = [], [], []
    for day in range(days):
        run = _run(now - timedelta(days=days - 1 - day, hours=2), day)
        runs.append(run)
        steps += list(_steps(run, day))
        checks += list(_checks(run, day))
    for table, rows in (("runs", runs), ("run_steps", steps), ("check_results", checks)):
        journal.keep_rows(table, rows)
    for day in range(days):
        journal.keep_readings(list(_readings(rules, now - timedelta(days=days - 1 - day, hours=2), day, is_last=False)))
    keep(journal, list(_readings(rules, now - timedelta(minutes=1), days, is_last=True)), rules)


def _run(started: datetime, day: int) -> Row:
    is_bad = day % 61 == 60
    seconds = 240 + 40 * sin(day / 9) + day / 4 + (500 if day % 97 == 96 else 0)
    return {
        "run_id": f"{started:%Y%m%dT%H%M%SZ}-{day + 1:06d}",
        "run_number": day + 1,
        "verb": "run",
        "logical_date": f"{started:%Y-%m-%d}",
        "status": "failed" if is_bad else "succeeded",
        "started_at": started,
        "finished_at": started + timedelta(seconds=seconds),
        "duration_seconds": seconds,
        "message": "users: the app did not answer: connection refused" if is_bad else "",
        "peak_memory_bytes": 700_000_000 + day * 100_000,
    }


def _steps(run: Row, day: int) -> Iterator[Row]:
    for number, source in enumerate(Source):
        is_bad = run["status"] == "failed" and source is Source.USERS
        landed = 1000 * (number + 1) + day * 3
        measures = {"announced": landed + day % 3, "landed": landed, "inserted": 12, "updated": 30 + day % 20}
        measures |= {"deleted": 2, "quarantined": day % 3, "requests": landed // 50, "retries": day % 2}
        yield _step(run, "ingest", str(source), "failed" if is_bad else "succeeded", measures=measures)
    for step in ("transform", "train", "recommend", "publish"):
        rows = {"rows": {table: count + day for table, count in _TABLES.items()}} if step == "transform" else {}
        details = {"listeners": 1000 + day} if step == "recommend" else rows
        yield _step(run, step, "", "skipped" if run["status"] == "failed" else "succeeded", details=details)


def _step(
    run: Row, step: str, source: str, status: str, *, measures: Row | None = None, details: Row | None = None
) -> Row:
    return {
        "run_id": run["run_id"],
        "step": step,
        "source": source,
        "status": status,
        "started_at": run["started_at"],
        "finished_at": run["finished_at"],
        "duration_seconds": 30.0,
        "message": "",
        "measures": json.dumps(measures or {}),
        "details": json.dumps(details or {}),
    }


def _checks(run: Row, day: int) -> Iterator[Row]:
    for number in range(CHECKS_PER_RUN):
        is_bad = (day + number * 7) % 83 == 0
        yield {
            "run_id": run["run_id"],
            "check_name": f"one_row_per_{number:02d}",
            "kind": "one_row_per",
            "target": ("dim_users", "dim_tracks", "fact_listen_history", "interactions")[number % 4],
            "severity": "warn" if number % 3 else "error",
            "outcome": "warned" if is_bad and number % 3 else "failed" if is_bad else "passed",
            "failures": 17 if is_bad else 0,
            "message": "",
            "checked_at": run["finished_at"],
        }


def _readings(rules: Rules, at: datetime, day: int, *, is_last: bool) -> Iterator[Reading]:
    """Every sensor that is on: of each source where it is a source's, else of the pipeline."""
    for name in rules.by_sensor:
        if not rules.is_on(name):
            continue
        for subject in _subjects(name):
            is_bad = (name == "quarantine" and subject == "users") if is_last else (day + len(name)) % 50 == 0
            status = Status.FIRED if is_bad else Status.PASSED
            hours = _HOURS.get(name, 0.0) + (3.0 + sin(day / 5) if name in _HOURS else day % 7)
            facts = {"new": 3, "waiting": 3, "reasons": "email: is not an address (3)", "hours": round(hours, 1)}
            yield Reading(name, subject, status, rules.severity(name), at, facts, round(hours, 2), 36.0)


def _subjects(sensor: str) -> tuple[str, ...]:
    for subject, sensors in _SUBJECTS.items():
        if sensor in sensors:
            return (subject,)
    platform = {"warehouse": "warehouse", "disk_space": "home", "memory": "home", "data_tests": "dim_users"}
    if sensor.startswith("model"):
        return ("als-000365",)
    if sensor.startswith("run_") or sensor == "stale_snapshot":
        return ("pipeline",)
    return (platform[sensor],) if sensor in platform else tuple(str(source) for source in Source)
