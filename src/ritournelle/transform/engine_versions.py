"""What all homes of a user share of dbt: where it lies, and for which versions it holds."""

from __future__ import annotations

import sys
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from ritournelle.bytecode.cache_folder import cache_folder

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


def dbt_cache_folder() -> Path:
    """Where it lies."""
    return cache_folder() / "dbt"


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
