"""The champion, ready to answer: its manifest, its tracks, and the model itself."""

from __future__ import annotations

from dataclasses import dataclass

from ritournelle.domain.interactions import IdMap
from ritournelle.errors import ModelError
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.factory import load_recommender
from ritournelle.registry.base import ModelVersion, Registry
from ritournelle.registry.contents import MODEL_FOLDER, read_track_ids
from ritournelle.registry.sound import sound_champion


@dataclass(frozen=True)
class Champion:
    """A model version that can rank: column `r` of its model is `tracks.ids[r]`."""

    version: str
    tracks: IdMap
    model: Recommender
    problem: str = ""
    """Why another version than the champion in force serves."""


def load_champion(registry: Registry, version: str | None = None) -> Champion | None:
    """The champion, or the version that is asked for; None if nothing was ever promoted.

    A champion whose files are missing or corrupt is passed over for the one before it, and `problem` says so. Raises
    `ModelError` that names the file and what to do for a version that was asked for, and when no champion is left.
    """
    if version is not None:
        return _read(registry.load(version), "")
    sound = sound_champion(registry)
    return None if sound is None else _read(sound.version, sound.problem)


def _read(version: ModelVersion, problem: str) -> Champion:
    folder = version.folder
    tracks, model = read_track_ids(folder), load_recommender(folder / MODEL_FOLDER)
    if model.n_tracks != len(tracks):
        raise ModelError(f"{folder} holds a model of {model.n_tracks} tracks and {len(tracks)} track ids; train again")
    return Champion(version.manifest.version, tracks, model, problem)
