"""Fitting: one candidate on the whole material, warm from a former version where that is possible."""

from __future__ import annotations

from dataclasses import dataclass

from ritournelle.domain.interactions import IdMap
from ritournelle.recommenders.base import Progress, Recommender
from ritournelle.recommenders.factory import load_recommender
from ritournelle.registry.base import ModelVersion
from ritournelle.registry.contents import MODEL_FOLDER, read_track_ids
from ritournelle.training.material import Material
from ritournelle.training.candidate import Candidate


@dataclass(frozen=True)
class Start:
    """A fitted model to start from, with the version that it is and the tracks that it knows."""

    version: str
    model: Recommender
    tracks: IdMap

    @classmethod
    def of(cls, version: ModelVersion) -> Start:
        """Read a registered version; `ModelError` if it is corrupt."""
        model = load_recommender(version.folder / MODEL_FOLDER)
        return cls(version.manifest.version, model, read_track_ids(version.folder))


def fit_candidate(
    material: Material, candidate: Candidate, seed: int, *, start: Start | None = None, progress: Progress | None = None
) -> Recommender:
    """The candidate, fitted on everything; the same arguments give the same model.

    Errors as those of `Recommender.fit`, and `SettingsError` for an option that the family does not have.
    """
    recommender = candidate.create(seed)
    rows = None if start is None else start.tracks.rows(material.past.tracks.ids)
    return recommender.fit(
        material.interactions.matrix,
        side=material.past.side,
        start=None if start is None else start.model,
        start_rows=rows,
        progress=progress,
    )
