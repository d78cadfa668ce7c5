"""The warehouse and its publications without a listener."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from ritournelle.forgetting.eraser import Removed
from ritournelle.forgetting.listener import Listener
from ritournelle.forgetting.rows import BY_OTHERS, SCHEMAS, TEXTS, RowsOf, speaking_rows
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.tables import TRANSFORM_SCOPE

OpenWarehouse = Callable[[], Warehouse]


class WarehouseRows:
    """Every table of the working warehouse, in one transaction; then its files are written anew.

    The next transform makes all tables anew, so that no figure counts them any more, and training finds other data.
    """

    name = "warehouse"

    def __init__(self, open_warehouse: OpenWarehouse) -> None:
        self._open = open_warehouse

    def erase(self, listener: Listener) -> Removed:
        """Their rows, and what messages of runs say of them."""
        with self._open() as warehouse:
            found = _conditions(warehouse, listener)
            removed = _counted(warehouse, found)
            with warehouse.transaction():
                for table, condition in found:
                    warehouse.remove(table, condition)
                if removed:
                    warehouse.replace(TRANSFORM_SCOPE, TRANSFORM_SCOPE.columns.empty_table())
            return {**removed, **self._redact(warehouse, listener)}

    def seal(self) -> None:
        """See `Eraser.seal`."""
        with self._open() as warehouse:
            places = warehouse.tables(SCHEMAS)
            warehouse.scrub([Table(schema, name, pa.schema([]), ()) for schema, name in places])

    def remaining(self, listener: Listener) -> Removed:
        """See `Eraser.remaining`."""
        with self._open() as warehouse:
            found = _counted(warehouse, _conditions(warehouse, listener))
            texts = {str(table): len(speaking_rows(listener, warehouse.read, str(table), table)) for table in TEXTS}
            return found | {table: count for table, count in texts.items() if count}

    def note(self) -> str:
        """What else is to be said."""
        return "figures that count all listeners (marts of days, tracks and models) are counted anew by the next run"

    def _redact(self, warehouse: Warehouse, listener: Listener) -> Removed:
        redacted = {}
        for table, texts in TEXTS.items():
            rows = speaking_rows(listener, warehouse.read, str(table), table)
            if rows:
                changed = [row | {name: listener.redacted(row[name] or "") for name in texts} for row in rows]
                warehouse.upsert(table, table.rows(changed))
                redacted[str(table)] = len(rows)
        return redacted


class Publications:
    """What readers see: every publication that is kept."""

    name = "publications"

    def __init__(self, open_warehouse: OpenWarehouse) -> None:
        self._open = open_warehouse

    def erase(self, listener: Listener) -> Removed:
        """Their rows, and the rows that speak of them."""
        with self._open() as warehouse:
            gone = warehouse.erase_published(RowsOf(listener))
        return {"rows": gone} if gone else {}

    def seal(self) -> None:
        """Nothing: they were written anew."""

    def remaining(self, listener: Listener) -> Removed:
        """See `Eraser.remaining`."""
        with self._open() as warehouse:
            found = warehouse.count_published(RowsOf(listener))
        return {"rows": found} if found else {}

    def note(self) -> str:
        """What else is to be said."""
        return "figures that count all listeners are those of the last run until the next one"


def _conditions(warehouse: Warehouse, listener: Listener) -> list[tuple[Table, str]]:
    rows_of = RowsOf(listener, with_texts=False)
    places = sorted(warehouse.tables(SCHEMAS), key=lambda place: ".".join(place) not in BY_OTHERS)
    found = []
    for schema, name in places:
        condition = rows_of(warehouse.read, schema, name)
        if condition:
            found.append((Table(schema, name, pa.schema([]), ()), condition))
    return found


def _counted(warehouse: Warehouse, found: list[tuple[Table, str]]) -> dict[str, int]:
    query = "SELECT count(*) AS n FROM {table} WHERE {condition}"
    counts = {
        str(table): int(warehouse.read(query.format(table=table, condition=condition))["n"][0].as_py())
        for table, condition in found
    }
    return {table: count for table, count in counts.items() if count}
