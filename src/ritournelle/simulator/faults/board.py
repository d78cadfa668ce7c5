"""Which faults are set now, on which source and page, and how often each still strikes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.errors import SettingsError
from ritournelle.simulator.faults.fault import AnswerFault, Fault, ListFault
from ritournelle.simulator.faults.registry import FAULTS, FaultKind
from ritournelle.simulator.faults.route import RenamedEndpoint


@dataclass(frozen=True)
class FaultOrder:
    """A fault as it is asked for: None means every source it applies to, every page, for ever.

    `times` counts requests. `options` are those of the fault, as listed with its description.
    """

    name: str
    source: Source | None = None
    page: int | None = None
    times: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class _Set:
    order: FaultOrder
    fault: Fault
    sources: tuple[Source, ...]
    struck: int = 0

    def strikes(self, source: Source, page: int) -> bool:
        """Whether it concerns this request."""
        spent = self.order.times is not None and self.struck >= self.order.times
        return not spent and source in self.sources and self.order.page in (None, page)


class FaultBoard:
    """The faults in force; each request takes those that concern it."""

    def __init__(self) -> None:
        self._set: dict[int, _Set] = {}
        self._numbers = count(1)

    def set(self, order: FaultOrder) -> int:
        """Put a fault in force and return its number; raise `SettingsError` for one that cannot be."""
        kind = FAULTS.get(order.name)
        if kind is None:
            raise SettingsError(f"there is no fault {order.name!r}; there are {', '.join(FAULTS)}")
        fault = kind.build(**order.options)
        if order.page is not None and isinstance(fault, (ListFault, RenamedEndpoint)):
            raise SettingsError(f"fault {order.name!r} concerns a whole endpoint and takes no page")
        number = next(self._numbers)
        self._set[number] = _Set(order, fault, _sources(kind, order.source))
        return number

    def clear(self, number: int | None = None) -> None:
        """Mend one fault, or all."""
        if number is None:
            self._set.clear()
        else:
            self._set.pop(number, None)

    def take(self, source: Source, page: int) -> list[Fault]:
        """The faults that strike this request, in the order in which they were set; each is counted.

        An answer can only be lost once: of several transport faults the later ones wait for the next request.
        """
        struck = [one for one in self._set.values() if one.strikes(source, page)]
        lost = [one for one in struck if isinstance(one.fault, AnswerFault)]
        struck = [one for one in struck if one not in lost[1:]]
        for one in struck:
            one.struck += 1
        return [one.fault for one in struck]

    def source_at(self, path: str) -> Source | None:
        """The source that answers at a path, renamed endpoints considered."""
        renamed = {
            source: one.fault.suffix
            for one in self._set.values()
            if isinstance(one.fault, RenamedEndpoint)
            for source in one.sources
        }
        return next((source for source in Source if path == f"/{source}{renamed.get(source, '')}"), None)

    def report(self) -> list[dict[str, Any]]:
        """Every fault in force, with how often it struck."""
        return [
            {
                "fault_id": number,
                "name": one.order.name,
                "source": one.order.source,
                "page": one.order.page,
                "times": one.order.times,
                "options": dict(one.order.options),
                "struck": one.struck,
            }
            for number, one in self._set.items()
        ]


def _sources(kind: FaultKind, asked: Source | None) -> tuple[Source, ...]:
    if asked is None:
        return kind.sources
    if asked not in kind.sources:
        raise SettingsError(f"fault {kind.name!r} applies to {', '.join(kind.sources)}, not to {asked}")
    return (asked,)
