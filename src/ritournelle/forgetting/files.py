"""Logs and scratch of the home without a listener."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ritournelle.forgetting.eraser import Removed
from ritournelle.forgetting.listener import Listener
from ritournelle.forgetting.sqlite import redact, seal

FOLDERS = ("logs", "dbt", "orchestration", "dagster", "tuning", "cache")
"""Where texts are written that nobody has to read again."""
_SQLITE = b"SQLite format 3\0"
_BLOCK = 1 << 20


class LogsAndScratch:
    """Texts stay, without them; scratch that is no text goes as a whole."""

    name = "logs and scratch"

    def __init__(self, home: Path) -> None:
        self._home = home

    def erase(self, listener: Listener) -> Removed:
        """Redact or remove every file that speaks of them."""
        files = list(self._speaking(listener))
        for path in files:
            _clear(path, listener)
        return {"files": len(files)} if files else {}

    def seal(self) -> None:
        """See `Eraser.seal`."""
        for path in self._files():
            if _is_sqlite(path):
                seal(path)

    def remaining(self, listener: Listener) -> Removed:
        """See `Eraser.remaining`."""
        found = len(list(self._speaking(listener)))
        return {"files": found} if found else {}

    def note(self) -> str:
        """What else is to be said."""
        return ""

    def _speaking(self, listener: Listener) -> Iterator[Path]:
        needles = [needle.encode() for needle in listener.ascii_needles]
        for path in self._files():
            if _is_sqlite(path):
                if redact(path, listener, is_kept=False):
                    yield path
            elif _holds_one(path, needles) and listener.is_in(path.read_bytes().decode("utf-8", "replace")):
                yield path

    def _files(self) -> Iterator[Path]:
        for folder in FOLDERS:
            paths = sorted((self._home / folder).rglob("*"))
            yield from (path for path in paths if path.is_file() and not path.is_symlink())


class LeftBehind:
    """Copies that processes were making when they were killed: whatever is in them, they are of no use."""

    name = "left behind by killed processes"

    def __init__(self, warehouse: Path | None) -> None:
        self._warehouse = warehouse

    def erase(self, listener: Listener) -> Removed:
        """Remove them, under the lock of runs; whose rows they hold is not looked at."""
        del listener
        found = self._found()
        for path in found:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        return {"files": len(found)} if found else {}

    def seal(self) -> None:
        """Nothing."""

    def remaining(self, listener: Listener) -> Removed:
        """See `Eraser.remaining`."""
        del listener
        found = self._found()
        return {"files": len(found)} if found else {}

    def note(self) -> str:
        """What else is to be said."""
        return ""

    def _found(self) -> Sequence[Path]:
        if self._warehouse is None:
            return []
        folder, name = self._warehouse.parent, self._warehouse.name
        return [*folder.glob(f"{name}.rewritten*"), *folder.glob(f"{name}.tmp"), *_publications(folder)]


def _publications(folder: Path) -> Iterator[Path]:
    yield from (folder / "published").glob("*.partial")
    yield from (folder / "published").glob("*.partial.wal")


def _clear(path: Path, listener: Listener) -> None:
    if _is_sqlite(path):
        redact(path, listener, is_kept=True)
        return
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        path.unlink()
        return
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(listener.redacted(text), encoding="utf-8", newline="")
    draft.replace(path)


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _holds_one(path: Path, needles: Sequence[bytes]) -> bool:
    overlap = max(len(needle) for needle in needles)
    before = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            lowered = (before + block).lower()
            if any(needle in lowered for needle in needles):
                return True
            before = block[-overlap:]
    return False
