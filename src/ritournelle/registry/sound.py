"""The sound champion: the one that was promoted last among those whose files are whole."""

from __future__ import annotations

from dataclasses import dataclass

from ritournelle.errors import ModelError
from ritournelle.registry.base import ModelVersion, Registry


@dataclass(frozen=True)
class SoundChampion:
    """Who can serve; `problem` says why it is not the champion itself, or is ""."""

    version: ModelVersion
    problem: str = ""


def sound_champion(registry: Registry) -> SoundChampion | None:
    """The champion, or, if its files are damaged, the one before it; None before the first promotion.

    Raises the champion's `ModelError` when no version that was ever champion is whole, or the aliases are corrupt.
    """
    champion = registry.champion()
    if champion is None:
        return None
    try:
        return SoundChampion(registry.load(champion))
    except ModelError as error:
        return _one_before(registry, champion, error)


def _one_before(registry: Registry, champion: str, damage: ModelError) -> SoundChampion:
    for version in dict.fromkeys(promotion.version for promotion in reversed(registry.promotions())):
        if version != champion:
            try:
                return SoundChampion(registry.load(version), str(damage))
            except ModelError:
                continue
    raise damage
