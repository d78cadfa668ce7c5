"""A claim with its limit, as benchmarks print it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """What must hold: `value` at most `limit`."""

    what: str
    value: float
    limit: float
    unit: str = "×"

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.value <= self.limit

    def __str__(self) -> str:
        return f"{'yes' if self.holds else 'NO ':3}  {self.value:10,.3f} {self.unit:2} ≤ {self.limit:<8,g} {self.what}"
