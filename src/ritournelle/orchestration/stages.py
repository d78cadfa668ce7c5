"""Which stage of the day makes an asset, and that only one run at a time may write."""

from __future__ import annotations

import dagster as dg

from ritournelle.orchestration.keys import CHAMPION, INGESTED, MODEL_QUALITY, PUBLICATION, RECOMMENDATIONS

WAREHOUSE_POOL = "ritournelle_warehouse"
"""Every op is in this pool; `dagster.yaml` lets one run at a time into it, so that others queue for the lock."""

_MADE_BY_PYTHON = {
    **dict.fromkeys(INGESTED, "ingest"),
    CHAMPION: "train",
    MODEL_QUALITY: "train",
    RECOMMENDATIONS: "recommend",
    PUBLICATION: "publish",
}


def stage_of(key: dg.AssetKey) -> str:
    """The stage, which is also the name of the op; what Python does not make, dbt does."""
    return _MADE_BY_PYTHON.get(key, "transform")
