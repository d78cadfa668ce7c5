"""What one source brought today, in numbers that can be checked against what it announced."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from ritournelle.domain.sources import Source


@dataclass(frozen=True)
class SourceReport:
    """The outcome of one source; counts are rows of the source (histories, not listens)."""

    source: Source
    status: str = "succeeded"  # succeeded | failed
    message: str = ""  # why it failed
    announced: int | None = None
    landed: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    quarantined: int = 0
    proven_snapshot: bool = False
    source_epoch_changed: bool = False
    source_epoch: int | None = None
    passes: int = 0
    requests: int = 0
    retries: int = 0
    bytes_received: int = 0
    duration_seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Every field but the source's own name, which is the key that the report stands under."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "source"}
