"""A disk of any size, for this process alone: a tmpfs in a mount namespace of its own, gone when the process ends."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ritournelle.errors import PermanentError

_CLONE_NEWNS = 0x00020000  # from <sched.h>
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000  # from <sys/mount.h>


def mount_small_disk(place: Path, size_bytes: int) -> None:
    """Mount it; seen by this process and its children only. Raises `PermanentError` where that cannot be done."""
    if sys.platform != "linux":
        raise PermanentError("a small disk needs Linux")
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={size_bytes}".encode()
    _succeeds("a mount namespace", libc.unshare(_CLONE_NEWNS))
    _succeeds("mounts of its own", libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
    _succeeds("a tmpfs", libc.mount(b"tmpfs", os.fsencode(place), b"tmpfs", 0, options))


def _succeeds(what: str, result: int) -> None:
    if result != 0:
        raise PermanentError(f"a small disk needs {what}, and that is for root: {os.strerror(ctypes.get_errno())}")


def why_no_small_disk() -> str:
    """Why this machine gives none; empty when it does."""
    tried = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else tried.stderr.strip().splitlines()[-1].rpartition("PermanentError: ")[2]


def main() -> None:
    """Try, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "disk"
        place.mkdir()
        mount_small_disk(place, 1 << 20)
        ctypes.CDLL(None).umount(os.fsencode(place))


if __name__ == "__main__":
    main()
