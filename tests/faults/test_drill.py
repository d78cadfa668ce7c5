"""The drill, whole: every critical case is noticed by its sensor, loses nothing, and heals; nobody cries wolf."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ritournelle.drill.case import Case, Family
from ritournelle.drill.cases import CASES
from ritournelle.drill.drill import rehearse
from ritournelle.drill.quiet import quiet_days
from ritournelle.drill.workshop import Workshop
from ritournelle.monitoring.sensors.catalogue import SENSORS

NAMED_BY_THE_SOURCE = {
    Family.TRANSPORT: "connection_refused dns_failure connect_timeout read_timeout hang_mid_body status_500_once "
    "status_500_twice status_500_for_ever status_429 status_401 status_403 truncated_json html_instead_of_json "
    "wrong_content_type slow_drip",
    Family.PAGING: "rows_inserted_during_crawl rows_deleted_during_crawl total_lies same_page_twice pages_out_of_order",
    Family.SCHEMA_DRIFT: "field_missing field_added type_changed enum_new_value renamed_endpoint",
    Family.VALUES: "null_key duplicate_key duration_99_99 duration_negative duration_empty duration_number dates_future "
    "dates_1970 dates_garbage null_items unknown_track unknown_user huge_string invalid_utf8 non_finite_number",
    Family.VOLUME: "empty_endpoint shrunken_endpoint swollen_endpoint same_snapshot",
    Family.FRESHNESS: "no_new_listen day_missed clock_skew",
    Family.IDENTITY: "epoch_changed id_collisions",
    Family.STORAGE: "warehouse_locked warehouse_unreachable disk_full killed_at_ingest_users killed_at_ingest_tracks "
    "killed_at_ingest_listen_history killed_at_transform killed_at_train killed_at_recommend killed_at_publish",
    Family.MODEL: "training_fails degenerate_model_same_list degenerate_model_nan_scores metrics_below_champion "
    "metrics_below_popularity model_file_missing model_file_corrupt",
    Family.SERVING: "event_log_not_writable server_answers_503 server_is_slow online_store_damaged no_model_in_serving "
    "flood_by_key flood_about_one_listener forged_feedback server_dead listens_wait usefulness_collapses feedback_stops",
}
"""The critical cases of the source's description, family by family."""


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """One good home for all cases."""
    with Workshop() as opened:
        yield opened


def test_every_case_is_there_once_with_a_sensor_that_exists() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 45
    for family, wanted in NAMED_BY_THE_SOURCE.items():
        assert set(wanted.split()) <= {case.name for case in CASES if case.family is family}, family
    assert {case.sensor for case in CASES} <= {sensor.name for sensor in SENSORS}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_alarm_while_the_good_home_is_made(workshop: Workshop) -> None:
    assert workshop.false_alarms == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(workshop: Workshop, case: Case) -> None:
    found = rehearse(workshop, case)
    if found.why_not:
        pytest.skip(found.why_not)
    assert found.problem == ""
    assert (found.detected, found.rows_lost, found.recovered) == (True, 0, True)
    assert found.seconds_to_detect is not None and found.severity
    assert found.readers_saw in ("yesterday, whole", "the new day, whole")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_command_touches_nothing_of_the_real_home(tmp_path: Path) -> None:
    real, home = tmp_path / "real.duckdb", tmp_path / "home"
    (tmp_path / "ritournelle.toml").write_text(f'home = "{home}"\n[source]\nretries = 0\n', encoding="utf-8")
    environment = os.environ | {
        "RITOURNELLE_HOME": str(home),
        "RITOURNELLE_WAREHOUSE__URL": f"duckdb:///{real}",
        "RITOURNELLE_SOURCE__URL": "http://127.0.0.1:1",
        "TMPDIR": str(tmp_path / "sandboxes"),
    }
    (tmp_path / "sandboxes").mkdir()
    program = Path(sys.executable).with_name("ritournelle")
    command = [program, "drill", "total_lies", "status_500_once", "--json"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["case"] for one in found] == ["status_500_once", "total_lies"]
    for one in found:
        assert one.keys() >= {"case", "family", "sensor", "seconds_to_detect", "severity"}
        assert (one["detected"], one["rows_lost"], one["recovered"]) == (True, 0, True)
    assert "0 false alarms" in done.stderr
    assert not real.exists() and not home.exists()
    assert not list((tmp_path / "sandboxes").iterdir())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_five_quiet_days_raise_no_alarm(tmp_path: Path) -> None:
    alarms = {}
    for day in quiet_days(tmp_path, 5):
        assert day.run.succeeded, day.run.message
        alarms[day.day] = [(reading.key, dict(reading.facts)) for reading in day.alarms]
    assert list(alarms.values()) == [[]] * 5, alarms
