"""Which rows of the warehouse are a listener's: found by columns, so that tables of later versions are found too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ritournelle.domain.sources import Source
from ritournelle.forgetting.listener import Listener
from ritournelle.ingestion.pages import decode_leniently
from ritournelle.streaming.topics import Topic
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.tables import CHECK_RESULTS, INCIDENTS, QUARANTINE_ROWS, RUN_STEPS, RUNS, SRC_USERS

Read = Callable[[str], pa.Table]

SCHEMAS = ("raw", "quarantine", "ops", "staging", "history", "core", "marts")
TEXTS: dict[Table, tuple[str, ...]] = {
    RUNS: ("message",),
    RUN_STEPS: ("message", "details"),
    CHECK_RESULTS: ("message",),
    INCIDENTS: ("message", "facts"),
}
"""Columns in which somebody may be spoken of; such rows stay, without them."""
BY_OTHERS = {
    "staging.stg_rejected_listens": ("listen_id", "staging.stg_listens"),
    "staging.changed_exposures": ("recommendation_id", "staging.stg_exposures"),
}
"""Tables without the listener: the column by which another table, which must still be whole, knows whose a row is."""
_OF_LISTENERS = (Source.USERS, Source.LISTEN_HISTORY, *Topic)
_PUBLISHED = re.compile(r"^published_(\w+?)(_v\d+)?$")


@dataclass(frozen=True)
class RowsOf:
    """The rows of one listener, as `Warehouse.erase_published` asks for them; rows in `TEXTS` only if published."""

    listener: Listener
    with_texts: bool = True

    def __call__(self, read: Read, schema: str, name: str) -> str:
        """The condition for their rows of a table; "" when it holds none."""
        table = f"{_working(schema)}.{name}"
        if table == str(QUARANTINE_ROWS):
            return _among("quarantine_id", self._quarantined(read, f"{schema}.{name}"))
        spoken_of = next((each for each in TEXTS if str(each) == table), None)
        if spoken_of is not None:
            return self._speaking(read, f"{schema}.{name}", spoken_of) if self.with_texts else ""
        return self._by_columns(read, schema, name, table)

    def _by_columns(self, read: Read, schema: str, name: str, table: str) -> str:
        user = self.listener.user_id
        if table in BY_OTHERS:
            column, other = BY_OTHERS[table]
            return f"{column} IN (SELECT {column} FROM {other} WHERE user_id = {user})"
        columns = read(f"SELECT * FROM {schema}.{name} LIMIT 0").column_names
        names = ["id"] if table == "raw.src_users" else [one for one in ("user_id", "source_user_id") if one in columns]
        return " OR ".join(f"coalesce({column} = {user}, FALSE)" for column in names)

    def _quarantined(self, read: Read, place: str) -> list[str]:
        names = ", ".join(f"'{source}'" for source in _OF_LISTENERS)
        rows = read(f"SELECT quarantine_id, source_key, payload FROM {place} WHERE source IN ({names})").to_pylist()
        return [row["quarantine_id"] for row in rows if is_of(self.listener, row["source_key"], row["payload"] or "")]

    def _speaking(self, read: Read, place: str, table: Table) -> str:
        found = speaking_rows(self.listener, read, place, table)
        same = (" AND ".join(f"{name} = {_quoted(row[name])}" for name in table.key) for row in found)
        return " OR ".join(f"({condition})" for condition in same)


def speaking_rows(listener: Listener, read: Read, place: str, table: Table) -> list[dict[str, Any]]:
    """The rows of a table of `TEXTS` that speak of a listener."""
    texts = TEXTS[table]
    needles = [needle.replace("'", "''") for needle in listener.needles]
    maybe = " OR ".join(f"lower({column}) LIKE '%{needle}%'" for column in texts for needle in needles)
    rows = read(f"SELECT * FROM {place} WHERE {maybe}").to_pylist()
    return [row for row in rows if any(listener.is_in(row[column] or "") for column in texts)]


def is_of(listener: Listener, source_key: str | None, payload: str) -> bool:
    """Whether a quarantined row is theirs: by its key, else by the id or e-mail in what came."""
    if source_key is not None and source_key != "":
        return source_key.partition("|")[0] == str(listener.user_id)
    return listener.is_in(payload) or _named_in(payload) == str(listener.user_id)


def known_emails(warehouse: Warehouse, user_id: int) -> list[str]:
    """The e-mails by which a listener was ever known, in raw and in quarantine."""
    raw = f"SELECT DISTINCT email FROM {SRC_USERS} WHERE id = {user_id} AND email IS NOT NULL"
    waiting = f"SELECT payload FROM {QUARANTINE_ROWS} WHERE source = 'users' AND source_key = '{user_id}'"
    payloads = warehouse.read(waiting)["payload"].to_pylist()
    of_payloads = (_values(payload or "").get("email") for payload in payloads)
    found = [*warehouse.read(raw)["email"].to_pylist(), *of_payloads]
    return sorted({email for email in found if isinstance(email, str)})


def _named_in(payload: str) -> str:
    values = _values(payload)
    return str(values.get("user_id", values.get("id"))).strip()


def _values(payload: str) -> dict[str, Any]:
    try:
        row = decode_leniently(payload.encode("utf-8", "surrogateescape"))
    except (ValueError, json.JSONDecodeError):
        return {}
    return row if isinstance(row, dict) else {}


def _working(schema: str) -> str:
    published = _PUBLISHED.match(schema)
    return published[1] if published else schema


def _among(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(map(_quoted, values))})" if values else ""


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
