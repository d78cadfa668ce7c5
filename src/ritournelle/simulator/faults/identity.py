"""Identity faults: ids that mean others than yesterday, although most stayed what they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ritournelle.domain.sources import Source
from ritournelle.errors import SettingsError
from ritournelle.simulator.faults.fault import PageFault, decoded, encoded
from ritournelle.simulator.faults.volume import KEY


@dataclass(frozen=True)
class Collide(PageFault):
    """On each page the first of every so many rows keeps its id and gets all that the row after it has."""

    every: int = 100

    def __post_init__(self) -> None:
        if self.every < 2:
            raise SettingsError(f"ids of one row in {self.every} cannot collide; name a number of at least 2")

    def rewrite_page(self, source: Source, items: Sequence[bytes]) -> list[bytes]:
        others = {place: items[place + 1] for place in range(0, len(items) - 1, self.every)}
        key = KEY[source]
        return [
            encoded(decoded(others[place]) | {key: decoded(item)[key]}) if place in others else item
            for place, item in enumerate(items)
        ]
