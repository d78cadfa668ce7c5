"""The readings of the monitoring sensors as asset checks: each stands at the asset that its subject is a part of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import dagster as dg

from ritournelle.orchestration.keys import CHAMPION, EXTRACTS, PUBLICATION, QUARANTINE

PASSED = "passed"
_SOURCES = {str(source): key for source, key in EXTRACTS.items()}


class Reading(Protocol):
    """What one sensor says of one subject; `ritournelle.monitoring.reading.Reading` is one."""

    @property
    def sensor(self) -> str:
        """Its name."""

    @property
    def subject(self) -> str:
        """`users`, `marts.interactions`, `warehouse`, `als-000003` …"""

    @property
    def status(self) -> str:
        """passed | fired | unknown"""

    @property
    def severity(self) -> str:
        """warn | error | block"""

    @property
    def at(self) -> datetime:
        """When it was read (UTC)."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What fills its sentence."""


Said = TypeVar("Said", bound=Reading)
Say = Callable[[Any], str]
"""The sentence of a reading; `Rules.say` is one."""


def asset_of(subject: str, known: Iterable[dg.AssetKey]) -> dg.AssetKey:
    """The asset that a subject is a part of: a source's extract, a table that is one, the quarantine, the champion.

    `users.gender` is of the extract of users; a table may be called without its schema, as data tests do. What is about
    none of them (the disk, a run, the warehouse as a whole) stands at what readers see.
    """
    path = subject.split(".")
    if path[0] in _SOURCES:
        return _SOURCES[path[0]]
    tables = [key for key in known if list(key.path[-len(path) :]) == path]
    if tables:
        return min(tables)
    if path[0] == QUARANTINE.path[0]:
        return QUARANTINE
    if path[0] == "model" or _is_version(subject):
        return CHAMPION
    return PUBLICATION


def by_check(readings: Iterable[Said], known: Iterable[dg.AssetKey]) -> dict[dg.AssetCheckKey, list[Said]]:
    """The readings by sensor and asset.

    A sensor that has observed too little to say anything says nothing here either.
    """
    keys = frozenset(known)
    found: defaultdict[dg.AssetCheckKey, list[Said]] = defaultdict(list)
    for reading in readings:
        if reading.status != "unknown":
            found[dg.AssetCheckKey(asset_of(reading.subject, keys), reading.sensor)].append(reading)
    return dict(found)


def outcome_of(readings: Iterable[Reading]) -> str:
    """The worst of these: passed | warn | error; what blocks is an error as well."""
    fired = [reading for reading in readings if reading.status == "fired"]
    if not fired:
        return PASSED
    return "warn" if all(reading.severity == "warn" for reading in fired) else "error"


def result_of(check: dg.AssetCheckKey, readings: Sequence[Reading], say: Say) -> dg.AssetCheckResult:
    """Of several subjects the worst counts, and all that fired are told."""
    fired = [reading for reading in readings if reading.status == "fired"]
    is_error = outcome_of(readings) == "error"
    read_at = max(reading.at for reading in readings)
    facts = {reading.subject: {name: str(fact) for name, fact in reading.facts.items()} for reading in readings}
    return dg.AssetCheckResult(
        passed=not fired,
        asset_key=check.asset_key,
        check_name=check.name,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description="\n".join(say(reading) for reading in fired or readings),
        metadata={"read_at": dg.MetadataValue.timestamp(read_at), **facts},
    )


def _is_version(subject: str) -> bool:
    """Whether this is a model version, such as `als-000003`."""
    family, _, number = subject.rpartition("-")
    return bool(family) and number.isdigit()
