"""One run at a time: a lock that the operating system lets go when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ritournelle.errors import RunInProgressError


@contextmanager
def single_run(home: Path) -> Iterator[None]:
    """Hold the lock of a home while the block runs; raise `RunInProgressError` when another process holds it."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "run.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, path)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)  # the process may live on, as a scheduler does, without any run
    finally:
        os.close(descriptor)  # this frees the lock; the file stays, for removing it would race with the next run


def _acquire(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise RunInProgressError(
            f"another run holds {path} (process {holder}); wait until it is done, or stop that process"
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)


def is_run_under_way(home: Path) -> bool:
    """Whether a process holds the lock of a home just now."""
    try:
        descriptor = os.open(home / "run.lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return _is_alive(os.pread(descriptor, 32, 0)) or _is_held(descriptor)
    finally:
        os.close(descriptor)


def _is_alive(holder: bytes) -> bool:
    """Asked first: to try the lock would, for a moment, be in the way of a run that begins."""
    try:
        os.kill(int(holder), 0)
    except PermissionError:
        return True  # it is somebody else's
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    return True


def _is_held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
