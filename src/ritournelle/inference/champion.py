"""The champion, ready to answer: its manifest, its tracks, and the model itself."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

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


class Champions:
    """Champions that stay in memory: a file is read when the aliases name another version, and not before.

    Threads may share it. What could not be read is tried again with the next question.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._lock = Lock()
        self._in_force: tuple[str, Champion] | None = None
        self._named: Champion | None = None

    def in_force(self) -> Champion | None:
        """As `load_champion(registry)`, also right after a promotion or a rollback."""
        name = self.registry.champion()
        if name is None:
            return None
        with self._lock:
            if self._in_force is None or self._in_force[0] != name:
                found = load_champion(self.registry)
                if found is None:
                    return None
                self._in_force = name, found
            return self._in_force[1]

    def has_replaced(self, version: str) -> bool:
        """Whether another one is the champion and can be used: what this version made is out of date."""
        try:
            name = self.registry.champion()
            champion = None if name in (None, version) else self.in_force()
        except ModelError:
            return False  # what was made by a model that can be read no more is better than nothing
        return champion is not None and champion.version == name

    def version(self, version: str) -> Champion:
        """This version; raises `ModelError` when it is missing or corrupt."""
        with self._lock:
            known = (self._in_force[1] if self._in_force else None, self._named)
            for champion in known:
                if champion is not None and champion.version == version:
                    return champion
            self._named = _read(self.registry.load(version), "")
            return self._named


def _read(version: ModelVersion, problem: str) -> Champion:
    folder = version.folder
    tracks, model = read_track_ids(folder), load_recommender(folder / MODEL_FOLDER)
    if model.n_tracks != len(tracks):
        raise ModelError(f"{folder} holds a model of {model.n_tracks} tracks and {len(tracks)} track ids; train again")
    return Champion(version.manifest.version, tracks, model, problem)
