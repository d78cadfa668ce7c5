"""What was seen of the three sources and of the columns that they bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class PastRead:
    """An earlier read of the same source that ended well, in the same source epoch."""

    finished_at: datetime
    landed: int
    request_seconds: float
    """Mean time of one request."""


@dataclass(frozen=True)
class SourceRead:
    """The last attempt to read one source to its end, as `ops.run_steps` keeps it; `before` is oldest first."""

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
    """All requests together, those side by side added up."""
    warnings: Sequence[str] = ()
    passes: int = 2
    misnumbered: int = 0
    repeated: int = 0
    not_json: int = 0
    unknown_fields: Sequence[str] = ()
    missing_fields: Sequence[str] = ()
    new_values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By enumeration, the values that it never had before; empty before a second read."""
    epoch_changed: bool = False
    newly_quarantined: Mapping[str, int] = field(default_factory=dict)
    """Rows that this run was the first to put into quarantine, by what is wrong with them."""
    contradictions: int = 0
    """Rows put into quarantine by this run because another one has their key."""
    waiting: int = 0
    """All rows of the source that wait in quarantine."""
    erased: int = 0
    """Rows of forgotten listeners, which were left out."""
    collisions: int | None = None
    """Known ids that name somebody else since this run; None where that is not known."""
    before: Sequence[PastRead] = ()

    @property
    def was_read(self) -> bool:
        """Whether the whole source came, even if it was refused afterwards."""
        return self.problem not in ("TransientSourceError", "SourceError")

    @property
    def seconds_per_request(self) -> float:
        """Mean time of one request."""
        return self.seconds / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class SourceAge:
    """How long ago a source was last read to its end; None when it never was."""

    subject: str
    read_at: datetime | None
    hours: float | None


@dataclass(frozen=True)
class ColumnProfile:
    """One column as it landed last, and what it usually looks like: the same figures of earlier good reads."""

    subject: str
    """`users.gender`."""
    rows: int
    nulls: float
    usual_nulls: Sequence[float] = ()
    mean: float | None = None
    """Characters of a text, entries of a list."""
    usual_means: Sequence[float] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    usual_values: Sequence[Mapping[str, float]] = ()
    future: int | None = None
    """Of a column of dates: rows after tomorrow."""
    ancient: int | None = None
    """Of a column of dates: rows before 1971."""
    usual_odd_dates: Sequence[int] = ()


@dataclass(frozen=True)
class Changes:
    """Rows that the last whole read of all sources brought, changed or removed; and those of the reads before."""

    subject: str
    changed: int
    hours_since_before: float | None
    usual: Sequence[int] = ()
