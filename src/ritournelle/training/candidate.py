"""A candidate: a family of recommenders with options, before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.factory import create_recommender


@dataclass(frozen=True)
class Candidate:
    """A family with the options of its config; what is not named has its default."""

    family: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def create(self, seed: int) -> Recommender:
        """The recommender, not fitted; `SettingsError` for an option that the family does not have."""
        return create_recommender(self.family, **({"seed": seed} | dict(self.options)))

    def __str__(self) -> str:
        return f"{self.family}({', '.join(f'{name}={_short(value)}' for name, value in self.options.items())})"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
