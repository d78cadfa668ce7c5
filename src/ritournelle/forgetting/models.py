"""Models: what they hold of a listener, which is nothing that names them, and what they have learned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ritournelle.forgetting.eraser import Removed
from ritournelle.forgetting.listener import Listener

_TEXTS = (".json",)


class Models:
    """Artefacts keep tracks only (`registry.contents`), and sessions without their listeners: there is nobody to erase.

    A second look goes through what is written about them, manifests and aliases. What a model has learned from all
    listeners together is learned anew: the data of training has changed, so that the next run trains.
    """

    name = "models"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def erase(self, listener: Listener) -> Removed:
        """Nothing: see above."""
        del listener
        return {}

    def seal(self) -> None:
        """Nothing."""

    def remaining(self, listener: Listener) -> Removed:
        """See `Eraser.remaining`."""
        found = [path for path in self._texts() if listener.is_in(path.read_text(encoding="utf-8", errors="replace"))]
        return {"files": len(found)} if found else {}

    def note(self) -> str:
        """Which versions had learned from them, maybe."""
        versions = sorted(path.parent.name for path in self._folder.glob("versions/*/manifest.json"))
        told = "no artefact holds a listener, or whose a session was"
        if not versions:
            return told
        return f"{told}; {', '.join(versions)} may have learned from them, and the next run trains anew without them"

    def _texts(self) -> Iterator[Path]:
        yield from (path for path in sorted(self._folder.rglob("*")) if path.is_file() and path.suffix in _TEXTS)
