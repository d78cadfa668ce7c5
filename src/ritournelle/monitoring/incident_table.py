"""The copy of all incidents in the warehouse, for those who ask in SQL: `ops.incidents`."""

from __future__ import annotations

import json
from typing import Any

from ritournelle.monitoring.incidents import PERSON, Incident
from ritournelle.monitoring.journal import Journal
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import INCIDENTS

_ALL = 1_000_000


def copy_incidents(warehouse: Warehouse, journal: Journal) -> int:
    """Write every incident of this home's journal as it is now; how many. Those of other homes stay as they are."""
    incidents = journal.incidents(limit=_ALL)
    if incidents:
        warehouse.upsert(INCIDENTS, INCIDENTS.rows([_row(incident) for incident in incidents]))
    return len(incidents)


def _row(incident: Incident) -> dict[str, Any]:
    over = incident.resolved_at
    same = ("incident_id", "sensor", "subject", "owner", "message", "first_seen_at", "last_seen_at", "acknowledged_at")
    return {name: getattr(incident, name) for name in same} | {
        "severity": str(incident.severity),
        "phase": str(incident.phase),
        "opened_by": "person" if incident.sensor == PERSON else "ritournelle",
        "resolved_at": over,
        "duration_seconds": (over - incident.first_seen_at).total_seconds() if over else None,
        "is_closed_by_itself": incident.closed_itself if over else None,
        "times_seen": incident.times_seen,
        "reopenings": incident.reopenings,
        "runbook": incident.runbook,
        "facts": json.dumps(dict(incident.facts), ensure_ascii=False, default=str),
    }
