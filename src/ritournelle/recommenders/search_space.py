"""What a family lets a search try: for each option of its config a range or a list, always bounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Between:
    """A number from `low` to `high`, both included; whole if both are whole; on a logarithmic scale if `log`.

    >>> Between(8, 256, log=True).is_whole
    True
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if self.low >= self.high or (self.log and self.low <= 0):
            raise ValueError(f"there is nothing to search between {self.low} and {self.high} (log={self.log})")

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True)
class OneOf:
    """One of these values: texts, numbers, true or false, or None."""

    values: tuple[str | int | float | bool | None, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a choice needs at least one value")


SearchSpace = Mapping[str, Between | OneOf]
"""Option of the config → what to try."""
