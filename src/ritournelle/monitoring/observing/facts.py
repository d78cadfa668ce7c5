"""What the warehouse holds at the end of a run, in figures that fit into the record: `facts` of its health step."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from ritournelle.errors import WarehouseError
from ritournelle.monitoring.observing.history import WINDOW, PastRun
from ritournelle.warehouse import watched
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.query import Query

_LONGEST_REASON = 40

Facts = dict[str, Any]


def facts_of(warehouse: Warehouse, run: PastRun, now: datetime) -> Facts:
    """`listens`, `usefulness`, `lists`, `quarantine`, `collisions`, for JSON; without what is not built or touched."""
    facts: Facts = {"quarantine": _quarantine(warehouse, run.run_id), "collisions": _collisions(warehouse, run)}
    if run.step("transform") is not None and warehouse.exists("core", "fact_listen_history"):
        facts["listens"] = _listens(warehouse, now)
    if run.step("transform") is not None and warehouse.exists("marts", "recommendation_feedback"):
        facts["usefulness"] = _exposed_days(warehouse, now)
    if run.step("recommend") is not None:
        with suppress(WarehouseError):  # before the first good transform there is no star
            facts["lists"] = _lists(warehouse)
    return facts


def _one(query: Query, warehouse: Warehouse, **parameters: Any) -> dict[str, Any]:
    row: dict[str, Any] = query.run(warehouse, **parameters).to_pylist()[0]
    return row


def _listens(warehouse: Warehouse, now: datetime) -> Facts:
    totals = _one(watched.LISTEN_TOTALS, warehouse, now=now)
    return totals | {name: _text(totals[name]) for name in ("newest_at", "arrived_at")}


def _exposed_days(warehouse: Warehouse, now: datetime) -> list[Facts]:
    rows = watched.EXPOSED_DAYS.run(warehouse, since=now - WINDOW).to_pylist()
    return [row | {"day": row["day"].isoformat()} for row in rows]


def _lists(warehouse: Warehouse) -> Facts:
    totals = _one(watched.LIST_TOTALS, warehouse)
    lists = totals["lists"]
    identical = _one(watched.MOST_IDENTICAL_LISTS, warehouse)["lists"]
    squares = _one(watched.TRACKS_IN_LISTS, warehouse)["squares"]
    return totals | {
        "equally_shown": totals["list_rows"] ** 2 / squares if squares else 0.0,
        "most_identical": identical / lists if lists else 0.0,
        "tracks": _one(watched.TRACKS_TO_SHOW, warehouse)["tracks"],
        "all_rows": _one(watched.LIST_ROWS, warehouse)["list_rows"],
    }


def _quarantine(warehouse: Warehouse, run_id: str) -> Facts:
    found: Facts = {}
    for row in watched.WAITING_ROWS.run(warehouse).to_pylist():
        found.setdefault(row["source"], {})["waiting"] = row["n"]
    for row in watched.NEWLY_QUARANTINED.run(warehouse, run_id=run_id).to_pylist():
        of_source = found.setdefault(row["source"], {})
        if row["kind"] == "conflict":
            of_source["contradictions"] = of_source.get("contradictions", 0) + row["n"]
        else:
            new = of_source.setdefault("new", {})
            new[_family(row["reason"])] = new.get(_family(row["reason"]), 0) + row["n"]
    return found


def _family(reason: str) -> str:
    """What is wrong, without the value: reasons read `duration has another form`, `id: is null`."""
    return (reason or "unreadable").split(";")[0].split(":")[0][:_LONGEST_REASON]


def _collisions(warehouse: Warehouse, run: PastRun) -> Mapping[str, int]:
    """Asked only where rows were changed: to compare versions means to read the whole of raw."""
    changed = [step.source for step in run.steps if step.step == "ingest" and step.succeeded]
    updated = {step.source for step in run.steps if step.step == "ingest" and step.measures.get("updated")}
    return {
        source: _one(query, warehouse, run_number=run.run_number)["n"] if source in updated else 0
        for source, query in watched.COLLISIONS.items()
        if source in changed
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
