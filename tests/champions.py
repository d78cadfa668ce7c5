"""Champions for tests: a model fitted on a mart, registered and promoted, without a gate."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from ritournelle.recommenders.factory import create_recommender
from ritournelle.registry.base import Registry
from ritournelle.registry.contents import MODEL_FOLDER, write_track_ids
from ritournelle.registry.manifest import Manifest
from ritournelle.training.dataset import training_data


def promote_model(registry: Registry, mart: pa.Table, now: datetime, family: str = "als", **options: Any) -> str:
    """The version that serves now, learnt from a table like `marts.interactions`."""
    data = training_data(mart)
    model = create_recommender(family, **options).fit(data.matrix)
    manifest = Manifest(
        model=family,
        config=model.config.model_dump(mode="json"),
        seed=model.config.seed,
        data_from=None,
        data_to=now,
        n_users=len(data.users),
        n_tracks=len(data.tracks),
        n_interactions=data.matrix.nnz,
        content_hash=data.content_hash,
        trained_at=now,
        code_version="0",
        library_versions={},
    )

    def save(folder: Path) -> None:
        model.save(folder / MODEL_FOLDER)
        write_track_ids(folder, data.tracks)

    version = registry.register(manifest, save)
    registry.promote(version)
    return version
