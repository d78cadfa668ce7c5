"""The transform, end to end: raw versions in, exact history, star and marts out; and red where it must be red."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from ritournelle.domain.clock import travelled
from ritournelle.domain.exposures import Exposure
from ritournelle.domain.feedback import Feedback, FeedbackKind
from ritournelle.domain.listens import ListenEvent, listen_id
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.errors import SettingsError, TransformError, WarehouseBusyError
from ritournelle.streaming.messages import Event
from ritournelle.transform.report import DataTestResult, Outcome, TransformReport
from ritournelle.transform.runner import build, run_unit_tests
from ritournelle.transform.session import PROJECT_FOLDER, DbtSettings, dbt_session
from ritournelle.warehouse import tables
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.connect import connect
from tests.exposed import exposure
from tests.integration.tables import built_contents

KEY = "a key of the tests, long enough"
BORN = datetime(2024, 2, 1, 10)  # of records, in the source's zone
PARIS = "Europe/Paris"


def day(number: int) -> datetime:
    """When run `number` read the source: 06:00 UTC, one day after the run before."""
    return datetime(2024, 3, 1, 6, tzinfo=UTC) + timedelta(days=number - 1)


TOLD: dict[type[Event], Table] = {
    ListenEvent: tables.SRC_LISTEN_EVENTS,
    Feedback: tables.SRC_FEEDBACK,
    Exposure: tables.SRC_EXPOSURES,
    TasteExclusion: tables.SRC_TASTE_EXCLUSIONS,
}


class RawVersions:
    """Writes raw versions as the ingestion does, one call per change."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        warehouse.ensure(tables.TABLES)

    def track(
        self,
        run: int,
        track_id: int,
        name: str | None,
        *,
        change: str = "inserted",
        epoch: int = 1,
        artist: str = "Ada",
        genres: str = "surf rock",
    ) -> None:
        """A version of a track; no name is its deletion."""
        content: dict[str, Any] = {}
        if name is not None:
            content = {"name": name, "artist": artist, "songwriters": "Bo", "duration": "61:05", "genres": genres}
            content |= {"album": " ", "created_at": BORN, "updated_at": BORN}
        self._append(tables.SRC_TRACKS, run, epoch, change if content else "deleted", {"id": track_id} | content)

    def user(self, run: int, user_id: int, email: str | None, *, change: str = "inserted", epoch: int = 1) -> None:
        """A version of a user; no e-mail is their deletion."""
        content: dict[str, Any] = {}
        if email is not None:
            content = {"first_name": "Zoë", "last_name": "Lee", "email": email, "gender": "Agender"}
            content |= {"favorite_genres": "Jazz", "created_at": BORN, "updated_at": BORN}
        self._append(tables.SRC_USERS, run, epoch, change if content else "deleted", {"id": user_id} | content)

    def record(
        self,
        run: int,
        user_id: int,
        items: list[int] | None,
        *,
        change: str = "inserted",
        epoch: int = 1,
        created_at: datetime = BORN,
        updated_at: datetime = BORN,
    ) -> None:
        """A version of a listen record, with its listens."""
        key = {"user_id": user_id, "created_at": created_at}
        content = {} if change == "deleted" else {"items": json.dumps(items), "updated_at": updated_at}
        self._append(tables.SRC_LISTEN_HISTORY, run, epoch, change, key | content)
        self._listens(run, user_id, items or [], epoch, created_at)

    def told(self, run: int, event: Event, *, epoch: int = 1) -> None:
        """An event that a run has read from the event log."""
        table = TOLD[type(event)]
        content = msgspec.structs.asdict(event) | {"received_at": day(run)}
        marks = {"source_epoch": epoch, "run_id": f"run-{run}", "run_number": run, "extracted_at": day(run)}
        self._warehouse.append(table, table.rows([content | marks]))

    def finished(self, run: int, *, at: datetime | None = None) -> None:
        """The steps of a run that read all endpoints."""
        at = at or datetime.now(UTC)
        steps = [
            {"run_id": f"run-{run}", "run_number": run, "step": f"ingest_{source}", "source": source}
            | {"status": "succeeded", "finished_at": at}
            for source in ("tracks", "users", "listen_history")
        ]
        self._warehouse.append(tables.RUN_STEPS, tables.RUN_STEPS.rows(steps))

    def _listens(self, run: int, user_id: int, items: list[int], epoch: int, created_at: datetime) -> None:
        rows = []
        for position, track_id in enumerate(items):
            occurrence = items[:position].count(track_id)
            rows.append(
                {"source_epoch": epoch, "listen_id": listen_id(user_id, created_at, track_id, occurrence)}
                | {"user_id": user_id, "track_id": track_id, "source_record_at": created_at}
                | {"occurrence": occurrence, "position": position}
                | {"run_id": f"run-{run}", "run_number": run, "extracted_at": day(run)}
            )
        self._warehouse.append(tables.SRC_LISTENS, tables.SRC_LISTENS.rows(rows))

    def _append(self, table: Table, run: int, epoch: int, change: str, content: dict[str, Any]) -> None:
        content_hash = None if change == "deleted" else sha256(repr(content).encode()).hexdigest()
        extract: dict[str, Any] = {"source_epoch": epoch, "content_hash": content_hash, "change_type": change}
        extract |= {"run_id": f"run-{run}", "run_number": run, "extracted_at": day(run)}
        self._warehouse.append(table, table.rows([content | extract]))


class Home:
    """A warehouse of the tests, and its transform."""

    def __init__(self, folder: Path, *, time_zone: str = PARIS, project_folder: Path = PROJECT_FOLDER) -> None:
        self.url = f"duckdb:///{folder / 'warehouse.duckdb'}"
        self.settings = DbtSettings(self.url, folder, time_zone, 10.0, KEY, project_folder=project_folder)

    def transform(self, **options: Any) -> TransformReport:
        """Build this home; raises for what makes a run red."""
        report = build(self.settings, **options)
        report.raise_for_problems()
        return report

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Rows as tuples."""
        with connect(self.url) as warehouse:
            rows: pa.Table = warehouse.read(query)
        return [tuple(row.values()) for row in rows.to_pylist()]

    def write(self) -> Warehouse:
        """The warehouse, open."""
        return connect(self.url)


def four_days(raw: RawVersions) -> None:
    """One population: updates, deletions and come-backs; listens appended, prepended, vanished; a late track."""
    for user_id in (1, 2, 3):
        raw.user(1, user_id, f" User{user_id}@Example.org ")
    for track_id in (10, 11, 12):
        raw.track(1, track_id, f" track {track_id}")
    raw.record(1, 1, [10, 11, 10])
    raw.record(1, 2, [11, 99])  # nobody knows track 99 yet
    raw.record(1, 3, None)
    raw.record(1, 9, [12])  # nobody knows user 9, ever

    raw.user(2, 1, "new@example.org", change="updated")
    raw.record(2, 1, [10, 11, 10, 12], change="updated", updated_at=datetime(2024, 3, 1, 20))  # appended, and dated
    raw.record(2, 2, [12, 11, 99], change="updated")  # prepended, and not dated

    raw.track(3, 99, "late")
    raw.user(3, 2, None)
    raw.record(3, 2, None, change="deleted")
    raw.track(3, 12, None)
    raw.record(3, 1, [10, 10, 12], change="updated", updated_at=datetime(2024, 3, 2, 20))  # 11 vanishes

    raw.user(4, 2, "user2@example.org")
    raw.record(4, 2, [12, 11, 99], updated_at=datetime(2024, 3, 3, 20))
    raw.record(4, 1, [11, 10, 12], change="updated", updated_at=datetime(2024, 3, 9))  # 11 is back, the second 10 gone
    raw.track(4, 12, None)  # a deletion of what is gone already
    raw.finished(4)


def new_epoch(raw: RawVersions) -> None:
    """The app comes back with another population, in which id 1 is somebody else and track 10 something else."""
    for user_id in (1, 2, 3):
        raw.user(5, user_id, None)
        raw.record(5, user_id, None, change="deleted")
    for track_id in (10, 11, 12, 99):
        raw.track(5, track_id, None)
    raw.record(5, 9, None, change="deleted")
    raw.user(5, 1, "other@example.org", epoch=2)
    raw.track(5, 10, "other", epoch=2)
    raw.track(5, 20, "unheard", epoch=2)
    raw.record(5, 1, [10, 10, 11], epoch=2, created_at=BORN + timedelta(hours=1))  # 11 lives in the old epoch only
    raw.record(5, 1, [10], epoch=2)  # the very listen_id of a listen of the old epoch


def build_home(folder: Path, *fill: Any) -> Home:
    """A home with raw versions, transformed."""
    home = Home(folder)
    with home.write() as warehouse:
        for one in fill:
            one(RawVersions(warehouse))
    return home


@pytest.fixture(scope="module", name="four")
def _four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, TransformReport]]:
    home = build_home(tmp_path_factory.mktemp("four"), four_days)
    yield home, home.transform()


@pytest.fixture(scope="module", name="five")
def _five(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = build_home(tmp_path_factory.mktemp("five"), four_days, new_epoch)
    home.transform()
    return home


def utc(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


class TestHistory:
    """Every version of everything."""

    def test_users_have_all_versions_and_deletions_carry_the_last_values(self, four: tuple[Home, Any]) -> None:
        rows = four[0].read(
            "SELECT user_key, version, valid_from, valid_to, is_current, is_deleted, gender "
            "FROM history.users_hist ORDER BY 1, 2"
        )
        assert rows == [
            ("1:1", 1, day(1), day(2), False, False, "Agender"),
            ("1:1", 2, day(2), None, True, False, "Agender"),
            ("1:2", 1, day(1), day(3), False, False, "Agender"),
            ("1:2", 2, day(3), day(4), False, True, "Agender"),
            ("1:2", 3, day(4), None, True, False, "Agender"),
            ("1:3", 1, day(1), None, True, False, "Agender"),
        ]

    def test_deleting_twice_is_one_deletion(self, four: tuple[Home, Any]) -> None:
        query = "SELECT version, valid_from, is_deleted, name FROM history.tracks_hist WHERE track_id = 12 ORDER BY 1"
        assert four[0].read(query) == [(1, day(1), False, "track 12"), (2, day(3), True, "track 12")]

    def test_texts_are_trimmed_durations_are_seconds_and_instants_are_utc(self, four: tuple[Home, Any]) -> None:
        query = (
            "SELECT name, album, duration_seconds, source_created_at FROM history.tracks_hist "
            "WHERE track_id = 10 AND is_current"
        )
        assert four[0].read(query) == [("track 10", None, 3665, utc(2024, 2, 1, 9))]

    def test_a_listen_has_a_row_per_position_and_per_absence(self, four: tuple[Home, Any]) -> None:
        periods = (
            "SELECT version, position, valid_from, valid_to, is_current, is_deleted FROM history.listen_history_hist "
            f"WHERE listen_id = '{listen_id(1, BORN, 11, 0)}' ORDER BY 1"
        )
        assert four[0].read(periods) == [
            (1, 1, day(1), day(3), False, False),  # the second version left it where it was
            (2, 1, day(3), day(4), False, True),
            (3, 0, day(4), None, True, False),
        ]

    def test_a_deleted_record_takes_its_listens_along_and_brings_them_back(self, four: tuple[Home, Any]) -> None:
        periods = (
            "SELECT position, valid_from, is_deleted FROM history.listen_history_hist "
            f"WHERE listen_id = '{listen_id(2, BORN, 11, 0)}' ORDER BY version"
        )
        expected = [(0, day(1), False), (1, day(2), False), (1, day(3), True), (1, day(4), False)]
        assert four[0].read(periods) == expected

    def test_the_moment_of_a_listen_is_decided_once(self, four: tuple[Home, Any]) -> None:
        heard = dict(four[0].read("SELECT listen_id, listened_at FROM core.fact_listen_history"))
        in_the_first_version = utc(2024, 2, 1, 9)
        assert heard[listen_id(1, BORN, 10, 0)] == in_the_first_version
        assert heard[listen_id(2, BORN, 11, 0)] == in_the_first_version  # deleted, then back
        assert heard[listen_id(1, BORN, 12, 0)] == utc(2024, 3, 1, 19)  # the record's update, from Paris
        assert heard[listen_id(2, BORN, 12, 0)] == day(2)  # the record's update did not move


class TestStar:
    """Current values, and every listen ever seen."""

    def test_dimensions_count_the_living_and_have_one_unknown_member(self, four: tuple[Home, Any]) -> None:
        home = four[0]
        assert home.read("SELECT count(*) FROM core.dim_users WHERE NOT is_deleted") == [(3,)]
        assert home.read("SELECT count(*) FROM core.dim_tracks WHERE NOT is_deleted") == [(3,)]
        assert home.read("SELECT user_key, user_id FROM core.dim_users WHERE is_deleted IS NULL") == [("unknown", -1)]
        assert home.read("SELECT track_key, track_id FROM core.dim_tracks WHERE is_deleted IS NULL") == [
            ("unknown", -1)
        ]

    def test_first_seen_and_last_changed(self, four: tuple[Home, Any]) -> None:
        query = "SELECT first_seen_at, changed_at FROM core.dim_users WHERE user_key = '1:2'"
        assert four[0].read(query) == [(day(1), day(4))]

    def test_facts(self, four: tuple[Home, Any]) -> None:
        rows = four[0].read(
            "SELECT source_user_id, source_track_id, user_key, track_key, user_id, track_id, position, is_deleted, "
            "ingested_at, origin FROM core.fact_listen_history ORDER BY 1, 2, position, is_deleted"
        )
        assert rows == [
            (1, 10, "1:1", "1:10", 1, 10, 1, False, day(1), "batch"),
            (1, 10, "1:1", "1:10", 1, 10, 1, True, day(1), "batch"),  # its last place, before it vanished
            (1, 11, "1:1", "1:11", 1, 11, 0, False, day(1), "batch"),
            (1, 12, "1:1", "1:12", 1, 12, 2, False, day(2), "batch"),
            (2, 11, "1:2", "1:11", 2, 11, 1, False, day(1), "batch"),
            (2, 12, "1:2", "1:12", 2, 12, 0, False, day(2), "batch"),
            (2, 99, "1:2", "1:99", 2, 99, 2, False, day(1), "batch"),
            (9, 12, "unknown", "1:12", -1, 12, 0, False, day(1), "batch"),
        ]

    def test_columns_of_the_fact_are_those_of_the_design(self, four: tuple[Home, Any]) -> None:
        with four[0].write() as warehouse:
            names = warehouse.read("SELECT * FROM core.fact_listen_history LIMIT 0").column_names
        assert (
            names
            == (
                "listen_id user_id track_id listened_at position source_record_at ingested_at origin "
                "user_key track_key source_user_id source_track_id source_epoch run_number is_deleted listened_on"
            ).split()
        )

    def test_no_personal_data_leaves_raw(self, four: tuple[Home, Any]) -> None:
        home = four[0]
        hashes = dict(home.read("SELECT user_key, email_hash FROM core.dim_users WHERE user_id > 0"))
        assert all(len(value) == 64 for value in hashes.values())
        assert len(set(hashes.values())) == 3
        # The same address, whatever its case and blanks.
        versions = home.read("SELECT DISTINCT email_hash FROM history.users_hist WHERE user_key = '1:2'")
        assert len(versions) == 1
        tables_outside_raw = home.read(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables "
            "WHERE table_schema IN ('staging', 'history', 'core', 'marts')"
        )
        for (table,) in tables_outside_raw:
            assert home.read(f"SELECT count(*) FROM {table} AS t WHERE CAST(t AS VARCHAR) ILIKE '%@example%'") == [(0,)]
            assert home.read(f"SELECT count(*) FROM {table} AS t WHERE CAST(t AS VARCHAR) LIKE '%Zoë%'") == [(0,)]

    def test_the_key_is_in_no_log_and_no_artefact(self, four: tuple[Home, Any]) -> None:
        written = [path for path in four[0].settings.folder.rglob("*") if path.is_file()]
        assert written
        assert [path for path in written if KEY.encode() in path.read_bytes()] == []


class TestMarts:
    """What the recommenders read."""

    def test_interactions_are_of_living_users_and_tracks(self, four: tuple[Home, Any]) -> None:
        rows = four[0].read("SELECT user_id, track_id, plays FROM marts.interactions ORDER BY 1, 2")
        assert rows == [(1, 10, 2), (1, 11, 1), (2, 11, 1), (2, 99, 1)]

    def test_weights_halve_every_half_life(self, four: tuple[Home, Any]) -> None:
        weighed_at = utc(1970, 1, 1) + timedelta(days=10) * 1979  # the first multiple of the half-life after the latest
        assert four[0].read("SELECT DISTINCT weighed_at FROM marts.interactions") == [(weighed_at,)]
        age_days = (weighed_at - utc(2024, 2, 1, 9)) / timedelta(days=1)
        weights = dict(four[0].read("SELECT track_id, weight FROM marts.interactions WHERE user_id = 1"))
        assert weights == pytest.approx({10: 2 * 0.5 ** (age_days / 10), 11: 0.5 ** (age_days / 10)}, abs=1e-11)

    def test_popularity_has_all_living_tracks(self, four: tuple[Home, Any]) -> None:
        rows = four[0].read(
            "SELECT track_id, plays_7_days, plays_28_days, plays_365_days, plays_total, listeners, popularity_rank "
            "FROM marts.track_popularity ORDER BY popularity_rank"
        )
        assert rows == [(10, 0, 0, 2, 2, 1, 1), (11, 0, 0, 2, 2, 2, 2), (99, 0, 0, 1, 1, 1, 3)]


class TestEpochs:
    """The same id in two epochs is two people."""

    def test_old_facts_stay_with_the_old_population(self, five: Home) -> None:
        rows = five.read(
            "SELECT source_epoch, user_key, track_key, count(*) FROM core.fact_listen_history "
            "WHERE source_user_id = 1 GROUP BY ALL ORDER BY ALL"
        )
        assert rows == [
            (1, "1:1", "1:10", 2),
            (1, "1:1", "1:11", 1),
            (1, "1:1", "1:12", 1),
            (2, "2:1", "2:10", 3),
            (2, "2:1", "unknown", 1),
        ]

    def test_a_listen_id_that_both_epochs_have_is_two_listens(self, five: Home) -> None:
        query = (
            "SELECT source_epoch, is_deleted FROM core.fact_listen_history "
            f"WHERE listen_id = '{listen_id(1, BORN, 10, 0)}' ORDER BY 1"
        )
        assert five.read(query) == [(1, True), (2, False)]

    def test_nobody_of_the_old_population_lives(self, five: Home) -> None:
        assert five.read("SELECT user_key FROM core.dim_users WHERE NOT is_deleted") == [("2:1",)]
        assert five.read("SELECT user_id, track_id, plays FROM marts.interactions") == [(1, 10, 3)]
        query = "SELECT track_id, plays_total, popularity_rank FROM marts.track_popularity ORDER BY 3"
        assert five.read(query) == [(10, 3, 1), (20, 0, 2)]


class TestReport:
    """What a run says of itself, and what it leaves behind."""

    def test_good_run(self, four: tuple[Home, TransformReport]) -> None:
        report = four[1]
        assert report.passed
        assert report.rows_of("core.fact_listen_history") == 8
        assert report.rows_of("marts.interactions") == 4
        assert {model.outcome for model in report.models} == {Outcome.PASSED}
        assert [(result.source, result.outcome) for result in report.freshness] == [
            ("raw.src_listen_history", Outcome.PASSED),
            ("raw.src_tracks", Outcome.PASSED),
            ("raw.src_users", Outcome.PASSED),
        ]

    def test_unknown_references_and_missing_texts_are_warnings(self, four: tuple[Home, TransformReport]) -> None:
        found = {(result.kind, result.model, result.failures) for result in four[1].tests if result in four[1].warnings}
        assert found == {
            ("refers_to_known", "fact_listen_history", 1),
            ("holds", "dim_tracks", 4),
        }

    def test_nothing_is_held_and_nothing_is_printed(
        self, five: Home, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
    ) -> None:
        steps: list[tuple[int, int, str]] = []
        report = five.transform(on_progress=lambda *step: steps.append(step), check_freshness=False)
        assert capfd.readouterr() == ("", "")
        assert not recwarn.list
        assert steps[0][0] == 1
        assert {total for _, total, _ in steps} == {len(report.models) + len(report.tests)}
        assert report.freshness == ()
        path = five.url.removeprefix("duckdb:///")
        code = f"import duckdb; duckdb.connect({path!r}).execute('CREATE OR REPLACE TABLE ops.probe AS SELECT 1')"
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_again_gives_the_same_tables(self, five: Home) -> None:
        before = _all_tables(five)
        five.transform(full_refresh=True)
        assert _all_tables(five) == before
        assert len(before) == 40

    def test_a_small_build_takes_one_thread(self, five: Home) -> None:
        query = "select current_setting('threads') as threads"
        for is_small, threads in ((True, 1), (False, 2)):
            with dbt_session(replace(five.settings, is_small=is_small)) as invoke:
                (shown,) = invoke(["show", "--inline", query]).result.results
            assert [row.values() for row in shown.agate_table.rows] == [(threads,)]

    def test_models_unit_tests_of_dbt(self, five: Home) -> None:
        report = run_unit_tests(five.settings)
        assert len(report.tests) == 34
        report.raise_for_problems()


class TestRed:
    """A green run on broken or empty data is impossible."""

    def test_empty_warehouse(self, tmp_path: Path) -> None:
        home = build_home(tmp_path, lambda raw: raw.finished(1))
        with pytest.raises(TransformError) as caught:
            home.transform()
        message = str(caught.value)
        assert "test not_empty on dim_tracks: 1 row" in message
        assert "; not rebuilt: " in message and "fact_listen_history" in message
        assert str(home.settings.log_path) in message
        assert home.settings.log_path.exists()

    def test_empty_mart(self, tmp_path: Path) -> None:
        def only_unknown_listeners(raw: RawVersions) -> None:
            raw.user(1, 1, "a@example.org")
            raw.track(1, 10, "ten")
            raw.record(1, 2, [10])
            raw.finished(1)

        with pytest.raises(TransformError, match="test not_empty on interactions: 1 row"):
            build_home(tmp_path, only_unknown_listeners).transform()

    def test_a_flood_of_listens_is_told(self, tmp_path: Path) -> None:
        """Against the mean of the runs before, of which the first load is none."""
        home = build_home(tmp_path, four_days)
        with home.write() as warehouse:
            raw = RawVersions(warehouse)
            for run in range(5, 9):
                raw.record(run, 3, [10] * (run - 4), change="updated")  # one more listen each day
            raw.record(9, 3, [10] * 60, change="updated")
        found = {result.name for result in home.transform().warnings if isinstance(result, DataTestResult)}
        assert "volume_of_listens_is_unusual" in found

    def test_column_dropped_upstream(self, tmp_path: Path) -> None:
        home = build_home(tmp_path, four_days)
        with home.write() as warehouse:
            with warehouse.transaction():
                warehouse._run("ALTER TABLE raw.src_tracks RENAME COLUMN album TO record")  # type: ignore[attr-defined]  # pylint: disable=protected-access
        with pytest.raises(
            TransformError, match="test has_columns on src_tracks: 1 row, such as problem album is missing"
        ):
            home.transform()

    def test_column_renamed_in_a_model_breaks_its_contract(self, tmp_path: Path) -> None:
        project = copytree(PROJECT_FOLDER, tmp_path / "project")
        model = project / "models" / "marts" / "interactions.sql"
        model.write_text(model.read_text().replace("count(*) as plays", "count(*) as listens"))
        home = Home(tmp_path, project_folder=project)
        with home.write() as warehouse:
            four_days(RawVersions(warehouse))
        report = build(home.settings)
        assert [str(problem).split(":", maxsplit=1)[0] for problem in report.problems] == ["model marts.interactions"]
        assert "plays" in str(report.problems[0])

    def test_duplicate_version_and_stale_source(self, tmp_path: Path) -> None:
        def twice(raw: RawVersions) -> None:
            four_days(raw)
            raw.user(1, 3, "twin@example.org")

        home = build_home(tmp_path, twice)
        with home.write() as warehouse:
            warehouse.replace(tables.RUN_STEPS, tables.RUN_STEPS.columns.empty_table())
            RawVersions(warehouse).finished(1, at=datetime.now(UTC) - timedelta(hours=50))
        with pytest.raises(TransformError) as caught:
            home.transform()
        assert "test one_row_per on stg_users: 1 row" in str(caught.value)
        assert "freshness of raw.src_users: last loaded" in str(caught.value)
        assert "50 hours ago" in str(caught.value)

    def test_the_age_of_sources_follows_a_clock_that_travels(self, tmp_path: Path) -> None:
        home = build_home(tmp_path, four_days)
        with travelled(timedelta(hours=60)):
            with pytest.raises(TransformError, match="freshness of raw.src_users: last loaded .*60 hours ago"):
                home.transform()
        home.transform()

    def test_warehouse_held_by_another_process(self, tmp_path: Path) -> None:
        home = build_home(tmp_path, four_days)
        path = home.url.removeprefix("duckdb:///")
        code = f"import duckdb, sys; c = duckdb.connect({path!r}); print('open', flush=True); sys.stdin.read()"
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout and other.stdout.readline() == "open\n"
            with pytest.raises(WarehouseBusyError, match="open in another process"):
                home.transform()
            other.communicate("")

    def test_killed_in_the_middle(self, tmp_path: Path) -> None:
        home = build_home(tmp_path, four_days)
        code = (
            "import os, sys; from pathlib import Path\n"
            "from ritournelle.transform.runner import build; from ritournelle.transform.session import DbtSettings\n"
            "def stop(done, total, what):\n    if 'fact_listen_history' in what: os.kill(os.getpid(), 9)\n"
            f"build(DbtSettings({home.url!r}, Path({str(tmp_path)!r}), {PARIS!r}, 10.0, {KEY!r}), on_progress=stop)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
        report = home.transform()
        assert report.rows_of("core.fact_listen_history") == 8
        leftovers = (
            "SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%\\_\\_dbt\\_%' ESCAPE '\\'"
        )
        assert home.read(leftovers) == []

    def test_settings(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="no dbt profile for 'oracle'"):
            build(DbtSettings("oracle://host", tmp_path, "UTC", 90.0, KEY))
        with pytest.raises(SettingsError, match="is empty"):
            build(DbtSettings("duckdb:////tmp/x.duckdb", tmp_path, "UTC", 90.0, ""))


def test_every_listen_ever_shown_is_one_fact(tmp_path: Path) -> None:
    """Random days: the facts are the distinct listens, marked as the latest version of their records shows them."""
    rng = random.Random(7)
    shown: set[str] = set()
    current: dict[int, set[str]] = {}
    first_heard: dict[str, datetime] = {}

    def days(raw: RawVersions) -> None:
        versions: dict[int, list[int]] = {}
        for track_id in range(20):
            raw.track(1, 100 + track_id, f"t{track_id}")
        for user_id in range(1, 31):
            raw.user(1, user_id, f"u{user_id}@example.org")
        for run in range(1, 9):
            for user_id in range(1, 31):
                if run > 1 and rng.random() < 0.5:
                    continue
                known = user_id in versions
                items = _change(rng, versions.get(user_id, []))
                updated_at = BORN + timedelta(hours=run) if rng.random() < 0.5 else BORN
                if known and rng.random() < 0.1:
                    raw.record(run, user_id, None, change="deleted")
                    versions.pop(user_id)
                    current[user_id] = set()
                    continue
                raw.record(run, user_id, items, change="updated" if known else "inserted", updated_at=updated_at)
                versions[user_id] = items
                ids = {listen_id(user_id, BORN, t, items[:p].count(t)) for p, t in enumerate(items)}
                if user_id not in current:
                    first_heard.update(dict.fromkeys(ids, BORN.replace(tzinfo=UTC)))
                current[user_id] = ids
                shown.update(ids)
        raw.finished(8)

    home = Home(tmp_path, time_zone="UTC")
    with home.write() as warehouse:
        days(RawVersions(warehouse))
    home.transform()
    facts = home.read("SELECT listen_id, is_deleted, listened_at FROM core.fact_listen_history")
    assert len(facts) == len(shown)
    assert {identity for identity, _, _ in facts} == shown
    assert {identity for identity, deleted, _ in facts if not deleted} == set().union(*current.values())
    heard = {identity: at for identity, _, at in facts}
    assert {identity: heard[identity] for identity in first_heard} == first_heard


def test_records_of_one_instant_change_together(tmp_path: Path) -> None:
    """Summer time makes 02:30 and 03:30 one instant: a change of one record costs the other one nothing."""
    skipped, summer = datetime(2024, 3, 31, 2, 30), datetime(2024, 3, 31, 3, 30)
    home = build_home(tmp_path, four_days)
    with home.write() as warehouse:
        raw = RawVersions(warehouse)
        raw.record(5, 3, [10, 11], created_at=skipped)
        raw.record(5, 3, [10, 77, 10], created_at=summer)  # nobody knows track 77 yet
        raw.finished(5)
    home.transform()
    facts = "SELECT count(*), count(DISTINCT source_record_at) FROM core.fact_listen_history WHERE source_user_id = 3"
    assert home.read(facts) == [(5, 1)]
    for run in (6, 7):
        with home.write() as warehouse:
            raw = RawVersions(warehouse)
            if run == 6:
                raw.record(6, 3, [11, 10, 10], change="updated", created_at=skipped)
            else:
                raw.track(7, 77, "late")
            raw.finished(run)
        assert home.transform().scope.startswith("changes after run")
        assert home.read(facts) == [(6, 1)]
        daily = built_contents(tmp_path)
        home.transform(full_refresh=True)
        assert built_contents(tmp_path) == daily


def test_a_rejected_listen_is_so_once_whoever_appears(tmp_path: Path) -> None:
    """The other listens of its record are looked at again when their user or a track is known at last."""
    home = build_home(tmp_path, four_days)
    with home.write() as warehouse:
        raw = RawVersions(warehouse)
        for user_id, items in ((3, [10, 77]), (9, [11, 10])):  # nobody knows track 77 nor user 9 yet
            raw.record(5, user_id, items, created_at=BORN + timedelta(days=1))
        blank = {"listen_id": "blank", "user_id": 3, "track_id": None, "position": 2}
        stray = {"listen_id": "stray", "user_id": 9, "track_id": 12, "position": 2, "run_number": 4}
        at = {"source_epoch": 1, "source_record_at": BORN + timedelta(days=1), "occurrence": 0, "run_id": "run-5"}
        listens = [at | {"run_number": 5, "extracted_at": day(5)} | listen for listen in (blank, stray)]
        warehouse.append(tables.SRC_LISTENS, tables.SRC_LISTENS.rows(listens))
        raw.finished(5)
    home.transform()
    rejected = "SELECT listen_id, reason FROM staging.stg_rejected_listens ORDER BY 1"
    assert home.read(rejected) == [("blank", "no track id"), ("stray", "no record")]
    with home.write() as warehouse:
        raw = RawVersions(warehouse)
        raw.track(6, 77, "late")
        raw.user(6, 9, "late@example.org")
        raw.finished(6)
    assert home.transform().scope.startswith("changes after run")
    assert home.read(rejected) == [("blank", "no track id"), ("stray", "no record")]


def test_what_is_told_is_one_fact_whatever_the_batch_does(tmp_path: Path) -> None:
    """Told first, then shown, then gone; told last; told only, of people and tracks that come later; day = rebuild."""
    home = build_home(tmp_path, four_days)
    home.transform()
    born = BORN + timedelta(days=1)

    def at(run: int) -> datetime:
        return day(run) - timedelta(minutes=run)

    steps: dict[int, Any] = {
        5: lambda raw: (
            raw.told(5, ListenEvent.of(3, 10, at(5), source_record_at=born)),  # the batch will show it
            raw.told(5, ListenEvent.of(3, 11, at(5), source_record_at=born)),  # it never will
            raw.told(5, ListenEvent.of(19, 77, at(5))),  # nobody knows either yet
        ),
        6: lambda raw: raw.record(6, 3, [12, 10], created_at=born),
        7: lambda raw: (
            raw.told(7, ListenEvent.of(3, 12, at(7), source_record_at=born)),  # too late to say when
            raw.track(7, 77, "late"),
        ),
        8: lambda raw: (raw.record(8, 3, [12], change="updated", created_at=born), raw.user(8, 19, "late@example.org")),
    }
    query = (
        "SELECT source_track_id, origin, is_deleted, listened_at, user_id, track_id FROM core.fact_listen_history "
        "WHERE source_user_id = 19 OR source_record_at > '2024-02-02' ORDER BY source_user_id, source_track_id"
    )
    found: dict[int, list[tuple[Any, ...]]] = {}
    for run, change in steps.items():
        with home.write() as warehouse:
            raw = RawVersions(warehouse)
            change(raw)
            raw.finished(run)
        assert home.transform().scope.startswith("changes after run")
        found[run] = home.read(query)
    daily = built_contents(tmp_path)
    home.transform(full_refresh=True)
    assert built_contents(tmp_path) == daily
    assert found[5] == [
        (10, "stream", False, at(5), 3, 10),
        (11, "stream", False, at(5), 3, 11),
        (77, "stream", False, at(5), -1, -1),
    ]
    shown = (born - timedelta(hours=1)).replace(tzinfo=UTC)  # the record's, in Paris
    assert found[6][:3] == [
        (10, "batch", False, at(5), 3, 10),
        (11, "stream", False, at(5), 3, 11),
        (12, "batch", False, shown, 3, 12),
    ]
    assert found[7][2:] == [(12, "batch", False, shown, 3, 12), (77, "stream", False, at(5), -1, 77)]
    assert found[8] == [
        (10, "batch", True, at(5), 3, 10),
        (11, "stream", False, at(5), 3, 11),
        (12, "batch", False, shown, 3, 12),
        (77, "stream", False, at(5), 19, 77),
    ]


def test_taste_is_excluded_in_the_past_too_and_comes_back(tmp_path: Path) -> None:
    home = build_home(tmp_path, four_days)
    home.transform()
    query = "SELECT user_id, track_id, plays FROM marts.interactions ORDER BY 1, 2"
    before = home.read(query)
    user_id, track_id, _ = before[0]
    for run, is_active in ((5, True), (6, False)):
        with home.write() as warehouse:
            raw = RawVersions(warehouse)
            raw.told(run, TasteExclusion.of(user_id, ExclusionKind.TRACK, track_id, day(run), is_active=is_active))
            raw.finished(run)
        assert home.transform().scope.startswith("changes after run")
        assert home.read(query) == (before[1:] if is_active else before)
        counted = "SELECT count(*) FROM core.excluded_listens"
        assert (home.read(counted)[0][0] > 0) is is_active


def test_feedback_counts_all_who_saw_something(tmp_path: Path) -> None:
    """Shown on one day, judged on the next, heard on the third: the day on which it was shown knows it all."""
    home = build_home(tmp_path, four_days)
    shown_at = day(5) - timedelta(hours=1)
    issued = {
        name: Issued(user, track, "als-1", "page", shown_at) for name, user, track in [("a", 1, 10), ("b", 2, 11)]
    }
    steps: dict[int, Any] = {
        5: lambda raw: [raw.told(5, exposure(name, one)) for name, one in issued.items()],
        6: lambda raw: raw.told(6, Feedback.of("a", issued["a"], FeedbackKind.USEFUL, day(5))),
        7: lambda raw: raw.told(7, ListenEvent.of(2, 11, day(6))),
    }
    found = []
    for run, change in steps.items():
        with home.write() as warehouse:
            raw = RawVersions(warehouse)
            change(raw)
            raw.finished(run)
        home.transform()
        found += home.read(
            "SELECT exposures, users_exposed, users_judged, usefulness_rate, listened_after FROM marts.usefulness_days"
        )
    assert found == [(2, 2, 0, 0.0, 0), (2, 2, 1, 0.5, 0), (2, 2, 1, 0.5, 1)]
    answers = "SELECT recommendation_id, is_useful, is_listened_after FROM marts.recommendation_feedback ORDER BY 1"
    assert home.read(answers) == [("a", True, False), ("b", None, True)]


def _change(rng: random.Random, items: list[int]) -> list[int]:
    kept = [item for item in items if rng.random() < 0.9]
    if rng.random() < 0.2:
        rng.shuffle(kept)
    new = [100 + rng.randrange(20) for _ in range(rng.randrange(4))]
    return new + kept if rng.random() < 0.5 else kept + new


def _all_tables(home: Home) -> dict[str, list[str]]:
    """Every table of the built layers, as sorted text."""
    names = home.read(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_schema IN ('staging', 'history', 'core', 'marts') AND table_type = 'BASE TABLE' "
        "AND table_name <> 'recommendations'"
    )
    return {
        name: [row for (row,) in home.read(f"SELECT CAST(t AS VARCHAR) FROM {name} AS t ORDER BY 1")]
        for (name,) in names
    }
