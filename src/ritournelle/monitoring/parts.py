"""The parts of the river that a status is given for: sources, layers, marts, model, platform; each subject has one."""

from __future__ import annotations

from collections.abc import Iterable

from ritournelle.domain.sources import Source

SOURCES, LAYERS, MARTS, MODEL, PLATFORM = "sources", "layers", "marts", "model", "platform"
PARTS = (SOURCES, LAYERS, MARTS, MODEL, PLATFORM)
"""In the river's order."""
_LAYERS = ("raw", "staging", "history", "core", "marts")
_BY_NAME = {
    "src_": "raw",
    "run_steps": "raw",
    "stg_": "staging",
    "changed_": "staging",
    "dim_": "core",
    "bridge_": "core",
    "fact": "core",
}
"""Data tests stand at the bare names of models; those of no model at all are of the platform as a whole."""


def part_of(subject: str, tables: Iterable[str] = ()) -> tuple[str, str]:
    """Part and thing of a subject: `users.gender` is of the source `users`, `marts.interactions` is a mart.

    What is none of these (the pipeline, the home, a channel of alerts) is of the platform.

    `tables` are the known `schema.table`s, by which the bare name of a model is found.
    """
    first = subject.split(".")[0]
    if first in set(Source):
        return SOURCES, first
    if subject == "model":
        return MODEL, subject
    full = next((table for table in tables if table.endswith(f".{subject}")), subject)
    if full.startswith("marts."):
        return MARTS, full
    layer = _layer(full)
    return (LAYERS, layer) if layer else (PLATFORM, subject)


def _layer(table: str) -> str:
    """The layer of a table, by its schema or the beginning of its name; empty for what is none."""
    schema = table.split(".")[0]
    if schema in _LAYERS or schema == "published":
        return schema
    return next((layer for start, layer in _BY_NAME.items() if table.startswith(start)), "")
