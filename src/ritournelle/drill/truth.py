"""What the app truly shows, against what a home holds: rows that are missing, rows that differ."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.drill.sandbox import Sandbox
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.warehouse.base import Warehouse

Row = dict[str, Any]
Rows = dict[int, Row]
"""By the id of their user or track."""

_KEYS = {Source.TRACKS: ("id",), Source.USERS: ("id",), Source.LISTEN_HISTORY: ("user_id", "created_at")}


def shown_keys(sandbox: Sandbox) -> dict[Source, set[int]]:
    """The ids that the app truly has now, whatever its faults make of them."""
    return {source: {key for key in sandbox.app.ids(source) if key is not None} for source in Source}


def shown_rows(sandbox: Sandbox) -> dict[Source, Rows]:
    """All rows of an app without faults."""
    return {source: {row[_KEYS[source][0]]: row for row in sandbox.app.rows(source)} for source in Source}


def held_rows(warehouse: Warehouse) -> dict[Source, Rows]:
    """The current rows of the latest epoch in raw, as the app would show them."""
    return {source: _held(warehouse, source) for source in Source}


def lost_keys(lived: dict[Source, set[int]], warehouse: Warehouse) -> int:
    """How many rows that the app showed throughout are neither in raw nor in quarantine."""
    held = held_rows(warehouse)
    return sum(len(keys - held[source].keys() - _waiting(warehouse, source)) for source, keys in lived.items())


def differences(shown: dict[Source, Rows], held: dict[Source, Rows]) -> tuple[int, int]:
    """How many rows of the app are missing or others in the home, and how many there are too many."""
    missing = sum(held[source].get(key) != row for source, rows in shown.items() for key, row in rows.items())
    return missing, sum(len(held[source].keys() - rows.keys()) for source, rows in shown.items())


def _held(warehouse: Warehouse, source: Source) -> Rows:
    key = ", ".join(_KEYS[source])
    found = warehouse.read(
        f"""SELECT * FROM (
                SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY run_number DESC) AS age FROM raw.src_{source}
                WHERE source_epoch = (SELECT max(source_epoch) FROM raw.src_{source})) AS versions
            WHERE age = 1 AND change_type <> 'deleted'"""
    )
    fields = CONTRACTS[source].columns.names
    rows = (_as_shown({name: row[name] for name in fields}) for row in found.to_pylist())
    return {row[_KEYS[source][0]]: row for row in rows}


def _as_shown(row: Row) -> Row:
    shown = {name: _naive(value) if isinstance(value, datetime) else value for name, value in row.items()}
    return shown | ({"items": row["items"] and json.loads(row["items"])} if "items" in row else {})


def _naive(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds")


def _waiting(warehouse: Warehouse, source: Source) -> set[int]:
    query = "SELECT source_key FROM quarantine.rows WHERE source = ? AND status = 'open' AND source_key IS NOT NULL"
    return {int(row["source_key"].split("|")[0]) for row in warehouse.read(query, [str(source)]).to_pylist()}
