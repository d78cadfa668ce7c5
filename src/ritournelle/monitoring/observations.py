"""What sensors look at: typed, frozen records of what was seen, one class per kind of thing. They decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SourceRead:
    """The last attempt to read one source to its end, as `ops.run_steps` keeps it."""

    subject: str
    """`tracks`, `users` or `listen_history`."""
    run_id: str
    finished_at: datetime
    succeeded: bool
    problem: str
    """Class of the error that ended it, such as `TransientSourceError`; empty when it succeeded."""
    message: str
    announced: int | None
    landed: int
    quarantined: int
    proven_snapshot: bool
    requests: int
    retries: int
    seconds: float
    warnings: Sequence[str] = ()
