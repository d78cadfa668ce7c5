"""What forgetting asks of every store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ritournelle.forgetting.listener import Listener

Removed = Mapping[str, int]
"""What was removed: how many of what."""


class Eraser(Protocol):
    """Erases listeners from one store. Everything may be done again: a process can be killed at any moment."""

    name: str

    def erase(self, listener: Listener) -> Removed:
        """Remove whatever is of them; what went."""

    def seal(self) -> None:
        """After all were erased: let nothing of removed rows stay in the store's files."""

    def remaining(self, listener: Listener) -> Removed:
        """A second look: what is still there; nothing, when all is well."""

    def note(self) -> str:
        """What the certificate says of this store besides."""
