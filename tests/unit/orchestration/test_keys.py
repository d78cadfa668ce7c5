"""Assets are called as the tables that the ingestion writes."""

from __future__ import annotations

import unittest

from ritournelle.ingestion.event_rows import LANDINGS
from ritournelle.orchestration.keys import EVENTS, INGESTED, name_of


class TestKeys(unittest.TestCase):
    def test_every_topic_that_is_loaded_is_an_asset_of_the_ingest(self) -> None:
        loaded = {topic: str(landing.table) for topic, landing in LANDINGS.items()}
        self.assertEqual({topic: name_of(key) for topic, key in EVENTS.items()}, loaded)
        self.assertLess(set(EVENTS.values()), set(INGESTED))


if __name__ == "__main__":
    unittest.main()
