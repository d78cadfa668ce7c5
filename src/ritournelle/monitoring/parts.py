"""The parts of the river that a status is given for: sources, layers, marts, model, platform; each subject has one."""

from __future__ import annotations

from collections.abc import Iterable

from ritournelle.domain.sources import Source

SOURCES, LAYERS, MARTS, MODEL, PLATFORM = "sources", "layers", "marts", "model", "platform"
PARTS = (SOURCES, LAYERS, MARTS, MODEL, PLATFORM)
"""In the river's order."""
_LAYERS = ("raw", "staging", "history", "core", "marts")
_BEFORE_STAGING = {"src_": "raw", "stg_": "staging", "changed_": "staging", "dim_": "core", "fact_": "core"}
_PLATFORM = ("pipeline", "warehouse", "home")


def part_of(subject: str, tables: Iterable[str] = ()) -> tuple[str, str]:
    """Part and thing of a subject: `users.gender` is of the source `users`, `marts.interactions` is a mart.

    `tables` are the known `schema.table`s, by which the bare name of a model is found.
    """
    first = subject.split(".")[0]
    if first in set(Source):
        return SOURCES, first
    if subject in _PLATFORM:
        return PLATFORM, subject
    if subject == "model":
        return MODEL, subject
    full = next((table for table in tables if table.endswith(f".{subject}")), subject)
    return (MARTS, full) if full.startswith("marts.") else (LAYERS, _layer(full))


def _layer(table: str) -> str:
    schema = table.split(".")[0]
    if schema in _LAYERS or schema == "published":
        return schema
    return next((layer for start, layer in _BEFORE_STAGING.items() if table.startswith(start)), "marts")
