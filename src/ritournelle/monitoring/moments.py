"""Moments as the journal keeps them: ISO 8601 texts in UTC that sort as the moments do."""

from __future__ import annotations

from datetime import UTC, datetime


def text_of(moment: datetime) -> str:
    """With microseconds always, so that texts sort as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment_of(text: str) -> datetime:
    """Back again, in UTC."""
    return datetime.fromisoformat(text)
