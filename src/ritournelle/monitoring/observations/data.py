"""What was seen of the tables: their tests, rows and ages, what readers see, and whether the warehouse opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ritournelle.monitoring.reading import Severity


@dataclass(frozen=True)
class Finding:
    """What one data test found; `usual` are the rows that it found in earlier transforms, where it warned as well."""

    test: str
    severity: Severity
    rows: int | None
    message: str = ""
    usual: Sequence[int] = ()

    def __str__(self) -> str:
        found = f"{self.rows:,} row{'s' if self.rows > 1 else ''}" if self.rows else self.message
        return f"{self.test}: {found}"


@dataclass(frozen=True)
class CheckedModel:
    """The data tests of one model in the last transform."""

    subject: str
    tests: int
    findings: Sequence[Finding] = ()
    """Of those that found something."""


@dataclass(frozen=True)
class MartRows:
    """A table that readers or models depend on, and its rows after earlier good runs of the same source epoch."""

    subject: str
    rows: int
    usual: Sequence[int] = ()


@dataclass(frozen=True)
class Orphans:
    """Listens that point at users or tracks that nobody knows, and how many there usually are."""

    subject: str
    listens: int
    of_unknown_users: int
    of_unknown_tracks: int
    usual: Sequence[int] = ()


@dataclass(frozen=True)
class ListenAge:
    """The newest listen by its own date, and when the last one arrived; `hours` since the later of both."""

    subject: str
    newest_at: datetime | None
    arrived_at: datetime | None
    hours: float | None


@dataclass(frozen=True)
class Publication:
    """What readers see: when it was published, and by which run; None before the first publication."""

    subject: str
    published_at: datetime | None
    run_id: str
    hours: float | None


@dataclass(frozen=True)
class WarehouseState:
    """Whether the warehouse can be opened; `problem` is the class of the error, empty when it can."""

    subject: str
    problem: str = ""
    message: str = ""
    in_use: bool = False
    """A run has it open just now, which is no trouble."""


@dataclass(frozen=True)
class Lists:
    """The lists that wait to be published: those of the model, not those that popularity had to make."""

    subject: str
    model_version: str
    lists: int
    most_identical: float
    """Share of the lists that are one and the same."""
    not_finite: int
    """Scores that are no finite number."""
    shown_tracks: int
    tracks: int
    """All tracks that may be recommended."""
    list_length: int
    equally_shown: float | None = None
    """So many tracks, all shown equally often, would be as uneven as these are (the inverse of Simpson's index)."""
