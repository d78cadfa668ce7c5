"""How much a build looks at: the changes since the last good one, or everything; kept in `ops.transform_scope`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ritournelle.runs.compaction import whole_after
from ritournelle.transform.project_files import project_digest
from ritournelle.transform.session import DbtSettings
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import EVENTS, EXTRACTS, TRANSFORM_SCOPE

EVERYTHING = -1
LOOKBACK_SHARE = 0.05
"""The lookback never reads more of raw than this: a first load would be the whole history again."""
SMALL_SHARE = 0.05
"""Up to this share of raw a day is small; 1 % of 10 million rows cost 17.5 s of CPU on one thread, 20.5 s on two."""
SMALL_RAW = 20_000
"""Up to so many rows raw is little, whatever of it has changed: the first run on 3 × 1,000 cost 5.8 s of CPU with one
thread, 6.1 with two."""
LARGE_RAW = 50_000_000
"""From so many rows on no day is small: even what is only skimmed takes more time than one thread should."""


@dataclass(frozen=True)
class Scope:
    """What one build looks at: runs after `after_run` (-1: all); `newest_run` is the last one that raw holds."""

    after_run: int
    newest_run: int
    why: str
    whole_after: int  # the run after which raw holds every change; 0: all of it
    is_small: bool = False  # so little that one thread is enough

    @property
    def raw_is_whole(self) -> bool:
        """Whether no `compact` has taken rows out of raw."""
        return self.whole_after == 0

    @property
    def staged_after(self) -> int:
        """Staging reads later runs of raw again, and keeps the rows of the others."""
        return max(self.after_run, self.whole_after)

    @property
    def is_everything(self) -> bool:
        """Whether all tables are made anew."""
        return self.after_run == EVERYTHING


def begin_scope(warehouse: Warehouse, settings: DbtSettings, *, full_refresh: bool) -> Scope:
    """Decide what a build looks at; writes nothing, since closing a large warehouse after a write costs 0.6 s.

    Everything is rebuilt when that is asked for, before the first good build, after the models or the settings they
    depend on have changed, and when a source has begun a new epoch, which gives every id another meaning.
    """
    warehouse.ensure((TRANSFORM_SCOPE, *EVENTS))  # a home may be older than the event log
    built = _last_built(warehouse)
    rows_of_run = _rows_per_run(warehouse)
    newest, whole = max(rows_of_run, default=0), whole_after(warehouse)
    why = "asked for" if full_refresh else _why_everything(warehouse, built, fingerprint(settings))
    if why:
        return Scope(EVERYTHING, newest, f"everything: {why}", whole, is_small_day(rows_of_run, EVERYTHING))
    after = look_back(rows_of_run, built["built_run"], settings.lookback_runs)
    return Scope(after, newest, f"changes after run {after}", whole, is_small_day(rows_of_run, after))


def end_scope(warehouse: Warehouse, settings: DbtSettings, scope: Scope) -> None:
    """Note that every model has seen what raw held when the build began; call it after a good build only."""
    weighed_at = warehouse.read("SELECT weighed_at FROM staging.latest_listen")["weighed_at"][0].as_py()
    built = {"built_run": scope.newest_run, "fingerprint": fingerprint(settings), "weighed_at": weighed_at}
    following = {"after_run": scope.newest_run, "staged_after": scope.newest_run, "why": scope.why}
    warehouse.replace(TRANSFORM_SCOPE, TRANSFORM_SCOPE.rows([following | built]))


def fingerprint(settings: DbtSettings) -> str:
    """Hash of everything beside the data that the tables depend on: the project's files, time zone, half-life, key."""
    known = [settings.source_time_zone, settings.half_life_days, settings.pii_key]
    return sha256(json.dumps([*known, project_digest(settings.project_folder)]).encode()).hexdigest()


def look_back(rows_of_run: Mapping[int, int], built_run: int, runs: int) -> int:
    """The run after which to look: so many runs before `built_run`, as far as they hold few enough rows.

    `rows_of_run`: rows that raw holds of each run.
    """
    allowed = LOOKBACK_SHARE * sum(rows_of_run.values())
    after = built_run
    for run in sorted((run for run in rows_of_run if run <= built_run), reverse=True)[:runs]:
        allowed -= rows_of_run[run]
        if allowed < 0:
            break
        after = run - 1
    return after


def is_small_day(rows_of_run: Mapping[int, int], after_run: int) -> bool:
    """Whether the runs after one hold so few rows, or so few of raw's, that a second thread would be wasted on them."""
    rows = sum(rows_of_run.values())
    changed = sum(count for run, count in rows_of_run.items() if run > after_run)
    return rows <= SMALL_RAW or (rows < LARGE_RAW and changed <= SMALL_SHARE * rows)


def _last_built(warehouse: Warehouse) -> dict[str, Any]:
    found: list[dict[str, Any]] = warehouse.read(f"SELECT * FROM {TRANSFORM_SCOPE}").to_pylist()
    return found[0] if found else {}


def _why_everything(warehouse: Warehouse, built: Mapping[str, Any], current: str) -> str:
    if built.get("built_run") is None or not warehouse.exists("core", "fact_listen_history"):
        return "nothing was built yet"
    if built["fingerprint"] != current:
        return "the models, or settings that they depend on, have changed"
    if _new_epoch(warehouse, built["built_run"]):
        return "a source has begun a new epoch"
    return ""


def _new_epoch(warehouse: Warehouse, built_run: int) -> bool:
    newest = "SELECT max(source_epoch) AS epoch FROM {table} WHERE run_number {side} ?"
    for table in EXTRACTS:
        before, after = (
            warehouse.read(newest.format(table=table, side=side), [built_run])["epoch"][0].as_py() or 0
            for side in ("<=", ">")
        )
        if after > before:
            return True
    return False


def _rows_per_run(warehouse: Warehouse) -> dict[int, int]:
    counts = " UNION ALL ".join(
        f"SELECT run_number, count(*) AS n FROM {table} GROUP BY run_number" for table in (*EXTRACTS, *EVENTS)
    )
    query = f"SELECT run_number, CAST(sum(n) AS BIGINT) AS n FROM ({counts}) AS counts GROUP BY run_number"
    rows = warehouse.read(query)
    return dict(zip(rows["run_number"].to_pylist(), rows["n"].to_pylist(), strict=True))
