"""The registry as the Models page shows it: every version with its evidence, and who was promoted when and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from ritournelle.errors import ModelError
from ritournelle.registry.base import Promotion, Registry
from ritournelle.registry.manifest import Manifest
from ritournelle.registry.overview import roles_of

MOST_VERSIONS = 50
_LOOK_AGAIN_SECONDS = 60.0
"""Whether the files of versions are whole: to compare them with their hashes reads them all."""


@dataclass(frozen=True)
class Version:
    """One version; `manifest` is None for a damaged one, and `problem` says what is wrong with it."""

    name: str
    role: str
    manifest: Manifest | None
    problem: str = ""

    @property
    def is_champion(self) -> bool:
        """Whether it serves."""
        return self.role == "champion"


@dataclass(frozen=True)
class Shelf:
    """What is registered: the newest versions first, every change of champion, the latest first."""

    versions: Sequence[Version]
    promotions: Sequence[Promotion]

    def of_role(self, role: str) -> Version | None:
        """The champion, or the challenger."""
        return next((version for version in self.versions if version.role == role), None)


class Models:
    """What `ritournelle models` does, for pages: `promote` and `roll_back` are those of the platform.

    Threads may share it.
    """

    def __init__(
        self, registry: Registry, promote: Callable[[str, str], None], roll_back: Callable[[str], str]
    ) -> None:
        self._registry, self.promote, self.roll_back = registry, promote, roll_back
        self._lock = Lock()
        self._manifests: tuple[float, dict[str, Manifest | ModelError]] = (0.0, {})

    def shelf(self) -> Shelf:
        """Raises `ModelError` if nobody can say who serves."""
        roles = roles_of(self._registry)
        names = self._registry.versions()[::-1]
        kept = [name for place, name in enumerate(names) if place < MOST_VERSIONS or name in roles]
        return Shelf([self._version(name, roles.get(name, "")) for name in kept], self._registry.promotions()[::-1])

    def _version(self, name: str, role: str) -> Version:
        found = self._manifest(name)
        if isinstance(found, ModelError):
            return Version(name, role, None, str(found))
        return Version(name, role, found)

    def _manifest(self, name: str) -> Manifest | ModelError:
        with self._lock:
            if monotonic() - self._manifests[0] > _LOOK_AGAIN_SECONDS:
                self._manifests = monotonic(), {}
            known = self._manifests[1]
            if name not in known:
                try:
                    known[name] = self._registry.load(name).manifest
                except ModelError as error:
                    known[name] = error
            return known[name]
