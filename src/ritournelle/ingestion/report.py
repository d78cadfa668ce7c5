"""What one source brought today, in numbers that can be checked against what it announced."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.ingestion.harvest import Harvested
from ritournelle.ingestion.load import Extract
from ritournelle.ingestion.profile import profile_of

_MEASURED = (
    "announced landed inserted updated unchanged deleted quarantined erased proven_snapshot "
    "source_epoch_changed requests retries bytes_received"
).split()
COSTS = ("request_seconds", "not_json")
"""Details that tell of the reading, not of what was read."""
_DETAILS = (
    *"passes source_epoch warnings problem repeated misnumbered unknown_fields missing_fields profile".split(),
    *COSTS,
)
_NOT_PRINTED = ("source", "profile")


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
    erased: int = 0
    proven_snapshot: bool = False
    source_epoch_changed: bool = False
    source_epoch: int | None = None
    passes: int = 0
    requests: int = 0
    retries: int = 0
    bytes_received: int = 0
    duration_seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    problem: str = ""  # class of the error that ended it
    request_seconds: float = 0.0  # of all requests, those side by side added up
    not_json: int = 0
    repeated: int = 0
    misnumbered: int = 0
    unknown_fields: tuple[str, ...] = ()
    missing_fields: tuple[str, ...] = ()
    profile: dict[str, dict[str, Any]] = field(default_factory=dict)  # `profile_of` the rows that landed

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it, under the source's name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name not in _NOT_PRINTED}

    def with_harvest(self, harvest: Harvested) -> SourceReport:
        """The report with what was read."""
        return replace(
            self,
            announced=harvest.announced,
            landed=harvest.rows.num_rows,
            quarantined=len(harvest.bad),
            erased=harvest.erased,
            proven_snapshot=harvest.is_proven,
            passes=harvest.passes,
            warnings=harvest.warnings,
            repeated=harvest.repeated,
            misnumbered=harvest.misnumbered,
            unknown_fields=harvest.unknown_fields,
            missing_fields=harvest.missing_fields,
            profile=profile_of(harvest.rows),
        )

    def with_changes(self, extract: Extract) -> SourceReport:
        """The report with what is written."""
        changes = extract.changes
        return replace(
            self,
            inserted=changes.inserted.num_rows,
            updated=changes.updated.num_rows,
            unchanged=changes.unchanged,
            deleted=extract.deleted,
            source_epoch=extract.epoch,
        )

    def measures(self) -> dict[str, Any]:
        """What stands in columns of its own in `ops.run_steps`."""
        return {name: getattr(self, name) for name in _MEASURED}

    def details(self) -> dict[str, Any]:
        """What else `ops.run_steps` keeps of it."""
        return {name: getattr(self, name) for name in _DETAILS}
