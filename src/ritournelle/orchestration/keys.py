"""How assets are called: by layer and table, as in the warehouse."""

from __future__ import annotations

import dagster as dg

from ritournelle.domain.sources import Source
from ritournelle.streaming.topics import Topic

EXTRACTS = {source: dg.AssetKey(["raw", f"src_{source}"]) for source in Source}
LISTENS = dg.AssetKey(["raw", "src_listens"])
EVENTS = {
    Topic.LISTENS: dg.AssetKey(["raw", "src_listen_events"]),
    Topic.FEEDBACK: dg.AssetKey(["raw", "src_feedback"]),
    Topic.EXPOSURES: dg.AssetKey(["raw", "src_exposures"]),
    Topic.TASTE_EXCLUSIONS: dg.AssetKey(["raw", "src_taste_exclusions"]),
}
"""What was told through the event log."""
QUARANTINE = dg.AssetKey(["quarantine", "rows"])
CHAMPION = dg.AssetKey(["model", "champion"])
MODEL_QUALITY = dg.AssetKey(["marts", "model_quality_days"])
RECOMMENDATIONS = dg.AssetKey(["marts", "recommendations"])
PUBLICATION = dg.AssetKey(["published", "warehouse"])

INGESTED = (*EXTRACTS.values(), LISTENS, *EVENTS.values(), QUARANTINE)


def group_of(key: dg.AssetKey) -> str:
    """Its layer: raw, staging, history, core, marts, model, published, quarantine, ops."""
    return key.path[0]


def name_of(key: dg.AssetKey) -> str:
    """As the warehouse writes it: `marts.interactions`."""
    return ".".join(key.path)
