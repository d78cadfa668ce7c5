"""The rows of `marts.model_quality_days`: what a night's challenger, the champion and popularity reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from ritournelle.registry.manifest import Manifest
from ritournelle.training.birth import OF_SLICE
from ritournelle.training.judge import POPULARITY
from ritournelle.warehouse.tables import MODEL_QUALITY_DAYS

_ALL = "all"


def quality_rows(manifest: Manifest) -> pa.Table:
    """One row per role × slice × metric; none if the version was never judged.

    They follow from the manifest alone, so that a run that was killed before it wrote them loses nothing.
    """
    shared = {
        "challenger_version": manifest.version,
        "quality_date": manifest.trained_at.date(),
        "measured_at": manifest.trained_at,
        "task": manifest.task,
        "is_promoted": bool(manifest.decision.get("promote")),
        "judged_on": manifest.window,
    }
    return MODEL_QUALITY_DAYS.rows(
        [shared | who | row for who, reached in _roles(manifest) for row in _values(reached)]
    )


def _roles(manifest: Manifest) -> Iterator[tuple[dict[str, Any], Mapping[str, float]]]:
    """Who was judged, with what it reached."""
    if manifest.metrics:
        who = {"role": "challenger", "model_version": manifest.version, "family": manifest.model}
        yield who, manifest.metrics
    for name, reached in manifest.compared.items():
        is_popularity = name == POPULARITY
        yield {
            "role": POPULARITY if is_popularity else "champion",
            "model_version": None if is_popularity else name,
            "family": POPULARITY if is_popularity else name.rpartition("-")[0],
        }, reached


def _values(reached: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    for name, value in reached.items():
        metric, _, slice_name = name.partition(OF_SLICE)
        cases = reached.get(f"cases{OF_SLICE}{slice_name}" if slice_name else "cases", 0.0)
        if metric != "cases":
            yield {"slice": slice_name or _ALL, "metric": metric, "value": value, "cases": int(cases)}
