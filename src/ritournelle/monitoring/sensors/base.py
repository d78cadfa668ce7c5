"""What every sensor is: a name, the observation it judges, its limits, and one pure decision."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from ritournelle.monitoring.reading import Reading, Severity, Status


class Observation(Protocol):
    """A typed, frozen record of what was seen of one thing; it decides nothing."""

    @property
    def subject(self) -> str:
        """Of what it was seen: `users`, `marts.interactions`, `warehouse` …"""


class Limits(BaseModel):
    """The thresholds of a sensor, each with its default and a sentence; the rules file changes them."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)  # built at the first use of the sensor


class NoLimits(Limits):
    """Of a sensor that has nothing to set: the trouble is there or it is not."""


@dataclass(frozen=True)
class Judgement:
    """Whether there is trouble, with the facts that say so; `has_fired` is None where nothing can be said yet.

    `severity` stands in the place of the rule's where this trouble is graver, or less grave, than the sensor's usual.
    """

    has_fired: bool | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    measured: float | None = None
    limit: float | None = None
    severity: Severity | None = None

    @property
    def status(self) -> Status:
        """As a reading says it."""
        if self.has_fired is None:
            return Status.UNKNOWN
        return Status.FIRED if self.has_fired else Status.PASSED


Seen = TypeVar("Seen", bound=Observation)
Bounds = TypeVar("Bounds", bound=Limits)


class Sensor(ABC, Generic[Seen, Bounds]):
    """One kind of trouble. `judge` sees one observation and its limits, and nothing else: no clock, no warehouse."""

    name: ClassVar[str]
    """In the rules file, in incidents, in metrics: `completeness`."""
    observes: ClassVar[type[Any]]
    """The class of the observations that it judges."""
    limits: ClassVar[type[Limits]] = NoLimits

    @abstractmethod
    def judge(self, seen: Seen, limits: Bounds) -> Judgement:
        """Whether this is trouble."""

    def read(self, seen: Seen, limits: Bounds, severity: Severity, at: datetime) -> Reading:
        """The judgement as a reading of this moment."""
        found = self.judge(seen, limits)
        grave = found.severity or severity
        return Reading(self.name, seen.subject, found.status, grave, at, found.facts, found.measured, found.limit)
