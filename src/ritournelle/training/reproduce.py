"""Reproduce: train a registered version again and compare every number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ritournelle.errors import ModelError
from ritournelle.recommenders.factory import load_recommender
from ritournelle.registry.base import Registry
from ritournelle.registry.contents import MODEL_FOLDER
from ritournelle.training.fitting import Start, fit_candidate
from ritournelle.training.material import Material
from ritournelle.training.registered import candidate_of


@dataclass(frozen=True)
class Reproduction:
    """How far the new numbers are from the registered ones: the largest difference over the largest number, per array.

    `problem` says why they cannot be compared; else it is "".
    """

    version: str
    numbers: int
    difference: float
    problem: str = ""

    def is_within(self, tolerance: float) -> bool:
        """Whether every number is the same up to this share."""
        return not self.problem and self.difference <= tolerance

    def to_dict(self, tolerance: float) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "version": self.version,
            "reproduced": self.is_within(tolerance),
            "numbers": self.numbers,
            "difference": self.difference,
            "tolerance": tolerance,
            "problem": self.problem,
        }


def reproduce(registry: Registry, version: str, material: Material) -> Reproduction:
    """Fit the version again from its manifest: family, config, seed, and the version it started from.

    Raises `ModelError` when the version, or the one it started from, is missing or damaged, and when the material is
    not the one it was trained on: then there is nothing to compare.
    """
    registered = registry.load(version)
    manifest = registered.manifest
    if manifest.content_hash != material.content_hash:
        raise ModelError(
            f"{version} was trained on other data (up to {manifest.data_to}; the published data goes to "
            f"{material.window[1]}); reproduce it on a copy of the warehouse of that day"
        )
    start = None if manifest.started_from is None else Start.of(registry.load(manifest.started_from))
    again = fit_candidate(material, candidate_of(manifest), manifest.seed, start=start)
    return _compared(version, load_recommender(registered.folder / MODEL_FOLDER).arrays(), again.arrays())


def _compared(version: str, before: Mapping[str, NDArray[Any]], after: Mapping[str, NDArray[Any]]) -> Reproduction:
    numbers = sum(array.size for array in before.values())
    if {name: array.shape for name, array in before.items()} != {name: array.shape for name, array in after.items()}:
        return Reproduction(version, numbers, float("inf"), "its arrays have other names or shapes")
    differences = [_difference(before[name], after[name]) for name in before if before[name].size]
    return Reproduction(version, numbers, max(differences, default=0.0))


def _difference(before: NDArray[Any], after: NDArray[Any]) -> float:
    registered, again = before.astype(np.float64), after.astype(np.float64)
    return float(np.max(np.abs(again - registered))) / (float(np.max(np.abs(registered))) or 1.0)
