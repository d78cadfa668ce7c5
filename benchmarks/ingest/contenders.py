"""Who is measured, and how to see in its DuckDB file what it has really loaded."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.ingest.pages import DAY_TWO, SOURCES, Expected

OURS, OURS_ALONE, DLT = "benchmarks.ingest.ours", "benchmarks.ingest.ours_alone", "benchmarks.ingest.peer_dlt"
LISTENS_AS_ROWS = "--listens-as-rows"
_KEYS = {"tracks": "id", "users": "id", "listen_history": "user_id, created_at"}


@dataclass(frozen=True)
class Contender:
    """One way to ingest one day, as a fresh process."""

    name: str
    module: str
    home: str  # contenders that share a home follow each other in it
    day: int = 1
    options: tuple[str, ...] = ()

    def command(self, url: str, homes: Path) -> list[str]:
        """What to run."""
        home = ["--home", str(homes / self.home)]
        return [sys.executable, "-m", self.module, "--url", url, *home, *self.options]

    def loaded(self, homes: Path) -> dict[str, Expected]:
        """What the current rows of its database hold."""
        path = homes / self.home / ("dlt.duckdb" if self.module == DLT else "warehouse.duckdb")
        with duckdb.connect(str(path), read_only=True) as database:
            return {source: self._held(database, source) for source in SOURCES}

    def _held(self, database: duckdb.DuckDBPyConnection, source: str) -> Expected:
        rows = f"app.{source}" if self.module == DLT else _current(source)
        listens = "0"
        if source == "listen_history":
            as_rows = LISTENS_AS_ROWS in self.options
            listens = f"(SELECT count(*) FROM {rows}__items)" if as_rows else "sum(json_array_length(items))"
        changed = f"count(*) FILTER (year(updated_at) = {DAY_TWO[:4]})"
        found = database.execute(f"SELECT count(*), {changed}, {listens} FROM {rows}").fetchone()
        assert found is not None, "an aggregate has one row"
        return Expected(*(int(number or 0) for number in found))


CONTENDERS = (
    Contender("ours", OURS, "ours"),
    Contender("ours, day 2 (1 % changed)", OURS, "ours", day=2),
    Contender("ours, crawl and load alone", OURS_ALONE, "ours_alone"),
    Contender("ours, one pass, no proof", OURS, "one_pass", options=("--one-pass",)),
    Contender("dlt, items as JSON", DLT, "dlt"),
    Contender("dlt, items as JSON, day 2", DLT, "dlt", day=2),
    Contender("dlt, one row per listen", DLT, "dlt_rows", options=(LISTENS_AS_ROWS,)),
)
BASELINE = CONTENDERS[0]
LIBRARY = CONTENDERS[2]
"""What compares with a call of dlt's library; the baseline is a whole command."""


def _current(source: str) -> str:
    """Our raw tables hold every version of a row: the last one counts."""
    newest = f"row_number() OVER (PARTITION BY {_KEYS[source]} ORDER BY run_number DESC)"
    return f"(SELECT * FROM raw.src_{source} QUALIFY {newest} = 1 AND change_type <> 'deleted')"
