"""Train and register a model, if the data or the config changed since the champion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import pyarrow as pa

import ritournelle
from ritournelle.errors import ModelError
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.factory import create_recommender
from ritournelle.registry.base import Registry
from ritournelle.registry.contents import MODEL_FOLDER, write_track_ids
from ritournelle.registry.manifest import Manifest
from ritournelle.training.dataset import TrainingData, training_data

_LIBRARIES = ("implicit", "numpy", "scipy")


@dataclass(frozen=True)
class TrainingOutcome:
    """The manifest now in force, whether it is new, and why."""

    manifest: Manifest
    trained: bool
    why: str


def train(
    table: pa.Table,
    *,
    model_name: str,
    registry: Registry,
    now: datetime,
    options: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> TrainingOutcome:
    """Train `model_name` on the interactions mart, register it, and make it the champion.

    `options` is the recommender's config, `seed` included. If the champion comes from the same data and config,
    nothing is trained. Killed at any point, the champion of before serves, and the next run repairs. Raises
    `NothingToLearnError`, `ModelError`, and `SettingsError` for an unknown name or option.
    """
    recommender = create_recommender(model_name, **(options or {}))
    data = training_data(table)
    wanted = _manifest(recommender, data, now)
    champion, why = _changes(registry, wanted)
    if champion is not None and not why:
        return TrainingOutcome(champion, False, f"data and config are those of {champion.version}")
    version = _registered_before(registry, wanted)
    if version is None:
        recommender.fit(data.interactions.matrix, progress=progress)
        version = registry.register(wanted, lambda folder: _save(folder, recommender, data))
    registry.promote(version)
    return TrainingOutcome(registry.load(version).manifest, True, why)


def _registered_before(registry: Registry, wanted: Manifest) -> str | None:
    """The newest version of the same data and config: a run that was killed before it promoted has left one."""
    for version in reversed(registry.versions()):
        try:
            manifest = registry.load(version).manifest
        except ModelError:
            continue
        if not any(_differences(manifest, wanted).values()):
            return version
    return None


def _changes(registry: Registry, wanted: Manifest) -> tuple[Manifest | None, str]:
    """The champion's manifest, and in what it differs from the wanted one: "" if in nothing that matters."""
    try:
        name = registry.champion()
        if name is None:
            return None, "there is no champion yet"
        champion = registry.load(name).manifest
    except ModelError as error:
        return None, f"the champion cannot be used: {error}"
    reasons = [what for what, differs in _differences(champion, wanted).items() if differs]
    return champion, " and ".join(reasons) and f"{' and '.join(reasons)} changed since {name}"


def _differences(champion: Manifest, wanted: Manifest) -> dict[str, bool]:
    return {
        "the model": champion.model != wanted.model,
        "its config": champion.model == wanted.model and dict(champion.config) != dict(wanted.config),
        "the data": champion.content_hash != wanted.content_hash,
    }


def _manifest(recommender: Recommender, data: TrainingData, now: datetime) -> Manifest:
    interactions = data.interactions
    return Manifest(
        model=recommender.name,
        config=recommender.config.model_dump(mode="json"),
        seed=recommender.config.seed,
        data_from=data.first_listened_at,
        data_to=data.last_listened_at,
        n_users=len(interactions.users),
        n_tracks=len(interactions.tracks),
        n_interactions=interactions.matrix.nnz,
        content_hash=data.content_hash,
        trained_at=now,
        code_version=ritournelle.__version__,
        library_versions={library: installed_version(library) for library in _LIBRARIES},
    )


def _save(folder: Path, recommender: Recommender, data: TrainingData) -> None:
    recommender.save(folder / MODEL_FOLDER)
    write_track_ids(folder, data.interactions.tracks)
