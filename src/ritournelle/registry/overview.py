"""What a person wants to know of the registry: every version with its role and its evidence."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ritournelle.errors import ModelError
from ritournelle.registry.base import Registry


@dataclass(frozen=True)
class VersionLine:
    """One version; `role` is champion, challenger, was champion, damaged, or ""."""

    version: str
    role: str
    evidence: str
    trained_at: datetime | None = None
    data_to: datetime | None = None
    n_interactions: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        moments = {name: _text(getattr(self, name)) for name in ("trained_at", "data_to")}
        return asdict(self) | moments


def overview(registry: Registry) -> list[VersionLine]:
    """All versions, oldest first; a damaged one says what is wrong with it. `ModelError` if the aliases are corrupt."""
    roles = roles_of(registry)
    return [_line(registry, version, roles.get(version, "")) for version in registry.versions()]


def roles_of(registry: Registry) -> dict[str | None, str]:
    """Champion, challenger, was champion, by version; `ModelError` if the aliases are corrupt."""
    champion, challenger = registry.champion(), registry.challenger()
    once = {promotion.version for promotion in registry.promotions()}
    return {version: "was champion" for version in once} | {challenger: "challenger"} | {champion: "champion"}


def describe(registry: Registry, version: str) -> dict[str, Any]:
    """The manifest as JSON values, with role and promotions; `ModelError` for an unknown or damaged version."""
    manifest = registry.load(version).manifest
    (role,) = (line.role for line in overview(registry) if line.version == version)
    promotions = [
        {"promoted_at": promotion.promoted_at.isoformat(), "why": promotion.why}
        for promotion in registry.promotions()
        if promotion.version == version
    ]
    return {"version": version, "role": role, **json.loads(manifest.to_json()), "promotions": promotions}


def _line(registry: Registry, version: str, role: str) -> VersionLine:
    try:
        manifest = registry.load(version).manifest
    except ModelError as error:
        return VersionLine(version, f"{role}, damaged".removeprefix(", "), str(error))
    reasons = "; ".join(manifest.decision.get("reasons", ())) or "never judged"
    return VersionLine(version, role, reasons, manifest.trained_at, manifest.data_to, manifest.n_interactions)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
