"""Groups: how far each has read a topic, and which process reads for it now."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ritournelle.streaming.local.files import write_whole

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")


class Group:
    """A group's offset in one topic, and the lease that one consumer at a time holds.

    The lease is a lock that the operating system takes back when its holder dies, however it dies.
    """

    def __init__(self, folder: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a group: letters, digits, `_`, `-`, `.`")
        folder.mkdir(parents=True, exist_ok=True)
        self._offset_path = folder / f"{name}.json"
        self._lease_path = folder / f"{name}.lease"
        self._lease: int | None = None

    @property
    def is_leased(self) -> bool:
        """Whether this object holds the lease."""
        return self._lease is not None

    def lease(self) -> bool:
        """Take the lease if nobody else has it; whether it is held now."""
        if self._lease is None:
            descriptor = os.open(self._lease_path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._lease = descriptor
        return True

    def release(self) -> None:
        """Let the next one read."""
        if self._lease is not None:
            os.close(self._lease)
            self._lease = None

    def committed(self) -> int | None:
        """The offset that the group has read up to; None when it never committed one."""
        return _offset_in(self._offset_path)

    def commit(self, offset: int) -> None:
        """Remember an offset, by one rename."""
        write_whole(self._offset_path, json.dumps({"offset": offset}).encode())


def committed_offsets(folder: Path) -> Iterator[int]:
    """What each group of a topic has committed; 0 for one that has joined and never did."""
    for lease in folder.glob("*.lease"):
        yield _offset_in(lease.with_suffix(".json")) or 0


def _offset_in(path: Path) -> int | None:
    try:
        return int(json.loads(path.read_bytes())["offset"])
    except FileNotFoundError:
        return None
