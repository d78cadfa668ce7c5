"""The rows of `marts.model_quality_days`: what challenger, champion and popularity reached on one night's cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from ritournelle.domain.clock import utc_now
from ritournelle.evaluation.evaluate import Evaluation
from ritournelle.registry.manifest import Manifest
from ritournelle.runs.record import Run
from ritournelle.training.judge import POPULARITY, Judgement
from ritournelle.training.train import TrainingOutcome
from ritournelle.warehouse.tables import MODEL_QUALITY_DAYS

_ALL = "all"


def quality_rows(outcome: TrainingOutcome, run: Run) -> pa.Table:
    """One row per role × slice × metric; none if nothing was judged."""
    if outcome.manifest is None or outcome.judgement is None or outcome.judgement.reached is None:
        return MODEL_QUALITY_DAYS.rows([])
    shared = {
        "run_id": run.run_id,
        "run_number": run.run_number,
        "quality_date": run.logical_date,
        "measured_at": utc_now(),
        "task": outcome.manifest.task,
        "is_promoted": outcome.promoted,
        "judged_on": outcome.judgement.window,
    }
    roles = _roles(outcome.manifest, outcome.judgement)
    return MODEL_QUALITY_DAYS.rows([shared | who | row for who, reached in roles for row in _values(reached)])


def _roles(manifest: Manifest, judgement: Judgement) -> Iterator[tuple[dict[str, Any], Evaluation]]:
    """Who was judged, with what it reached."""
    if judgement.reached is not None:
        who = {"role": "challenger", "model_version": manifest.version, "family": manifest.model}
        yield who, judgement.reached
    for name, reached in (judgement.compared or {}).items():
        is_popularity = name == POPULARITY
        yield {
            "role": POPULARITY if is_popularity else "champion",
            "model_version": None if is_popularity else name,
            "family": POPULARITY if is_popularity else name.rpartition("-")[0],
        }, reached


def _values(reached: Evaluation) -> Iterator[dict[str, Any]]:
    for metric, value in reached.summary.items():
        yield {"slice": _ALL, "metric": metric, "value": value, "cases": reached.cases}
    for name, means in reached.slices.items():
        for metric, value in means.items():
            if metric != "cases":
                yield {"slice": name, "metric": metric, "value": value, "cases": int(means["cases"])}
