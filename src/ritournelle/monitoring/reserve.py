"""A little room that is kept on the disk of the home, so that it can still be told that the disk is full."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

RESERVED_BYTES = 1_000_000
"""A run's readings and incidents take some 100 kB in the journal and its log."""
_PLENTY = 100 * RESERVED_BYTES


class Reserve:
    """A file that holds nothing but room; what is done with it fails silently, for it is a precaution."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = home / "operations.reserve"

    def keep(self) -> None:
        """Take the room, when there is plenty and it is not taken yet."""
        with suppress(OSError):
            if not self._path.exists() and shutil.disk_usage(self._home).free > _PLENTY:
                self._path.write_bytes(os.urandom(RESERVED_BYTES))  # zeros might take no room at all

    def give(self) -> None:
        """Give the room back, when nothing else is left."""
        with suppress(OSError):
            if self._path.exists() and shutil.disk_usage(self._home).free < RESERVED_BYTES:
                self._path.unlink()
