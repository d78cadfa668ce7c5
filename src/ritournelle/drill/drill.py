"""One case after the other: a good home → trouble → who noticed → what readers saw → mended → is all there again?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from ritournelle.domain.clock import utc_now
from ritournelle.domain.sources import Source
from ritournelle.drill.case import Case
from ritournelle.drill.finding import Finding
from ritournelle.drill.sandbox import Sandbox
from ritournelle.drill.tables import Tables, compared_tables
from ritournelle.drill.truth import differences, held_rows, lost_keys, shown_keys, shown_rows
from ritournelle.drill.workshop import Workshop
from ritournelle.monitoring.reading import Reading
from ritournelle.monitoring.sensors.catalogue import SENSORS


def rehearse_all(
    workshop: Workshop, cases: Sequence[Case], on_case: Callable[[Case], None] = lambda _: None
) -> Iterator[Finding]:
    """The findings, one by one as they come; `on_case` hears of each case before it begins."""
    for case in cases:
        on_case(case)
        yield rehearse(workshop, case)


def rehearse(workshop: Workshop, case: Case) -> Finding:
    """Cause one case in a sandbox of its own; what the platform does wrong is in the finding, and not raised."""
    started = time.monotonic()
    why_not = case.why_not()
    if why_not:
        return Finding(case, why_not=why_not)
    if case.sensor not in {sensor.name for sensor in SENSORS}:
        return Finding(case, problem=f"there is no sensor {case.sensor}")
    undisturbed = workshop.undisturbed(case) if case.act.builds else {}
    with workshop.sandbox(case) as sandbox:
        finding = _Rehearsal(case, sandbox, undisturbed).finding()
    return replace(finding, seconds=time.monotonic() - started)


@dataclass(frozen=True)
class _Met:
    """What was seen while the trouble lasted; `rows_lost` of those that the app showed throughout."""

    caused_at: datetime
    alarms: Sequence[Reading]
    opened: Set[str]
    readers_saw: str
    rows_lost: int


@dataclass
class _Rehearsal:
    """One case under way."""

    case: Case
    sandbox: Sandbox
    undisturbed: Tables

    def finding(self) -> Finding:
        """Cause it, mend it, look."""
        sandbox, case = self.sandbox, self.case
        had_fired = [reading for reading in sandbox.journal.latest_readings() if self._is_expected(reading)]
        sandbox.readers.begin()
        met = self._meet()
        case.act.after(sandbox)
        sandbox.readers.look()
        expected = [reading for reading in met.alarms if self._is_expected(reading) and reading.key in met.opened]
        missing, too_many = self._compared()
        problems = [*self._not_recovered(expected), *self._not_equal(missing, too_many)]
        found = Finding(
            case,
            detected=bool(expected) and not had_fired,
            seconds_to_detect=round((expected[0].at - met.caused_at).total_seconds(), 3) if expected else None,
            severity=expected[0].severity.value if expected else "",
            readers_saw=met.readers_saw,
            rows_lost=met.rows_lost + missing,
            recovered=not problems and sandbox.readers.saw_every_row,
            also_fired=sorted({reading.key for reading in met.alarms if reading.sensor != case.sensor}),
        )
        problems = [*_undetected(found, had_fired), *_lost_rows(found), *problems, *self._unread()]
        return replace(found, problem="; ".join(problems))

    def _meet(self) -> _Met:
        """Go through the trouble; when this returns, its cause is gone."""
        sandbox, known = self.sandbox, self._keys_known()
        with self.case.trouble(sandbox):
            caused_at = utc_now()
            self.case.act.during(sandbox)
            lived = _both(known, shown_keys(sandbox))  # ids never come back: what is there now was there throughout
            alarms = self._alarms_since(caused_at)
            opened = {incident.key for incident in sandbox.journal.open_incidents()}
        sandbox.readers.look()
        return _Met(caused_at, alarms, opened, sandbox.readers.saw, self._lost(lived))

    def _is_expected(self, reading: Reading) -> bool:
        is_subject = self.case.subject in ("", reading.subject)
        return reading.has_fired and reading.sensor == self.case.sensor and is_subject

    def _keys_known(self) -> dict[Source, set[int]]:
        with self.sandbox.platform.read_warehouse() as warehouse:
            return {source: set(rows) for source, rows in held_rows(warehouse).items()}

    def _alarms_since(self, moment: datetime) -> list[Reading]:
        """The first reading of each sensor and subject that fired since then."""
        journal = self.sandbox.journal
        keys = journal.rows("SELECT DISTINCT sensor, subject FROM readings WHERE status = 'fired'")
        found = (journal.readings_of(key["sensor"], key["subject"], moment) for key in keys)
        fired = ([reading for reading in readings if reading.has_fired] for readings in found)
        return sorted((readings[0] for readings in fired if readings), key=lambda reading: reading.at)

    def _lost(self, lived: dict[Source, set[int]]) -> int:
        with self.sandbox.platform.read_warehouse() as warehouse:
            return lost_keys(lived, warehouse)

    def _compared(self) -> tuple[int, int]:
        with self.sandbox.platform.read_warehouse() as warehouse:
            return differences(shown_rows(self.sandbox), held_rows(warehouse))

    def _not_recovered(self, expected: Sequence[Reading]) -> list[str]:
        """Why an incident did not close itself; empty when it did."""
        keys = {reading.key for reading in expected}
        still = [incident.key for incident in self.sandbox.journal.open_incidents() if incident.key in keys]
        return [f"the incident {key} is still open although its cause is gone" for key in still]

    def _not_equal(self, missing: int, too_many: int) -> list[str]:
        """Where the home differs from one that nothing befell; empty when it does not."""
        found = [f"{too_many} rows that the app does not have are still current"] if too_many else []
        if missing:
            found.append(f"{missing} rows of the app are missing or others")
        held = compared_tables(self.sandbox) if self.undisturbed else {}
        return found + [
            f"{name} differs from an undisturbed home's"
            for name, rows in self.undisturbed.items()
            if held.get(name) != rows
        ]

    def _unread(self) -> list[str]:
        readers = self.sandbox.readers
        return [] if readers.saw_every_row else [f"readers saw {readers.saw}"]


def _both(one: dict[Source, set[int]], other: dict[Source, set[int]]) -> dict[Source, set[int]]:
    return {source: one[source] & other[source] for source in one}


def _undetected(found: Finding, had_fired: Sequence[Reading]) -> list[str]:
    if found.detected:
        return []
    told = "had fired before there was any trouble" if had_fired else "did not fire"
    others = f" ({', '.join(found.also_fired)} did)" if found.also_fired else ""
    return [f"{found.case.sensor} {told}{others}"]


def _lost_rows(found: Finding) -> list[str]:
    return [f"{found.rows_lost} rows were lost"] if found.rows_lost else []
