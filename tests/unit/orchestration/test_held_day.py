"""Which stages a Dagster run has, and what an instance of Dagster is given."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import dagster as dg

from ritournelle.day import STAGES
from ritournelle.orchestration.__main__ import INSTANCE, prepare
from ritournelle.orchestration.held_day import planned_stages
from ritournelle.orchestration.keys import INGESTED, PUBLICATION, RECOMMENDATIONS


def run(**options: object) -> dg.DagsterRun:
    return dg.DagsterRun(job_name="daily", **options)  # type: ignore[arg-type]


class TestPlannedStages(unittest.TestCase):
    def test_a_whole_run_has_all_of_them(self) -> None:
        self.assertEqual(planned_stages(None), STAGES)
        self.assertEqual(planned_stages(run()), STAGES)

    def test_a_selection_has_the_stages_of_its_assets_in_their_order(self) -> None:
        selected = frozenset({PUBLICATION, RECOMMENDATIONS, dg.AssetKey(["marts", "interactions"])})
        self.assertEqual(planned_stages(run(asset_selection=selected)), ("transform", "recommend", "publish"))
        self.assertEqual(planned_stages(run(asset_selection=frozenset(INGESTED))), ("ingest",))

    def test_a_run_from_the_failure_on_has_the_steps_that_are_left(self) -> None:
        self.assertEqual(planned_stages(run(step_keys_to_execute=["publish", "train"])), ("train", "publish"))


class TestInstance(unittest.TestCase):
    def test_a_folder_for_dagster_is_made_once(self) -> None:
        with tempfile.TemporaryDirectory() as home:
            folder = prepare(Path(home))
            self.assertEqual((folder / "dagster.yaml").read_text(), INSTANCE.read_text())
            (folder / "dagster.yaml").write_text("# mine\n")
            self.assertEqual(prepare(Path(home)), folder)
            self.assertEqual((folder / "dagster.yaml").read_text(), "# mine\n")


if __name__ == "__main__":
    unittest.main()
