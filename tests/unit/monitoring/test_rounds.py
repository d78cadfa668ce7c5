"""The rounds against a small DuckDB warehouse: what is gathered, what is mirrored, what holds, what is told."""

from __future__ import annotations

import json
import re
import shutil
import unittest
from collections import namedtuple
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from ritournelle.domain.clock import utc_now
from ritournelle.errors import HeldError, WarehouseBusyError
from ritournelle.monitoring.checkup import Checkup
from ritournelle.monitoring.health import Health
from ritournelle.monitoring.incidents import Change
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.observing.facts import facts_of
from ritournelle.monitoring.observing.history import History, PastRun, PastStep, keep_run
from ritournelle.monitoring.parts import part_of
from ritournelle.monitoring.reserve import RESERVED_BYTES, Reserve
from ritournelle.monitoring.rounds import Rounds, Watched
from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.registry.store import LocalRegistry
from ritournelle.runs.record import Run, Step, begin_run, end_run, note_step
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import QUARANTINE_ROWS, SRC_USERS, TABLES

RULES = load_rules(SENSORS)
DETAILS = {"passes": 2, "source_epoch": 1, "warnings": [], "request_seconds": 0.2}
MEASURES = {"announced": 100, "landed": 100, "proven_snapshot": True, "requests": 4, "retries": 0, "quarantined": 0}


def ingested(source: str, status: str = "succeeded", **details: Any) -> Step:
    """The step of a source that was read."""
    return Step("ingest", status, utc_now(), "", source, MEASURES, DETAILS | details)


def tell_nobody(at: datetime) -> None:
    """No channel of alerts."""
    del at


class RoundsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        self.path = self.home / "warehouse.duckdb"
        self.journal = Journal(self.home / "operations.db")
        self.told: list[Change] = []
        with self.warehouse() as warehouse:
            warehouse.ensure(TABLES)

    def warehouse(self) -> Warehouse:
        """For writing."""
        return DuckDBWarehouse(self.path, threads=1)

    def rounds(self, **changes: Any) -> Rounds:
        """The watch over this home."""
        parts = {
            "home": self.home,
            "warehouse_file": self.path,
            "open_warehouse": lambda: DuckDBWarehouse(self.path, threads=1, read_only=True),
            "registry": LocalRegistry(self.home / "registry"),
            "metric": "ndcg@20",
        }
        return Rounds(Watched(**(parts | changes)), self.journal, RULES, notify=self.told.extend)

    def run_day(self, *steps: Step, status: str = "succeeded", rounds: Rounds | None = None) -> tuple[Run, Step, Any]:
        """A run of these steps, from begin to end; the run, its health step, and what `--json` says."""
        checkup = Checkup(rounds or self.rounds(), tell_nobody)
        with self.warehouse() as warehouse:
            run = begin_run(warehouse, "run")
        checkup.begin(run)
        with self.warehouse() as warehouse:
            for step in steps:
                note_step(warehouse, run, step)
            end_run(warehouse, run, status)
        step, told = checkup.end(run, steps, status, "")
        return run, step, told

    def test_a_good_run_is_kept_and_told_good(self) -> None:
        run, step, told = self.run_day(ingested("users"), ingested("tracks"))
        self.assertEqual((step.status, step.message, told["health"]), ("succeeded", "health: good", "good"))
        self.assertEqual(told["fired"], [])
        (kept,) = History.read(self.journal, utc_now()).runs
        self.assertEqual((kept.run_id, kept.status), (run.run_id, "succeeded"))
        self.assertEqual([one.step for one in kept.steps], ["ingest", "ingest", "health"])
        self.assertGreater(kept.peak_memory_bytes or 0, 10_000_000)
        self.assertEqual(self.told, [])

    def test_a_failed_source_opens_an_incident_that_is_told_once_and_closes_itself(self) -> None:
        bad = replace(ingested("users", "failed", problem="TransientSourceError"), message="no answer")
        for expected in (2, 0):
            self.told.clear()
            _, _, told = self.run_day(bad, status="failed")
            self.assertEqual({one["sensor"] for one in told["fired"]}, {"source_reachable", "run_outcome"})
            self.assertEqual(len(self.told), expected)
        self.told.clear()
        self.run_day(ingested("users"))
        self.assertEqual({change.incident.sensor for change in self.told}, {"source_reachable", "run_outcome"})
        self.assertEqual(self.journal.open_incidents(), [])

    def test_a_watch_that_fails_is_a_warning_and_no_more(self) -> None:
        rounds = self.rounds()
        (self.home / "operations.db").write_bytes(b"no database at all" * 500)
        _, step, told = self.run_day(ingested("users"), rounds=rounds)
        self.assertEqual(step.status, "skipped")
        self.assertIn("health could not be judged", step.message)
        self.assertIn("health could not be judged", told["problem"])
        run = Run("r", 9, "run", utc_now().date(), utc_now())
        Checkup(rounds, tell_nobody).require_free("publish", run, ())  # holds nothing

    def test_a_warehouse_that_does_not_open_at_the_end_is_an_incident(self) -> None:
        def refuse() -> Warehouse:
            raise WarehouseBusyError("somebody has it open")

        _, step, told = self.run_day(ingested("users"), rounds=self.rounds(open_warehouse=refuse))
        self.assertEqual(step.status, "succeeded")
        self.assertEqual([one["sensor"] for one in told["fired"]], ["warehouse"])

    def test_a_run_that_cannot_begin_leaves_its_word(self) -> None:
        found = self.rounds().refused("run", WarehouseBusyError("somebody has it open"))
        self.assertEqual([one.sensor for one in found.fired], ["warehouse"])
        full = self.rounds().refused("run", OSError(28, "No space left on device"))
        self.assertEqual([one.sensor for one in full.fired], ["disk_space"])
        self.assertEqual(len(self.journal.rows("SELECT * FROM refusals")), 2)
        self.assertIs(self.rounds().report().health, Health.CRITICAL)

    def test_a_collapsed_mart_holds_publication_but_not_after_a_new_epoch(self) -> None:
        def days(**measures: Any) -> None:
            begun = utc_now() - timedelta(days=1)
            rows = {"marts.interactions": 1000, "staging.changed_days": 9}
            steps = [
                PastStep("ingest", "users", "succeeded", begun, begun, "", measures, {"source_epoch": 2}),
                PastStep("transform", "", "succeeded", begun, begun, "", {}, {"rows": rows}),
                PastStep("publish", "", "succeeded", begun, begun),
            ]
            keep_run(self.journal, PastRun("r1", 1, "run", "2026-11-24", "succeeded", begun, begun, steps=steps))

        days()
        today = Run("r2", 2, "run", utc_now().date(), utc_now())
        built = Step("transform", "succeeded", utc_now(), details={"rows": {"marts.interactions": 90}})
        for stage in ("train", "publish"):
            with self.assertRaisesRegex(HeldError, "only 90 rows are left of the usual 1000") as caught:
                Checkup(self.rounds(), tell_nobody).require_free(stage, today, (built,))
            self.assertEqual(caught.exception.sensors, ("mart_volume",))
        Checkup(self.rounds(), tell_nobody).require_free("recommend", today, (built,))
        new_epoch = replace(ingested("users"), measures=MEASURES | {"source_epoch_changed": True})
        Checkup(self.rounds(), tell_nobody).require_free("publish", today, (new_epoch, built))

    def test_a_data_test_that_failed_yesterday_holds_nothing_that_was_built_anew(self) -> None:
        yesterday, now = Run("r1", 1, "run", utc_now().date(), utc_now()), utc_now()
        failed = {
            "run_id": "r1",
            "check_name": "not_empty_interactions_",
            "kind": "not_empty",
            "target": "interactions",
        }
        found = {"severity": "block", "outcome": "failed", "failures": 1, "message": "", "checked_at": now}
        self.journal.keep_rows("check_results", [failed | found])
        today = Run("r2", 2, "run", utc_now().date(), utc_now())
        checkup = Checkup(self.rounds(), tell_nobody)
        with self.assertRaisesRegex(HeldError, "interactions"):  # `ritournelle train` alone, on what yesterday left
            checkup.require_free("train", yesterday, ())
        checkup.require_free("train", today, (Step("transform", "succeeded", utc_now()),))

    def test_runs_of_before_the_journal_are_known(self) -> None:
        with self.warehouse() as warehouse:
            for _ in range(3):
                run = begin_run(warehouse, "run")
                note_step(warehouse, run, ingested("users"))
                end_run(warehouse, run, "succeeded")
        self.run_day(ingested("users"))
        runs = History.read(self.journal, utc_now()).runs
        self.assertEqual([run.run_number for run in runs], [1, 2, 3, 4])
        self.assertEqual(runs[0].steps[0].measures["landed"], 100)
        self.assertEqual(runs[0].steps[0].details["source_epoch"], 1)

    def test_what_a_killed_run_did_is_known_afterwards(self) -> None:
        checkup = Checkup(self.rounds(), tell_nobody)
        with self.warehouse() as warehouse:
            killed = begin_run(warehouse, "run")
            checkup.begin(killed)
            note_step(warehouse, killed, ingested("users"))
        self.assertIs(self.rounds().look().health, Health.CRITICAL)
        self.run_day(ingested("users"))
        first, _ = History.read(self.journal, utc_now()).runs
        self.assertEqual((first.status, [step.step for step in first.steps]), ("killed", ["ingest"]))
        self.assertEqual(self.journal.open_incidents(), [])

    def test_quarantine_and_collisions_are_counted_by_what_is_wrong(self) -> None:
        now = utc_now()

        def bad(number: int, reason: str, kind: str = "contract", run_id: str = "r2") -> dict[str, Any]:
            names = {"quarantine_id": str(number), "source": "users", "kind": kind, "reason": reason}
            return names | {"run_id": run_id, "status": "open"}

        def version(identifier: int, run_number: int, name: str, days: int, change: str = "updated") -> dict[str, Any]:
            born = now.replace(tzinfo=None) - timedelta(days=days)
            marks = {"source_epoch": 1, "run_number": run_number, "change_type": change, "identity_hash": name}
            return marks | {"id": identifier, "created_at": born}

        with self.warehouse() as warehouse:
            rows = [bad(1, "id: is null"), bad(2, "id: is -1"), bad(3, "", "conflict"), bad(4, "id", run_id="r1")]
            warehouse.append(QUARANTINE_ROWS, QUARANTINE_ROWS.rows(rows))
            versions = [
                version(1, 1, "ada", 9, "inserted"),
                version(2, 1, "bob", 9, "inserted"),
                version(3, 1, "cy", 9, "inserted"),
                version(1, 2, "eve", 2),  # somebody else
                version(2, 2, "rob", 9),  # renamed
                version(3, 2, "cy", 9),
            ]
            warehouse.append(SRC_USERS, SRC_USERS.rows(versions))
            step = PastStep("ingest", "users", "succeeded", now, now, measures={"updated": 3})
            run = PastRun("r2", 2, "run", "2026-11-25", "succeeded", now, now, steps=[step])
            facts = facts_of(warehouse, run, now)
        self.assertEqual(facts["quarantine"], {"users": {"waiting": 4, "new": {"id": 2}, "contradictions": 1}})
        self.assertEqual(facts["collisions"], {"users": 1})
        self.assertEqual(json.loads(json.dumps(facts)), facts)


class PartsTest(unittest.TestCase):
    def test_every_subject_belongs_somewhere(self) -> None:
        tables = ("marts.interactions", "core.dim_users")
        for subject, wanted in {
            "users": ("sources", "users"),
            "users.gender": ("sources", "users"),
            "interactions": ("marts", "marts.interactions"),
            "dim_users": ("layers", "core"),
            "stg_tracks": ("layers", "staging"),
            "src_users": ("layers", "raw"),
            "published": ("layers", "published"),
            "pipeline": ("platform", "pipeline"),
            "model": ("model", "model"),
            "mailto": ("platform", "mailto"),
        }.items():
            self.assertEqual(part_of(subject, tables), wanted)


class ReserveTest(unittest.TestCase):
    def test_the_room_is_given_back_when_nothing_else_is_left(self) -> None:
        usage = namedtuple("usage", "total used free")
        with TemporaryDirectory() as folder:
            reserve, path = Reserve(Path(folder)), Path(folder) / "operations.reserve"
            reserve.keep()
            self.assertEqual(path.stat().st_size, RESERVED_BYTES)
            reserve.give()
            self.assertTrue(path.exists())
            with patch.object(shutil, "disk_usage", return_value=usage(1, 1, 0)):
                reserve.give()
                reserve.keep()
            self.assertFalse(path.exists())


class SentencesTest(unittest.TestCase):
    def test_both_languages_use_the_same_facts_and_say_all_there_is_to_say(self) -> None:
        for name, rule in RULES.by_sensor.items():
            for part in ("title", "meaning", "fired", "passed", "done", "action"):
                text = getattr(rule, part)
                with self.subTest(sensor=name, part=part):
                    self.assertTrue(text.en and text.fr)
                    facts = [
                        {fact.removesuffix("_fr") for fact in re.findall(r"{(\w+)}", told)}
                        for told in (text.en, text.fr)
                    ]
                    self.assertEqual(facts[0], facts[1])
