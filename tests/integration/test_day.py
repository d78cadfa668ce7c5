"""The whole day against a running app: what landed, what a second run does, what a failure leaves alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day, RunReport
from ritournelle.domain.feedback import Feedback, FeedbackKind
from ritournelle.domain.listens import ListenEvent
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.domain.sources import Source
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.streaming.broker import Outgoing
from ritournelle.streaming.messages import outgoing
from tests.exposed import exposure
from tests.integration.tables import contents, count, exact_contents

CONFIG = WorldConfig(users=300, tracks=300, seed=11, habits=Habits.tidy())


@pytest.fixture(scope="module")
def running() -> Iterator[RunningApp]:
    """One simulated app for all tests of this module."""
    with RunningApp(CONFIG) as app:
        yield app


@pytest.fixture
def app(running: RunningApp) -> RunningApp:
    """The app on its first day, without faults."""
    running.clear_faults()
    running.reset(CONFIG)
    return running


def run_day(home: Path, app: RunningApp, **options: Any) -> RunReport:
    """One day in this process."""
    source = {"url": app.url, "retries": 1, "backoff_seconds": 0.01, "timeout_seconds": 5}
    privacy = {"key": "the same key in every home"}  # so that masked columns can be compared
    return Day(Platform(load_settings(home=home, source=source, privacy=privacy))).run("run", **options)


def command(home: Path, app: RunningApp, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as its user runs it."""
    environment = {**os.environ, "RITOURNELLE_HOME": str(home), "RITOURNELLE_SOURCE__URL": app.url}
    program = Path(sys.executable).with_name("ritournelle")
    return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_the_command_reads_everything_and_a_second_run_changes_nothing(tmp_path: Path, app: RunningApp) -> None:
    announced = app.state()["totals"]
    first = command(tmp_path, app, "run", "--json")
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    for source, total in announced.items():
        found = report["sources"][source]
        assert (found["announced"], found["landed"], found["inserted"], found["quarantined"]) == (
            total,
            total,
            total,
            0,
        )
        assert found["proven_snapshot"] and not found["source_epoch_changed"]
    assert count(tmp_path, "core.dim_users", "NOT is_deleted") == announced["users"]
    assert count(tmp_path, "core.dim_tracks", "NOT is_deleted") == announced["tracks"]
    assert count(tmp_path, "core.fact_listen_history") == app.state()["listens"]

    before = exact_contents(tmp_path)
    untold = {"marts.recommendation_feedback", "marts.usefulness_days"}  # nobody was shown anything yet
    assert all(rows for table, rows in before.items() if table.startswith("marts.") and table not in untold)
    second = command(tmp_path, app, "run", "--json")
    assert second.returncode == 0, second.stderr
    for found in json.loads(second.stdout)["sources"].values():
        assert (found["inserted"], found["updated"], found["deleted"]) == (0, 0, 0)
    assert exact_contents(tmp_path) == before

    user = before["marts.recommendations"][0][0]
    listed = json.loads(command(tmp_path, app, "recommend", "--user", str(user), "--k", "7", "--json").stdout)
    assert [entry["rank"] for entry in listed["recommendations"]] == [1, 2, 3, 4, 5, 6, 7]
    assert listed["answered_by"] == "model" and listed["fallback_reason"] is None
    nobody = json.loads(command(tmp_path, app, "recommend", "--user", "3", "--json").stdout)
    assert nobody["answered_by"] == "fallback" and "3" in nobody["fallback_reason"]
    assert len(nobody["recommendations"]) == 20


def test_one_more_listen_of_fifty_users_is_fifty_more_facts(tmp_path: Path, app: RunningApp) -> None:
    assert run_day(tmp_path, app).succeeded
    facts = count(tmp_path, "core.fact_listen_history")
    app.listen(users=50)
    assert run_day(tmp_path, app).succeeded
    assert count(tmp_path, "core.fact_listen_history") == facts + 50
    app.listen(users=50, prepend=True)
    assert run_day(tmp_path, app).succeeded
    assert count(tmp_path, "core.fact_listen_history") == facts + 100
    assert count(tmp_path, "core.fact_listen_history", "is_deleted") == 0


def test_a_source_that_fails_leaves_yesterday_and_the_others_land(tmp_path: Path, app: RunningApp) -> None:
    assert run_day(tmp_path, app).succeeded
    before = exact_contents(tmp_path)
    known = {table: count(tmp_path, table) for table in ("raw.src_users", "raw.src_tracks", "raw.src_listen_history")}
    app.advance(1)
    app.fault("status_500", source="users", page=2, times=None)
    report = run_day(tmp_path, app)
    assert not report.succeeded
    assert report.sources[Source.USERS].status == "failed"
    for part in ("users", "page 2", "500"):
        assert part in report.sources[Source.USERS].message
    assert count(tmp_path, "raw.src_users") == known["raw.src_users"]
    assert count(tmp_path, "raw.src_tracks") > known["raw.src_tracks"]
    assert count(tmp_path, "raw.src_listen_history") > known["raw.src_listen_history"]
    assert exact_contents(tmp_path) == before
    found = [step.status for step in report.steps if step.step not in ("events", "ingest")]
    assert found == ["skipped"] * 4 + ["succeeded"]

    app.clear_faults()
    assert run_day(tmp_path, app).succeeded
    assert count(tmp_path, "core.dim_users", "NOT is_deleted") == app.state()["totals"]["users"]


def test_new_ids_stop_the_run_and_accepting_them_keeps_both_populations(tmp_path: Path, app: RunningApp) -> None:
    assert run_day(tmp_path, app).succeeded
    before = exact_contents(tmp_path)
    old_users = count(tmp_path, "core.dim_users", "user_id >= 0")
    old_facts = count(tmp_path, "core.fact_listen_history")
    app.restart(seed=12)
    report = run_day(tmp_path, app)
    assert not report.succeeded and "source epoch changed" in report.message
    assert exact_contents(tmp_path) == before

    assert run_day(tmp_path, app, accept_new_epoch=True).succeeded
    state = app.state()
    assert count(tmp_path, "core.dim_users", "NOT is_deleted") == state["totals"]["users"]
    assert count(tmp_path, "core.dim_users", "user_id >= 0") == old_users + state["totals"]["users"]
    assert count(tmp_path, "core.fact_listen_history") == old_facts + state["listens"]
    assert count(tmp_path, "marts.track_popularity") == state["totals"]["tracks"]


def test_quarantined_rows_come_back_when_the_app_is_mended(tmp_path: Path, app: RunningApp) -> None:
    app.fault("garbage_date_null_email", source="users", rows=1, times=None)
    app.fault("null_items", source="listen_history", rows=1, times=None)
    report = run_day(tmp_path, app)
    assert report.succeeded, report.message
    bad = report.sources[Source.USERS].quarantined
    assert bad == 3  # one on each of three pages
    assert report.sources[Source.LISTEN_HISTORY].quarantined == 0  # null items are an empty history
    assert count(tmp_path, "quarantine.rows", "status = 'open' AND reason LIKE '%created_at%'") == bad
    app.clear_faults()
    mended = run_day(tmp_path, app)
    assert mended.succeeded and mended.sources[Source.USERS].inserted == bad
    assert count(tmp_path, "quarantine.rows", "status = 'open'") == 0
    assert count(tmp_path, "core.dim_users", "NOT is_deleted") == app.state()["totals"]["users"]


def test_two_homes_with_the_same_days_hold_the_same(tmp_path: Path, app: RunningApp) -> None:
    for home in ("one", "other"):
        app.reset(CONFIG)
        assert run_day(tmp_path / home, app).succeeded
        app.advance(1)
        assert run_day(tmp_path / home, app).succeeded
    assert contents(tmp_path / "one", schemas=("raw", "core", "marts")) == contents(
        tmp_path / "other", schemas=("raw", "core", "marts")
    )


def test_what_is_told_between_the_days_is_in_the_star_after_the_next(tmp_path: Path, app: RunningApp) -> None:
    assert run_day(tmp_path, app).succeeded
    platform, now = Platform(load_settings(home=tmp_path)), datetime.now(UTC)
    with platform.read_warehouse() as warehouse:
        known = warehouse.read("SELECT * FROM raw.src_listens ORDER BY listen_id LIMIT 1").to_pylist()[0]
    user_id, track_id, facts = known["user_id"], known["track_id"], count(tmp_path, "core.fact_listen_history")
    issued, ids = Issued(user_id, track_id, "als-000001", "page", now), platform.recommendation_ids()
    shown = exposure(ids.issue(issued), issued)
    judged = ids.check(shown.recommendation_id, user_id=user_id, now=now)
    record = {"source_record_at": known["source_record_at"], "occurrence": known["occurrence"]}
    with platform.broker() as broker:
        events = [
            ListenEvent.of(user_id, track_id, now, **record),  # the batch knows it
            ListenEvent.of(user_id, track_id, now),
            shown,
            Feedback.of(shown.recommendation_id, judged, FeedbackKind.USEFUL, now),
            Feedback.of(shown.recommendation_id, judged, FeedbackKind.USEFUL, now + timedelta(seconds=1)),
        ]
        broker.publish([*outgoing(events), Outgoing("listens", "1", b"no JSON")])
    report = run_day(tmp_path, app)
    assert report.succeeded, report.message
    (step,) = [step for step in report.steps if step.step == "events"]
    assert step.message == "3 listens, 2 feedback, 1 exposures: 4 new, 0 given later, 1 known; 1 of them in quarantine"
    assert count(tmp_path, "core.fact_listen_history") == facts + 1
    assert count(tmp_path, "core.fact_listen_history", "origin = 'stream'") == 1
    assert count(tmp_path, "marts.recommendation_feedback", "is_useful AND is_listened_after") == 1
    assert count(tmp_path, "marts.usefulness_days", "users_exposed = 1 AND usefulness_rate = 1") == 1
    assert count(tmp_path, "quarantine.rows", "source = 'listens' AND status = 'open'") == 1
    listed = json.loads(command(tmp_path, app, "quarantine", "replay", "--json").stdout)
    assert listed["listens"] == {"replayed": 0, "open": 1}
