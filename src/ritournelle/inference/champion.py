"""The champion, ready to answer: its manifest, its tracks, and the model itself."""

from __future__ import annotations

from dataclasses import dataclass

from ritournelle.domain.interactions import IdMap
from ritournelle.errors import ModelError
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.factory import load_recommender
from ritournelle.registry.base import Registry
from ritournelle.registry.contents import MODEL_FOLDER, read_track_ids


@dataclass(frozen=True)
class Champion:
    """A model version that can rank: column `r` of its model is `tracks.ids[r]`."""

    version: str
    tracks: IdMap
    model: Recommender


def load_champion(registry: Registry, version: str | None = None) -> Champion | None:
    """The champion, or the version that is asked for; None if nothing was ever promoted.

    Raises `ModelError` that names the file and what to do if the artefact is missing or corrupt.
    """
    version = version or registry.champion()
    if version is None:
        return None
    folder = registry.load(version).folder
    tracks, model = read_track_ids(folder), load_recommender(folder / MODEL_FOLDER)
    if model.n_tracks != len(tracks):
        raise ModelError(f"{folder} holds a model of {model.n_tracks} tracks and {len(tracks)} track ids; train again")
    return Champion(version, tracks, model)
