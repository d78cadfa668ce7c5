"""What all homes of a user share of dbt: where it lies, for which versions it holds, how it is put there."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

_ENGINES = (
    "dbt-core",
    "dbt-common",
    "dbt-adapters",
    "dbt-duckdb",
    "dbt-postgres",
    "dbt-bigquery",
    "dbt-redshift",
    "mashumaro",
    "jinja2",
)


def cache_folder() -> Path:
    """By the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "ritournelle" / "dbt"


def engine_versions() -> list[str]:
    """What is kept holds as long as none of them changes."""
    return [f"{name} {_version(name)}" for name in _ENGINES]


def code_version() -> str:
    """24 hexadecimal digits, others as soon as one of them, or Python, is another: for what is kept as code."""
    decisive = [*engine_versions(), sys.implementation.cache_tag or sys.version]
    return sha256("\0".join(decisive).encode()).hexdigest()[:24]


@lru_cache
def _version(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return ""


def put(content: bytes, path: Path) -> None:
    """Write a file whole or not at all: others may read it meanwhile. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_bytes(content)
    draft.replace(path)
