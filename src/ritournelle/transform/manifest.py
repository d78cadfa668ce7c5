"""dbt's manifest of the project, for those who draw its models: parsed once, without any warehouse, then kept."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from ritournelle.errors import TransformError
from ritournelle.transform.project_files import project_digest
from ritournelle.transform.session import PROJECT_FOLDER, DbtSettings, dbt_session


def prepared_manifest(folder: Path) -> dict[str, Any]:
    """The manifest, from `folder` if the project is still what it was there, else parsed (3 s) and kept there.

    It is the same for every warehouse. Raises `TransformError` when the project cannot be parsed.
    """
    path = folder / f"manifest-{_project_version()}.json"
    if not path.exists():
        _keep(path, _parse(folder))
    manifest: dict[str, Any] = json.loads(path.read_bytes())
    return manifest


def _project_version() -> str:
    """Another one as soon as a file of the project, or dbt, is another."""
    from importlib.metadata import version

    return sha256(f"{version('dbt-core')} {project_digest(PROJECT_FOLDER)}".encode()).hexdigest()[:16]


def _parse(folder: Path) -> dict[str, Any]:
    """Parsing reads no data: the profile names a file that is never made, and no key is needed."""
    settings = DbtSettings(
        warehouse_url=f"duckdb:///{folder.absolute() / 'nothing.duckdb'}",
        home=folder,
        source_time_zone="UTC",
        half_life_days=1.0,
        pii_key="no data is read",
    )
    with dbt_session(settings) as invoke:
        outcome = invoke(["parse"])
    if outcome.exception is not None or not outcome.success:
        raise TransformError(f"dbt cannot parse its project: {outcome.exception}\n  dbt's log: {settings.log_path}")
    manifest: dict[str, Any] = outcome.result.writable_manifest().to_dict(omit_none=True)
    return manifest


def _keep(path: Path, manifest: dict[str, Any]) -> None:
    """Whole or not at all, without the place of the project on this machine and without the versions before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(manifest, default=str), encoding="utf-8")
    for stale in path.parent.glob("manifest-*.json"):
        stale.unlink()
    draft.replace(path)
