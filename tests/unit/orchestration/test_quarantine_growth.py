"""The quarantine's sensor: what it sees in Dagster's events, and when it asks for a review."""

from __future__ import annotations

import unittest

import dagster as dg

from ritournelle.orchestration.keys import QUARANTINE
from ritournelle.orchestration.quarantine_growth import OPEN_ROWS, quarantine_sensor


@dg.job(name="quarantine_review")
def review_job() -> None:
    """Stands for the review."""


class TestQuarantineSensor(unittest.TestCase):
    def setUp(self) -> None:
        self.instance = self.enterContext(dg.DagsterInstance.ephemeral())
        self.sensor = quarantine_sensor(review_job)
        self.cursor: str | None = None

    def look(self, waiting: int | None = None) -> int:
        """The number of runs that a look asks for, after an extract with so many rows that wait."""
        if waiting is not None:
            metadata = {OPEN_ROWS: waiting}
            self.instance.report_runless_asset_event(dg.AssetMaterialization(QUARANTINE, metadata=metadata))
        with dg.build_sensor_context(instance=self.instance, cursor=self.cursor) as context:
            data = self.sensor.evaluate_tick(context)
        self.cursor = data.cursor or self.cursor
        return len(data.run_requests or [])

    def test_nothing_was_extracted_yet(self) -> None:
        self.assertEqual(self.look(), 0)

    def test_growth_is_reviewed_once(self) -> None:
        self.assertEqual([self.look(0), self.look(3), self.look(), self.look(3), self.look(4)], [0, 1, 0, 0, 1])

    def test_after_a_replay_growth_counts_from_there(self) -> None:
        self.assertEqual([self.look(5), self.look(1), self.look(2)], [1, 0, 1])


if __name__ == "__main__":
    unittest.main()
