"""`ops.incidents`: what an analyst finds there, and what not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ritournelle.monitoring.following import Opening
from ritournelle.monitoring.incident_table import copy_incidents
from ritournelle.monitoring.incidents import acknowledged, resolved
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reading import Reading, Severity, Status
from ritournelle.monitoring.reports import Report
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import INCIDENTS

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_all_incidents_as_they_are_now_and_no_names(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "operations.db")
    fired = Reading("completeness", "users", Status.FIRED, Severity.ERROR, NOON, {"missing": 3})
    (change,) = journal.follow([fired], {fired.key: Opening("platform", "completeness", "users: 3 rows are missing")})
    journal.open_by_person(Report("tracks", "names are missing", by="lea", contact="lea@example.com"), NOON)
    with DuckDBWarehouse(tmp_path / "warehouse.duckdb") as warehouse:
        warehouse.ensure([INCIDENTS])
        assert copy_incidents(warehouse, Journal(tmp_path / "other.db")) == 0
        assert copy_incidents(warehouse, journal) == 2
        name = change.incident.incident_id
        journal.amend(name, lambda one: acknowledged(one, "ada", NOON + timedelta(minutes=5)))
        journal.amend(name, lambda one: resolved(one, "ada", NOON + timedelta(minutes=90)))
        assert copy_incidents(warehouse, journal) == 2
        rows = warehouse.read("SELECT * FROM ops.incidents ORDER BY sensor").to_pylist()
    sensor, person = rows
    assert (sensor["phase"], sensor["duration_seconds"], sensor["is_closed_by_itself"]) == ("resolved", 5400, False)
    assert sensor["acknowledged_at"] == NOON + timedelta(minutes=5)
    assert json.loads(sensor["facts"]) == {"missing": 3}
    assert (person["opened_by"], person["phase"], person["duration_seconds"]) == ("person", "open", None)
    assert person["is_closed_by_itself"] is None
    assert not any(word in json.dumps(rows, default=str) for word in ("lea", "ada"))
