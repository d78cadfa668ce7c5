"""What `ops.runs` and `ops.run_steps` tell of a run."""

from __future__ import annotations

import json
import unittest
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ritournelle import __version__
from ritournelle.runs.record import Step, begin_run, end_run, note_step
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import RUN_STEPS, RUNS


class RecordTest(unittest.TestCase):
    def setUp(self) -> None:
        self.warehouse = DuckDBWarehouse(Path(":memory:"))
        self.addCleanup(self.warehouse.close)
        self.warehouse.ensure([RUNS, RUN_STEPS])

    def rows(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.warehouse.read(f"SELECT * FROM {table} ORDER BY run_number").to_pylist()
        return found

    def test_a_run_from_begin_to_end(self) -> None:
        run = begin_run(self.warehouse, "ingest", date(2024, 3, 1))
        (row,) = self.rows("ops.runs")
        self.assertEqual((row["status"], row["finished_at"], row["verb"]), ("running", None, "ingest"))
        self.assertEqual((row["logical_date"], row["code_version"]), (date(2024, 3, 1), __version__))
        self.assertEqual(row["started_at"], run.started_at)
        end_run(self.warehouse, run, "failed", "users: answered status 500")
        (row,) = self.rows("ops.runs")
        self.assertEqual((row["run_id"], row["status"]), (run.run_id, "failed"))
        self.assertEqual((row["message"], row["verb"]), ("users: answered status 500", "ingest"))
        self.assertGreaterEqual(row["duration_seconds"], 0)
        self.assertLess(datetime.now(UTC) - row["finished_at"], timedelta(minutes=1))

    def test_numbers_count_and_ids_differ(self) -> None:
        runs = [begin_run(self.warehouse, "run") for _ in range(3)]
        self.assertEqual([run.run_number for run in runs], [1, 2, 3])
        self.assertEqual(len({run.run_id for run in runs}), 3)
        self.assertEqual(sorted(run.run_id for run in runs), [run.run_id for run in runs])

    def test_the_day_of_a_run_is_today_unless_it_is_given(self) -> None:
        run = begin_run(self.warehouse, "run")
        self.assertEqual(run.logical_date, run.started_at.date())

    def test_a_run_that_a_crash_left_behind_is_marked(self) -> None:
        killed = begin_run(self.warehouse, "ingest")
        done = begin_run(self.warehouse, "ingest")
        end_run(self.warehouse, done, "succeeded")
        begin_run(self.warehouse, "run")
        first, second, third = self.rows("ops.runs")
        self.assertEqual((first["run_id"], first["status"]), (killed.run_id, "killed"))
        self.assertEqual(first["message"], "the process ended without a word")
        self.assertIsNotNone(first["finished_at"])
        self.assertEqual((second["status"], third["status"]), ("succeeded", "running"))

    def test_steps(self) -> None:
        run = begin_run(self.warehouse, "ingest")
        began = run.started_at
        users = Step("ingest", "succeeded", began, source="users", measures={"landed": 3, "proven_snapshot": True})
        note_step(self.warehouse, run, users)
        note_step(self.warehouse, run, Step("ingest", "failed", began, "status 500", source="tracks"))
        note_step(
            self.warehouse, run, Step("transform", "skipped", began, details={"why": "naïve", "when": date(2024, 1, 1)})
        )
        rows = {(row["step"], row["source"]): row for row in self.rows("ops.run_steps")}
        landed = rows["ingest", "users"]
        self.assertEqual((landed["landed"], landed["proven_snapshot"], landed["deleted"]), (3, True, None))
        self.assertEqual((landed["run_id"], landed["run_number"], landed["details"]), (run.run_id, 1, "{}"))
        self.assertEqual(
            (rows["ingest", "tracks"]["status"], rows["ingest", "tracks"]["message"]), ("failed", "status 500")
        )
        self.assertEqual(json.loads(rows["transform", ""]["details"]), {"why": "naïve", "when": "2024-01-01"})

    def test_a_step_noted_again_takes_the_place_of_the_first(self) -> None:
        run = begin_run(self.warehouse, "ingest")
        for status in ("failed", "succeeded"):
            note_step(self.warehouse, run, Step("ingest", status, run.started_at, source="users"))
        self.assertEqual([row["status"] for row in self.rows("ops.run_steps")], ["succeeded"])

    def test_a_step_as_the_commands_print_it(self) -> None:
        step = Step("ingest", "failed", datetime.now(UTC), "why", source="users").to_dict()
        self.assertEqual(
            (step["step"], step["status"], step["message"], step["source"]), ("ingest", "failed", "why", "users")
        )
        self.assertNotIn("source", Step("transform", "succeeded", datetime.now(UTC)).to_dict())
