"""Room on the disk that is kept for one purpose: to say, when the disk is full, that it is."""

from __future__ import annotations

import shutil
from pathlib import Path

RESERVE_BYTES = 1_000_000
"""What a round of the watch writes is a tenth of it."""
_PLENTY = 100
"""The reserve is put aside only where there is so many times its size: who has less needs it now."""


class Reserve:
    """A file of bytes that nobody needs. A journal that cannot be written lets it go, and can."""

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size = size

    def put_aside(self) -> None:
        """Make the file if it is not there and there is plenty of room."""
        if not self._path.exists() and shutil.disk_usage(self._path.parent).free > _PLENTY * self._size:
            self._path.write_bytes(bytes(self._size))

    def let_go(self) -> bool:
        """Remove the file if the disk has less room than that; whether there is more room now."""
        if not self._path.exists() or shutil.disk_usage(self._path.parent).free >= self._size:
            return False
        self._path.unlink()
        return True
