"""Everything that the warehouse holds of a listener, to be handed to them: found as it is found to be erased."""

from __future__ import annotations

from typing import Any

from ritournelle.forgetting.listener import Listener
from ritournelle.forgetting.rows import SCHEMAS, RowsOf, known_emails
from ritournelle.warehouse.base import Warehouse

_WORKED_OUT = ("staging",)
"""What only repeats raw, in between."""


def rows_of(warehouse: Warehouse, user_id: int) -> dict[str, list[dict[str, Any]]]:
    """Their rows by table (`raw.src_users`), tables without any left out."""
    doomed = RowsOf(Listener(user_id, known_emails(warehouse, user_id)), with_texts=False)
    found: dict[str, list[dict[str, Any]]] = {}
    for schema, name in warehouse.tables([schema for schema in SCHEMAS if schema not in _WORKED_OUT]):
        condition = doomed(warehouse.read, schema, name)
        rows = warehouse.read(f"SELECT * FROM {schema}.{name} WHERE {condition}").to_pylist() if condition else []
        found |= {f"{schema}.{name}": rows} if rows else {}
    return found
