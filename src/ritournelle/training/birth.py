"""The birth certificate: the manifest of a model that was just trained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version as installed_version

import ritournelle
from ritournelle.evaluation.evaluate import Evaluation
from ritournelle.recommenders.base import Recommender
from ritournelle.registry.manifest import Manifest
from ritournelle.training.choose import Choice
from ritournelle.training.fitting import Start
from ritournelle.training.judge import Judgement
from ritournelle.training.material import Material
from ritournelle.training.rules import TrainingRules

OF_SLICE = " of "
"""Between the name of a metric and that of a slice."""
_LIBRARIES = ("implicit", "numpy", "scipy")


@dataclass(frozen=True)
class Circumstances:
    """How a model came to be trained: how it was judged, the choice it won and what it started from (or None), when."""

    judgement: Judgement
    choice: Choice | None
    start: Start | None
    now: datetime


def birth_certificate(
    model: Recommender, material: Material, rules: TrainingRules, circumstances: Circumstances
) -> Manifest:
    """From what, with what, when and why this model was trained; version and files are the registry's to fill in."""
    interactions, judgement = material.interactions, circumstances.judgement
    first, last = material.window
    choice, start = circumstances.choice, circumstances.start
    return Manifest(
        model=model.address(),
        config=model.config.model_dump(mode="json"),
        seed=model.config.seed,
        data_from=first,
        data_to=last,
        n_users=len(interactions.users),
        n_tracks=len(interactions.tracks),
        n_interactions=interactions.matrix.nnz,
        content_hash=material.content_hash,
        trained_at=circumstances.now,
        code_version=ritournelle.__version__,
        library_versions={library: installed_version(library) for library in _LIBRARIES},
        task=rules.split.task,
        window=judgement.window,
        metrics={} if judgement.reached is None else _flat(judgement.reached),
        compared={name: _flat(reached) for name, reached in (judgement.compared or {}).items()},
        decision={"promote": judgement.decision.promote, "reasons": list(judgement.decision.reasons)},
        tried=() if choice is None else tuple(trial.to_dict() for trial in choice.trials),
        started_from=None if start is None else start.version,
        recipe=rules.recipe,
    )


def _flat(reached: Evaluation) -> dict[str, float]:
    """Means over all cases by metric, and of slices as `metric of slice`; `cases` says how many were asked."""
    sliced = {
        f"{metric}{OF_SLICE}{name}": value for name, means in reached.slices.items() for metric, value in means.items()
    }
    return {**reached.summary, "cases": float(reached.cases), **sliced}
