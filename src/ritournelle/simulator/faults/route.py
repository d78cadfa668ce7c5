"""Route faults: an endpoint that moved."""

from __future__ import annotations

from dataclasses import dataclass

from ritournelle.simulator.faults.fault import Fault


@dataclass(frozen=True)
class RenamedEndpoint(Fault):
    """The old path answers 404; the new one, the source's name with this suffix, answers as before."""

    suffix: str = "_v2"
