"""What every registry offers: versions that never change, and one of them the champion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ritournelle.registry.manifest import Manifest


@dataclass(frozen=True)
class ModelVersion:
    """One registered model: its manifest, and the local folder that holds what its `save` wrote."""

    manifest: Manifest
    folder: Path


@dataclass(frozen=True)
class Promotion:
    """A version became champion: when (UTC), and why."""

    version: str
    promoted_at: datetime
    why: str = ""


class Registry(Protocol):
    """Where trained models live. Every method that reads raises `ModelError` for what is missing or corrupt."""

    def register(self, manifest: Manifest, save: Callable[[Path], None]) -> str:
        """Keep a new version and return its name; `save` writes the artefact into the empty folder it is given.

        All or nothing: a registration that fails or is killed leaves nothing visible.
        """

    def versions(self) -> list[str]:
        """Names of all versions, oldest first."""

    def load(self, version: str) -> ModelVersion:
        """A version whose every file was compared with its manifest."""

    def champion(self) -> str | None:
        """Name of the version that serves; None before the first promotion."""

    def challenger(self) -> str | None:
        """Name of the newest version that was judged and did not become champion; None if the newest one did."""

    def promotions(self) -> list[Promotion]:
        """Every change of champion, oldest first, rollbacks included."""

    def promote(self, version: str, why: str = "") -> None:
        """Make a sound version the champion, from one moment to the next."""

    def challenge(self, version: str) -> None:
        """Make a sound version the challenger."""

    def rollback(self, why: str = "") -> str:
        """Let the last sound champion before the current one serve again, and return its name.

        A champion that was rolled back from is not gone back to. Raises `ModelError` if there is none.
        """
