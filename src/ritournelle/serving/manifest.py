"""The graph of the dbt project as the last transform parsed it, read without dbt (which takes 1.5 s to import)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

TRAINING, LISTS = "training", "batch_recommendations"
"""The exposures that stand for the model and for the lists."""
_BOOKKEEPING = ("changed_", "latest_")
"""How the names of staging models begin that only say what a build looks at."""
_KINDS = ("nodes", "sources", "exposures")


@dataclass(frozen=True)
class Table:
    """A table of the project: schema, name, what one row is, and the tables that it is made of (`schema.name`)."""

    schema: str
    name: str
    description: str
    made_of: tuple[str, ...]

    @property
    def key(self) -> str:
        """`core.dim_users`."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class ProjectGraph:
    """All tables, and what the training and the lists read of them."""

    tables: tuple[Table, ...] = ()
    training: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


class GraphFile:
    """The graph in dbt's `partial_parse.msgpack`, read again when the file has changed (decoding it takes 10 ms).

    It is empty where nothing was transformed yet or the file is unreadable: it is dbt's own memory and no public format
    (dbt is pinned, and a test reads a real one), and a page with fewer arrows is better than none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, ProjectGraph] = (0, ProjectGraph())

    def graph(self) -> ProjectGraph:
        """As the last transform left it."""
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._read[0]:
                self._read = (changed, graph_of(msgspec.msgpack.decode(self._path.read_bytes())))
        except (OSError, msgspec.MsgspecError, KeyError, TypeError, AttributeError):
            return ProjectGraph()
        return self._read[1]


def graph_of(manifest: Mapping[str, Any]) -> ProjectGraph:
    """From dbt's manifest: `nodes`, `sources`, `exposures` by their unique ids."""
    known = {
        identifier: f"{node['schema']}.{node['name']}"
        for kind in ("nodes", "sources")
        for identifier, node in manifest[kind].items()
        if _is_shown(node)
    }
    tables = tuple(
        _table(node, known)
        for kind in ("sources", "nodes")
        for identifier, node in manifest[kind].items()
        if identifier in known
    )
    read = {node["name"]: tuple(_parents(node, known)) for node in manifest["exposures"].values()}
    return ProjectGraph(tables, read.get(TRAINING, ()), read.get(LISTS, ()))


def _is_shown(node: Mapping[str, Any]) -> bool:
    if node["resource_type"] == "source":
        return bool(node["schema"] == "raw")
    return node["resource_type"] == "model" and not node["name"].startswith(_BOOKKEEPING)


def _table(node: Mapping[str, Any], known: Mapping[str, str]) -> Table:
    return Table(node["schema"], node["name"], node.get("description") or "", tuple(_parents(node, known)))


def _parents(node: Mapping[str, Any], known: Mapping[str, str]) -> Iterator[str]:
    for identifier in dict.fromkeys((node.get("depends_on") or {}).get("nodes", ())):
        if identifier in known:
            yield known[identifier]
