"""Observations of a quiet day, which tests of sensors disturb in one place each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ritournelle.monitoring import observations as seen

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MODEL = "als-000003"


def reads(days: int = 28, landed: int = 1000, request_seconds: float = 0.01) -> tuple[seen.PastRead, ...]:
    """A read a day until yesterday."""
    return tuple(
        seen.PastRead(NOON - timedelta(days=days - day), landed + day % 3, request_seconds * (1 + day % 2 / 10))
        for day in range(days)
    )


def source_read(**changes: Any) -> seen.SourceRead:
    """The users as they came today; `changes` are what is odd."""
    quiet = seen.SourceRead(
        subject="users",
        run_id="run-29",
        finished_at=NOON,
        succeeded=True,
        problem="",
        message="",
        announced=1000,
        landed=1000,
        quarantined=0,
        proven_snapshot=True,
        requests=20,
        retries=0,
        seconds=0.2,
        collisions=0,
        before=reads(),
    )
    return replace(quiet, **changes)


def failed_read(problem: str, message: str = "it said no", **changes: Any) -> seen.SourceRead:
    """The users, not loaded."""
    return source_read(succeeded=False, problem=problem, message=message, proven_snapshot=False, **changes)


def column(**changes: Any) -> seen.ColumnProfile:
    """The gender of the users, as it always was."""
    mix = {"Female": 0.5, "Male": 0.5}
    quiet = seen.ColumnProfile(
        "users.gender",
        1000,
        0.01,
        (0.01, 0.011, 0.01),
        5.0,
        (5.0, 5.1, 5.0),
        mix,
        (mix, {"Female": 0.52, "Male": 0.48}),
    )
    return replace(quiet, **changes)


def dates(**changes: Any) -> seen.ColumnProfile:
    """When users were created; nobody tomorrow, nobody in 1970."""
    quiet = seen.ColumnProfile("users.created_at", 1000, 0.0, (0.0,), future=0, ancient=0, usual_odd_dates=(0, 0))
    return replace(quiet, **changes)
