"""Twenty simulated days: built day by day, built at once, and built on PostgreSQL, they are the same tables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.domain.feedback import Feedback, FeedbackKind
from ritournelle.domain.listens import ListenEvent
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.domain.sources import Source
from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.running import RunningApp
from ritournelle.transform.runner import build
from ritournelle.streaming.messages import Event, outgoing
from ritournelle.warehouse.tables import EVENTS, EXTRACTS, TABLES
from tests.exposed import exposure
from tests.integration.tables import tables_of
from tests.services.postgres_server import PostgresServer

DAYS = 20
SKIPPED = {8, 13}
"""Days on which nothing ran: the next one catches up."""
ON_POSTGRES = {1, 2, 6, 10, 15, 20}
"""Days after which PostgreSQL is built too, from the same raw rows."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def make_trouble(app: RunningApp, day: int) -> None:
    """Beside what changes on any day: late rows, orphans and their repair, tracks that go and come back renamed."""
    app.clear_faults()
    app.advance()
    if day % 4 == 2:
        app.listen(15, tracks=2, prepend=True)
    if day in (5, 6):
        app.fault("unknown_track", source=Source.LISTEN_HISTORY, rows=3)
    if day in (9, 10):  # a fifth of the tracks is gone for two days
        app.fault("shrunken_endpoint", source=Source.TRACKS, share=0.8)
    if day == 14:  # another name for some, for one day
        app.fault("huge_string", source=Source.TRACKS, rows=4, characters=400)
    if day == 16:
        app.fault("shrunken_endpoint", source=Source.USERS, share=0.9)


def tell(platform: Platform, day: int) -> None:
    """Between the runs some listeners listen, see recommendations, judge some, and hide what they listened to."""
    now, ids = datetime.now(UTC), platform.recommendation_ids()
    with platform.read_warehouse() as warehouse:
        known = warehouse.read(
            "SELECT DISTINCT user_id, track_id, source_record_at, occurrence FROM raw.src_listens "
            "WHERE source_epoch = (SELECT max(source_epoch) FROM raw.src_listens) ORDER BY ALL"
        ).to_pylist()[day::25]
    events: list[Event] = []
    for number, listen in enumerate(known):
        user_id, track_id, record = listen["user_id"], listen["track_id"], listen["source_record_at"]
        occurrence = listen["occurrence"] + number % 2  # shown already; or perhaps one day
        events.append(ListenEvent.of(user_id, track_id, now, source_record_at=record, occurrence=occurrence))
        events.append(ListenEvent.of(user_id, track_id + number % 3, now))
        issued = Issued(user_id, track_id, "als-000001", "page", now)
        shown = exposure(ids.issue(issued), issued)
        kind = list(FeedbackKind)[number % 6]
        events += [shown, Feedback.of(shown.recommendation_id, issued, kind, now)]
        if number % 4 == 0:
            is_active = day % 5 > 0
            events.append(TasteExclusion.of(user_id, ExclusionKind.TRACK, track_id, now, is_active=is_active))
    with platform.broker() as broker:
        broker.publish(outgoing(events))


def test_twenty_days(tmp_path: Path, postgres: PostgresServer) -> None:
    daily, server = Platform(_settings(tmp_path / "daily")), Platform(
        _settings(tmp_path / "server", url=postgres.new_database())
    )
    with RunningApp(WorldConfig(users=80, tracks=80, seed=3)) as app:
        sent = 0
        for day in range(1, DAYS + 1):
            make_trouble(app, day)
            if day > 1:
                tell(daily, day)
            if day not in SKIPPED:
                _ingest_and_build(Platform(_settings(tmp_path / "daily", source=app.url)))
            if day in ON_POSTGRES:
                sent = _send(daily, server, after=sent)
                assert build(server.dbt_settings(), check_freshness=False).problems == []
    at_once = Platform(_settings(copytree(tmp_path / "daily", tmp_path / "at_once", symlinks=True)))
    assert build(at_once.dbt_settings(), full_refresh=True, check_freshness=False).problems == []
    built = _tables(daily)
    assert all(rows for name, (_, rows) in built.items() if not name.startswith("staging."))
    for name in ("tracks_hist", "users_hist", "listen_history_hist"):  # the days were eventful
        assert _ended(built[f"history.{name}"]) > 20, name
    _assert_equal(_tables(at_once), built)
    _assert_equal(_tables(server), built)


def _settings(home: Path, *, source: str | None = None, url: str | None = None) -> Any:
    app = {"url": source, "retries": 1} if source else {}
    return load_settings(home=home, source=app, warehouse={"url": url}, privacy={"key": "the same in every home"})


def _ingest_and_build(platform: Platform) -> None:
    report = Day(platform).run("run", ("ingest", "transform"))
    assert report.succeeded, report.message


def _send(daily: Platform, server: Platform, *, after: int) -> int:
    """Append the extracts of later runs to the other warehouse; return the last run's number."""
    with daily.read_warehouse() as here, server.open_warehouse() as there:
        there.ensure(TABLES)
        newest = 0
        for table in (*EXTRACTS, *EVENTS):
            rows = here.read(f"SELECT * FROM {table} WHERE run_number > ?", [after])
            there.append(table, rows)
            newest = max(newest, *rows["run_number"].to_pylist(), 0)
    return max(newest, after)


def _tables(platform: Platform) -> dict[str, Any]:
    with platform.read_warehouse() as warehouse:
        found = tables_of(warehouse, schemas=("staging", "history", "core", "marts"))
    leaving_out = (
        "staging.changed_",
        "marts.recommendations",
        "marts.model_quality_days",
        "marts.pipeline_health_days",
    )
    return {name: table for name, table in found.items() if not name.startswith(leaving_out)}


def _ended(table: tuple[dict[str, str], list[Any]]) -> int:
    """How many versions of a history are no longer current."""
    columns, rows = table
    place = list(columns).index("valid_to")
    return sum(row[place] is not None for row in rows)


def _assert_equal(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, (types, rows) in expected.items():
        assert found[name][0] == types, name
        different = [pair for pair in zip(found[name][1], rows, strict=False) if pair[0] != pair[1]]
        assert not different and len(found[name][1]) == len(rows), f"{name}: {different[:2]}"
