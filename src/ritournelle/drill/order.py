"""An order to a run in a process of its own, for troubles that end a process or need a disk of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from ritournelle.errors import PermanentError

_LONGEST_SECONDS = 120


@dataclass(frozen=True)
class Order:
    """What a child does: some stages, at some moment, killed at some step or on a disk that is nearly full."""

    home: str
    url: str
    moment: datetime
    verb: str
    stages: Sequence[str]
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    kill_at: str = ""
    """A step, such as `ingest users` or `train`: SIGKILL in the middle of it."""
    spare_bytes: int | None = None
    """Room that the disk has beside what is in the home."""


def obey(order: Order) -> None:
    """Run the child to its end; raises `PermanentError` when it ended otherwise than it should."""
    child = subprocess.run(
        [sys.executable, "-m", "ritournelle.drill.child"],
        input=msgspec.json.encode(order),
        capture_output=True,
        timeout=_LONGEST_SECONDS,
        check=False,
    )
    wanted = -signal.SIGKILL if order.kill_at else 0
    if child.returncode != wanted:
        told = child.stderr.decode(errors="replace").strip()[-2000:]
        raise PermanentError(
            f"the run that was to meet its trouble ended with {child.returncode}, not {wanted}: {told}"
        )
