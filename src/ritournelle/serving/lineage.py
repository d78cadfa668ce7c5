"""Lineage from the app to the lists: what each table is made of, and how fresh, full and tested it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ritournelle.domain.sources import Source
from ritournelle.monitoring.health import Health
from ritournelle.serving.manifest import ProjectGraph

COLUMNS = ("source", "raw", "staging", "history", "core", "marts", "model", "lists")
"""From left to right, as the river flows."""
MODEL, LISTS = "model", "lists"
FED_BY: dict[str, Source] = {
    "src_tracks": Source.TRACKS,
    "src_users": Source.USERS,
    "src_listen_history": Source.LISTEN_HISTORY,
    "src_listens": Source.LISTEN_HISTORY,
}
"""What each raw table is read from."""


@dataclass(frozen=True)
class NodeState:
    """What is known of one node now; None where nothing is."""

    health: Health = Health.UNKNOWN
    rows: int | None = None
    last_run_at: datetime | None = None
    tests: int = 0
    failing: int = 0


@dataclass(frozen=True)
class Node:
    """One box: `key` is what arrows name, `column` where it stands."""

    key: str
    column: str
    name: str
    description: str
    made_of: tuple[str, ...]
    state: NodeState


def lineage(graph: ProjectGraph, states: Mapping[str, NodeState]) -> list[Node]:
    """All nodes, column by column; `states` by their keys: a source's name, `schema.table`, `model`, `lists`.

    Before the first transform there are the sources, their raw tables, the model and the lists.
    """
    nodes = [_node(str(source), "source", str(source), "", (), states) for source in Source]
    tables = {table.key: table for table in graph.tables}
    for name, source in FED_BY.items():
        key = f"raw.{name}"
        description = tables[key].description if key in tables else ""
        nodes.append(_node(key, "raw", name, description, (str(source),), states))
    nodes += [
        _node(table.key, table.schema, table.name, table.description, table.made_of, states)
        for table in graph.tables
        if table.schema in COLUMNS and table.schema != "raw"
    ]
    nodes.append(_node(MODEL, MODEL, MODEL, "", graph.training, states))
    nodes.append(_node(LISTS, LISTS, "marts.recommendations", "", (MODEL, *graph.lists), states))
    return sorted(nodes, key=lambda node: COLUMNS.index(node.column))


def _node(
    key: str, column: str, name: str, description: str, made_of: Iterable[str], states: Mapping[str, NodeState]
) -> Node:
    return Node(key, column, name, description, tuple(made_of), states.get(key, NodeState()))
