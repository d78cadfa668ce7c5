"""A manifest as experiment trackers want it: parameters, metrics and tags, all flat, with names that they allow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from ritournelle.registry.manifest import Manifest

_LONGEST_VALUE = 500
"""MLflow refuses longer parameters in databases of older servers; the manifest holds them whole."""


def parameters(manifest: Manifest) -> dict[str, str]:
    """Family, seed, data and every option of the config, as text: parts of it as `parts.0.family`."""
    given = {
        "model": manifest.model,
        "seed": manifest.seed,
        "task": manifest.task,
        "n_users": manifest.n_users,
        "n_tracks": manifest.n_tracks,
        "n_interactions": manifest.n_interactions,
        "data_from": manifest.data_from,
        "data_to": manifest.data_to,
        "content_hash": manifest.content_hash,
        "recipe": manifest.recipe,
        "started_from": manifest.started_from,
    }
    texts = {name: str(value) for name, value in given.items() if value not in (None, "")}
    return texts | {f"config.{name}": str(value)[:_LONGEST_VALUE] for name, value in _flat(manifest.config)}


def run_metrics(manifest: Manifest) -> dict[str, float]:
    """What it reached (`ndcg_at_20`), and what those beside it reached (`popularity/ndcg_at_20`); finite ones only."""
    found = {_allowed(name): float(value) for name, value in manifest.metrics.items()}
    for other, reached in manifest.compared.items():
        found |= {_allowed(f"{other}/{name}"): float(value) for name, value in reached.items()}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def tags(manifest: Manifest) -> dict[str, str]:
    """What a person searches runs by."""
    libraries = {f"library.{name}": version for name, version in manifest.library_versions.items()}
    decided = "; ".join(map(str, manifest.decision.get("reasons", ())))[:_LONGEST_VALUE]
    return {
        "code_version": manifest.code_version,
        "trained_at": manifest.trained_at.isoformat(),
        "judged_on": manifest.window[:_LONGEST_VALUE],
        "promoted_by_the_gate": json.dumps(bool(manifest.decision.get("promote", False))),
        "reasons": decided,
    } | libraries


def _flat(values: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{before}{name}.")
        elif isinstance(value, list | tuple):
            found += _flat({str(number): each for number, each in enumerate(value)}, f"{before}{name}.")
        else:
            found.append((f"{before}{name}", value))
    return found


def _allowed(name: str) -> str:
    """`ndcg@20` as `ndcg_at_20`: MLflow's names hold letters, digits, `_ - . /` and spaces."""
    return re.sub(r"[^\w./ -]", "_", name.replace("@", "_at_"))
