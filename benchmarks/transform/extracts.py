"""Raw extracts of any size, made inside DuckDB: a first load, and a day on which a share of everything changes.

Listeners and tracks follow power laws. Each user has one record of ten listens; on the day, the records that change
have grown by as many listens, at their end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.tables import TABLES

LISTENS_PER_RECORD = 10
FIRST_LOAD = datetime(2026, 1, 1, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Size:
    """How many listens and tracks a world has, and the share of its records, users and tracks that a day changes."""

    listens: int
    tracks: int
    changed_share: float = 0.01

    @property
    def users(self) -> int:
        """Users, each with one record."""
        return self.listens // LISTENS_PER_RECORD


def write_first_load(path: Path, size: Size) -> None:
    """Run 1, in a new warehouse file: everything is new."""
    with connect(f"duckdb:///{path}") as warehouse:
        warehouse.ensure(TABLES)
    with _opened(path) as connection:
        _users(connection, size, 1, "TRUE")
        _tracks(connection, size, 1, "TRUE")
        _records(connection, size, 1, "TRUE")
        _listens(connection, size, 1, "TRUE", LISTENS_PER_RECORD)
        _succeeded(connection, size, 1)


def write_day(path: Path, size: Size, run: int) -> None:
    """A later run: other users and tracks change than records, so that the day looks as little alike as a real one."""
    with _opened(path) as connection:
        _users(connection, size, run, _share(size, f"hash(id + {run})"))
        _tracks(connection, size, run, _share(size, f"hash(id + {7 * run})"))
        _records(connection, size, run, _share(size, f"hash(id * 31 + {run})"))
        _listens(connection, size, run, _share(size, f"hash(id * 31 + {run})"), 2 * LISTENS_PER_RECORD)
        _succeeded(connection, size, run)


def _opened(path: Path) -> duckdb.DuckDBPyConnection:
    """Past the protocol, which loads Arrow: ten million rows are made where they are to lie."""
    connection = duckdb.connect(str(path), config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _share(size: Size, number: str) -> str:
    return f"{number} % 10000 < {round(10_000 * size.changed_share)}"


def _stamp(run: int) -> str:
    extracted_at = FIRST_LOAD + timedelta(days=run - 1)
    return (
        f"1::INTEGER AS source_epoch, 'run-{run}' AS run_id, {run}::BIGINT AS run_number, "
        f"TIMESTAMPTZ '{extracted_at.isoformat()}' AS extracted_at"
    )


def _change(run: int) -> str:
    return f"'{'inserted' if run == 1 else 'updated'}' AS change_type, {_stamp(run)}"


def _users(connection: duckdb.DuckDBPyConnection, size: Size, run: int, where: str) -> None:
    connection.execute(
        f"""INSERT INTO raw.src_users BY NAME
        SELECT id, 'First' || id % 1000 AS first_name, 'Last' || id % 5000 AS last_name,
            'user' || id || '.{run}@example.org' AS email, ['Female', 'Male', 'Non-binary'][1 + id % 3] AS gender,
            ['Pop', 'Rock', 'Jazz', 'Folk'][1 + id % 4] AS favorite_genres,
            TIMESTAMP '2024-01-01' + to_seconds(id % 31536000) AS created_at,
            TIMESTAMP '2025-12-30' AS updated_at, md5(id || 'u{run}') AS content_hash,
            md5(id || 'i') AS identity_hash, {_change(run)}
        FROM range(1, {size.users + 1}) AS users(id) WHERE {where}"""
    )


def _tracks(connection: duckdb.DuckDBPyConnection, size: Size, run: int, where: str) -> None:
    connection.execute(
        f"""INSERT INTO raw.src_tracks BY NAME
        SELECT id, 'Track ' || id || ' ({run})' AS name, 'Artist ' || id % {max(1, size.tracks // 10)} AS artist,
            'Writer ' || id % 3000 AS songwriters, '0' || 2 + id % 5 || ':' || 10 + id % 50 AS duration,
            'word' || id % 600 || ', word' || id % 37 AS genres, 'Album ' || id % {max(1, size.tracks // 12)} AS album,
            TIMESTAMP '2023-01-01' + to_seconds(id % 31536000) AS created_at,
            TIMESTAMP '2025-12-30' AS updated_at, md5(id || 't{run}') AS content_hash,
            md5(id || 'i') AS identity_hash, {_change(run)}
        FROM range(1, {size.tracks + 1}) AS tracks(id) WHERE {where}"""
    )


def _born(user: str) -> str:
    return f"TIMESTAMP '2025-01-01' + to_microseconds((hash({user}) % 31000000)::BIGINT * 1000000)"


def _records(connection: duckdb.DuckDBPyConnection, size: Size, run: int, where: str) -> None:
    updated_at = (FIRST_LOAD + timedelta(days=run - 1, hours=-9)).replace(tzinfo=None).isoformat(sep=" ")
    connection.execute(
        f"""INSERT INTO raw.src_listen_history BY NAME
        SELECT id AS user_id, {_born("id")} AS created_at, '[]' AS items, md5(id || 'h{run}') AS content_hash,
            {_born("id") if run == 1 else f"TIMESTAMP '{updated_at}'"} AS updated_at, {_change(run)}
        FROM range(1, {size.users + 1}) AS users(id) WHERE {where}"""
    )


def _listens(connection: duckdb.DuckDBPyConnection, size: Size, run: int, where: str, length: int) -> None:
    connection.execute(
        f"""INSERT INTO raw.src_listens BY NAME
        SELECT md5(id || '|' || position) AS listen_id, id AS user_id, {_born("id")} AS source_record_at,
            1 + (power(hash(id * 1000 + position) / 18446744073709551616.0, 3) * {size.tracks})::BIGINT
                % {size.tracks} AS track_id,
            0::INTEGER AS occurrence, position::INTEGER AS position, {_stamp(run)}
        FROM range(1, {size.users + 1}) AS users(id), range({length}) AS places(position) WHERE {where}"""
    )


def _succeeded(connection: duckdb.DuckDBPyConnection, size: Size, run: int) -> None:
    landed = {"tracks": size.tracks, "users": size.users, "listen_history": size.users}
    connection.execute(
        f"""INSERT INTO ops.run_steps BY NAME
        SELECT 'run-{run}' AS run_id, {run} AS run_number, 'ingest' AS step, unnest({list(landed)}) AS source,
            'succeeded' AS status, now() AS finished_at, unnest({list(landed.values())}) AS landed"""
    )
