"""The parsed project, shared by all homes of a user: parsing takes 3 s, and gives the same for equal settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from ritournelle.transform.cache_folder import cache_folder, engine_versions, put
from ritournelle.transform.project_files import project_digest

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_KEPT = 16
"""Parsed projects that stay: of other settings, warehouses, versions."""


def parsed_project(
    project: Path, flags: list[str], database: str, target: Path, parse: Callable[[], Optional[Manifest]]
) -> Optional[Manifest]:
    """dbt's manifest of the project, from the cache if it is there, else by `parse`, which leaves a copy in `target`.

    Args:
        project: Folder of the project's files.
        flags: What else decides about the outcome: target and variables as dbt gets them.
        database: Name of the database that models are built in; it stands in the manifest.
        target: dbt's target folder. It holds the parsed project afterwards, for those who draw it.
        parse: Runs `dbt parse`; None when the project cannot be parsed.

    A cache that cannot be read or written is no error: the project is parsed then.
    """
    kept = cache_folder() / f"{_key(project, flags, database)}.msgpack"
    ours = target / "partial_parse.msgpack"
    found = _read(kept)
    if found is None:
        found = parse()
        if found is not None and ours.exists():
            _keep(ours, kept)
    else:
        with suppress(OSError):  # it is a picture of the project, and no part of a build
            put(kept.read_bytes(), ours)
    return found


def _key(project: Path, flags: list[str], database: str) -> str:
    decisive = [project_digest(project), database, *flags, *engine_versions()]
    return sha256("\0".join(decisive).encode()).hexdigest()[:24]


def _read(kept: Path) -> Optional[Manifest]:
    from dbt.contracts.graph.manifest import Manifest

    try:
        manifest: Any = Manifest.from_msgpack(kept.read_bytes())
        os.utime(kept)  # so that what is in use is not what goes
    except Exception:  # pylint: disable=broad-exception-caught  # whatever is wrong with it: there is another way
        return None
    manifest.build_flat_graph()
    found: Manifest = manifest
    return found


def _keep(ours: Path, kept: Path) -> None:
    with suppress(OSError):  # a full disk, or a home of others: the next run parses again
        put(ours.read_bytes(), kept)
        by_age = sorted(kept.parent.glob("*.msgpack"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for old in by_age[_KEPT:]:
            old.unlink(missing_ok=True)
