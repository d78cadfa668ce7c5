"""The readings of the monitoring sensors as asset checks: each stands at the asset that its subject is a part of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

import dagster as dg

from ritournelle.orchestration.keys import CHAMPION, EXTRACTS, PUBLICATION, QUARANTINE

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
    def facts(self) -> Mapping[str, Any]:
        """What fills its sentence."""


Say = Callable[[Any], str]
"""The sentence of a reading; `Rules.say` is one."""


def asset_of(subject: str, known: Iterable[dg.AssetKey]) -> dg.AssetKey:
    """The asset that a subject is a part of: a source's extract, a table that is one, the quarantine, the champion.

    What is about none of them (the disk, a run, the warehouse as a whole) stands at what readers see.
    """
    if subject in _SOURCES:
        return _SOURCES[subject]
    table = dg.AssetKey(subject.split("."))
    if table in set(known):
        return table
    if subject.startswith("quarantine"):
        return QUARANTINE
    if subject.startswith("model") or _is_version(subject):
        return CHAMPION
    return PUBLICATION


def reading_specs(subjects: Mapping[str, Iterable[str]], known: Iterable[dg.AssetKey]) -> list[dg.AssetCheckSpec]:
    """A check per sensor and asset, for the subjects that each sensor may speak of."""
    keys = set(known)
    places = {(sensor, asset_of(subject, keys)) for sensor, of in subjects.items() for subject in of}
    return [dg.AssetCheckSpec(sensor, asset=key) for sensor, key in sorted(places)]


def reading_results(
    readings: Iterable[Reading], say: Say, known: Iterable[dg.AssetKey]
) -> Iterator[dg.AssetCheckResult]:
    """A result per sensor and asset; of several subjects the worst counts, and all that fired are told.

    A sensor that has observed too little to say anything says nothing here either.
    """
    keys = set(known)
    found: defaultdict[tuple[str, dg.AssetKey], list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.status != "unknown":
            found[reading.sensor, asset_of(reading.subject, keys)].append(reading)
    for (sensor, key), of_asset in found.items():
        yield _result(sensor, key, of_asset, say)


def _result(sensor: str, key: dg.AssetKey, readings: list[Reading], say: Say) -> dg.AssetCheckResult:
    fired = [reading for reading in readings if reading.status == "fired"]
    is_critical = any(reading.severity != "warn" for reading in fired)
    return dg.AssetCheckResult(
        passed=not fired,
        asset_key=key,
        check_name=sensor,
        severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
        description="\n".join(say(reading) for reading in fired or readings),
        metadata={reading.subject: {name: str(fact) for name, fact in reading.facts.items()} for reading in readings},
    )


def _is_version(subject: str) -> bool:
    """Whether this is a model version, such as `als-000003`."""
    family, _, number = subject.rpartition("-")
    return bool(family) and number.isdigit()
