"""Where all homes of a user keep what any of them would make the same, and how it is put there."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """By the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "ritournelle"


def put(content: bytes, path: Path) -> None:
    """Write a file whole or not at all: others may read it meanwhile. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_bytes(content)
    draft.replace(path)
