"""The reference page of the warehouse's tables, from the dbt project and the tables that Python declares.

`python -m ritournelle.transform.reference > docs/reference/warehouse-tables.md` writes it; a test holds it to that.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import yaml  # type: ignore[import-untyped]  # comes with dbt

from ritournelle.transform.session import PROJECT_FOLDER
from ritournelle.warehouse.base import Table
from ritournelle.warehouse.tables import TABLES

LAYERS = {
    "staging": "Renamed, cast and cleaned versions. For dbt alone.",
    "history": "Every version of everything, with the time it held.",
    "core": "The star: current values, and every listen ever seen.",
    "marts": "What jobs, services and people read.",
}
_INTRODUCTION = """\
# Tables of the warehouse

Written by `python -m ritournelle.transform.reference` from the dbt project and `warehouse/tables.py`; do not edit.
How history and star come about: [History and star](../explanation/history-and-star.md).
"""


def reference_page() -> str:
    """The page as Markdown."""
    return "\n".join([_INTRODUCTION, *_python_tables(), *_models()])


def _python_tables() -> Iterator[str]:
    yield "## raw, ops, quarantine: written by Python\n"
    yield "`raw.src_*` are append-only changes; `run_number` orders the versions of a key, a deletion has no more.\n"
    for table in TABLES:
        yield from _python_table(table)


def _python_table(table: Table) -> Iterator[str]:
    yield f"### {table}\n"
    yield f"Key: {', '.join(f'`{column}`' for column in table.key)}.\n"
    yield "| column | type |\n|---|---|"
    yield from (f"| `{column.name}` | {column.type} |" for column in table.columns)
    yield ""


def _models() -> Iterator[str]:
    for layer, purpose in LAYERS.items():
        yield f"## {layer}: built by dbt\n\n{purpose}\n"
        described = yaml.safe_load((PROJECT_FOLDER / "models" / layer / f"{layer}.yml").read_text(encoding="utf-8"))
        for model in sorted(described["models"], key=lambda model: str(model["name"])):
            yield from _model(layer, model)


def _model(layer: str, model: dict[str, Any]) -> Iterator[str]:
    yield f"### {layer}.{model['name']}\n"
    yield f"{model['description']}\n"
    yield "| column | type | never null | |\n|---|---|---|---|"
    yield from (_column(column) for column in model["columns"])
    yield ""


def _column(column: dict[str, Any]) -> str:
    never_null = "yes" if any(rule["type"] == "not_null" for rule in column.get("constraints", [])) else ""
    return f"| `{column['name']}` | {column.get('data_type', '')} | {never_null} | {column['description']} |"


if __name__ == "__main__":
    sys.stdout.write(reference_page())
