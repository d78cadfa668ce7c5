"""What the warehouse knows of a source: the latest version of each key, and the population it belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ritournelle.domain.sources import Source
from ritournelle.ingestion.contract import CONTRACTS, Contract
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.tables import SRC_LISTEN_HISTORY, SRC_TRACKS, SRC_USERS

TABLE_OF: dict[Source, Table] = {
    Source.TRACKS: SRC_TRACKS,
    Source.USERS: SRC_USERS,
    Source.LISTEN_HISTORY: SRC_LISTEN_HISTORY,
}
FIRST_EPOCH = 1


@dataclass(frozen=True)
class Known:
    """The living rows of one source in its latest epoch.

    `rows`: the key columns, `content_hash`, `identity_hash` and `run_number` (of the version), one row per key.
    """

    contract: Contract
    epoch: int
    rows: pa.Table

    def population(self) -> pa.Table:
        """The distinct ids of users or tracks with their `identity_hash`."""
        return population(self.contract, self.rows)


def population(contract: Contract, rows: pa.Table) -> pa.Table:
    """The distinct ids that rows are about, as `id`, with an `identity_hash` each."""
    ids = rows.select([contract.id_column, "identity_hash"]).rename_columns(["id", "identity_hash"])
    if contract.identity:  # the id is the key: distinct already
        return ids
    distinct = ids.select(["id"]).group_by("id").aggregate([])
    return distinct.append_column("identity_hash", pa.nulls(distinct.num_rows, pa.string()))


def read_known(warehouse: Warehouse, source: Source) -> Known:
    """Read what is known of a source."""
    contract, table = CONTRACTS[source], TABLE_OF[source]
    epoch = latest_epoch(warehouse, source)
    keys = ", ".join(contract.key)
    rows = warehouse.read(
        f"""
        SELECT {keys}, content_hash, identity_hash, run_number
        FROM (
            SELECT {keys}, content_hash, identity_hash, run_number, change_type,
                   row_number() OVER (PARTITION BY {keys} ORDER BY run_number DESC) AS age
            FROM {table}
            WHERE source_epoch = ?
        ) AS versions
        WHERE age = 1 AND change_type <> 'deleted'
        """,
        [epoch],
    )
    return Known(contract, epoch, rows)


def latest_epoch(warehouse: Warehouse, source: Source) -> int:
    """The number of the population that the source speaks of, from 1."""
    found = warehouse.read(f"SELECT max(source_epoch) AS epoch FROM {TABLE_OF[source]}")["epoch"][0].as_py()
    return found or FIRST_EPOCH


def epoch_begin(warehouse: Warehouse, epoch: int) -> int:
    """The number of the run that first accepted an epoch, for whichever source; 0 when none did.

    Asked of the runs, not of their rows: those of the first run may have been compacted away.
    """
    query = "SELECT run_number, details FROM ops.run_steps WHERE source_epoch_changed AND status = 'succeeded'"
    steps = warehouse.read(query).to_pylist()
    return min((step["run_number"] for step in steps if epoch_of(step) == epoch), default=0)


def epoch_of(step: Mapping[str, Any]) -> int:
    """The epoch that a step of `ops.run_steps` loaded its rows into."""
    return int(json.loads(step["details"])["source_epoch"])


def last_success(warehouse: Warehouse, source: Source) -> int:
    """The number of the last run that loaded a source; 0 when none did."""
    good = "step = 'ingest' AND status = 'succeeded' AND source = ?"
    query = f"SELECT max(run_number) AS number FROM ops.run_steps WHERE {good}"
    return warehouse.read(query, [str(source)])["number"][0].as_py() or 0
