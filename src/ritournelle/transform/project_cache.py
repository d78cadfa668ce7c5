"""The parsed project, shared by all homes of a user: parsing takes 3 s, and gives the same for equal settings."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from ritournelle.bytecode.cache_folder import put
from ritournelle.transform.engine_versions import dbt_cache_folder, engine_versions
from ritournelle.transform.project_files import project_digest

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_KEPT = 16
"""Parsed projects that stay: of other settings, warehouses, versions."""
_FROZEN = ".pickle"


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
    kept = dbt_cache_folder() / f"{_key(project, flags, database)}.msgpack"
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
    try:
        content = kept.read_bytes()
        os.utime(kept)  # so that what is in use is not what goes
        return _thawed(kept, content) or _frozen(kept, content)
    except Exception:  # pylint: disable=broad-exception-caught  # whatever is wrong with it: there is another way
        return None


def _thawed(kept: Path, content: bytes) -> Optional[Manifest]:
    """The manifest as `_frozen` left it; to make one of dbt's own format takes 0.2 s instead of 0.02."""
    from dbt.contracts.graph.manifest import Manifest

    with suppress(OSError):
        digest, _, fields = kept.with_suffix(_FROZEN).read_bytes().partition(b"\n")
        if digest == _digest(content, fields):  # neither damaged nor of another parse
            return Manifest(**pickle.loads(fields))
    return None


def _frozen(kept: Path, content: bytes) -> Manifest:
    """The manifest from dbt's own format, with its fields left for the next process.

    They are no more to be trusted than the compiled templates beside them: all of it lies in the user's own folder.
    """
    from dbt.contracts.graph.manifest import Manifest

    manifest: Any = Manifest.from_msgpack(content)
    manifest.build_flat_graph()
    # Not the manifest itself: dbt 1.11 forgets one of its fields there, and those behind it take each other's places.
    fields = pickle.dumps({name: value for name, value in vars(manifest).items() if not name.startswith("_")})
    with suppress(OSError):  # a full disk, or a home of others
        put(_digest(content, fields) + b"\n" + fields, kept.with_suffix(_FROZEN))
    found: Manifest = manifest
    return found


def _digest(content: bytes, fields: bytes) -> bytes:
    return sha256(content + fields).hexdigest().encode()


def _keep(ours: Path, kept: Path) -> None:
    with suppress(OSError):  # a full disk, or a home of others: the next run parses again
        put(ours.read_bytes(), kept)
        by_age = sorted(kept.parent.glob("*.msgpack"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for old in by_age[_KEPT:]:
            old.unlink(missing_ok=True)
            old.with_suffix(_FROZEN).unlink(missing_ok=True)
        _read(kept)  # for what it leaves
