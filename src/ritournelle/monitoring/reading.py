"""A reading: what one sensor says of one subject at one moment, in facts that any language can be told in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """What a sensor that fires means; the same three as the data tests'."""

    WARN = "warn"  # is told
    ERROR = "error"  # is critical: `health` exits with 1
    BLOCK = "block"  # is critical, and holds training and publication: readers keep what they see

    @property
    def is_critical(self) -> bool:
        """Whether somebody has to do something now."""
        return self is not Severity.WARN


class Status(StrEnum):
    """How a reading came out."""

    PASSED = "passed"
    FIRED = "fired"
    UNKNOWN = "unknown"  # too little was observed yet to say anything


@dataclass(frozen=True)
class Reading:
    """One sensor, one subject (`users`, `marts.interactions`, `warehouse`, `als-000003` …), one moment (UTC).

    `facts` fill the sentences of the rules file; they hold no personal data. `measured` and `limit` are the one number
    that is drawn over time, in the rule's unit, where there is one.
    """

    sensor: str
    subject: str
    status: Status
    severity: Severity
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    measured: float | None = None
    limit: float | None = None

    @property
    def key(self) -> str:
        """What an incident is opened for once: the same trouble of the same thing."""
        return f"{self.sensor}:{self.subject}"

    @property
    def has_fired(self) -> bool:
        """Whether there is trouble."""
        return self.status is Status.FIRED

    @property
    def holds(self) -> bool:
        """Whether nothing may be trained or published while it lasts."""
        return self.has_fired and self.severity is Severity.BLOCK
