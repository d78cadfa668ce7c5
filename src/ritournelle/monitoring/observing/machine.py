"""What was seen of the machine, and whether the warehouse opens."""

from __future__ import annotations

import os
import re
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ritournelle.errors import RitournelleError, RunInProgressError
from ritournelle.monitoring.observations import DiskSpace, MemoryUse, WarehouseState
from ritournelle.monitoring.observing.history import History

WAREHOUSE = "warehouse"
HOME = "home"
NO_ROOM = re.compile(r"no space left on device|disk quota exceeded|database or disk is full|errno 28", re.IGNORECASE)
_CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_KILOBYTE = 1 if sys.platform == "darwin" else 1024


def peak_memory_bytes() -> int:
    """The most that this process has held at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KILOBYTE


def disk_space(home: Path, warehouse_file: Path | None, failed_write: str = "") -> Iterator[DiskSpace]:
    """Of the disk that the home is on, or will be."""
    place = home.absolute()
    while not place.exists():
        place = place.parent
    room = shutil.disk_usage(place)
    needed = warehouse_file.stat().st_size if warehouse_file is not None and warehouse_file.exists() else 0
    yield DiskSpace(HOME, room.free, room.total, needed, failed_write)


def last_failed_write(history: History, problem: str = "") -> str:
    """What the last run, or the attempt to begin one, said of a full disk; empty if nothing."""
    last = history.ended[-1] if history.ended else None
    told = [problem, last.message if last is not None and last.status == "failed" else ""]
    return next((line.strip() for text in told for line in text.splitlines() if NO_ROOM.search(line)), "")


def memory_use(history: History) -> Iterator[MemoryUse]:
    """The peak of the last run that knows its own."""
    peak = next((run.peak_memory_bytes for run in reversed(history.ended) if run.peak_memory_bytes), None)
    if peak is not None:
        yield MemoryUse(HOME, peak, total_memory_bytes())


def total_memory_bytes() -> int:
    """Of the machine, or of the container if that is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [Path(place).read_text(encoding="ascii").strip() for place in _CONTAINER_LIMITS if Path(place).exists()]
    return min([machine, *(int(limit) for limit in limits if limit.isdecimal())])


def warehouse_state(problem: RitournelleError | None, *, in_use: bool = False) -> WarehouseState:
    """After an attempt to open it; that another run holds the lock says nothing of it."""
    if problem is None or isinstance(problem, RunInProgressError):
        return WarehouseState(WAREHOUSE)
    return WarehouseState(WAREHOUSE, type(problem).__name__, str(problem), in_use)
