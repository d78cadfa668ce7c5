"""`ritournelle warehouse`: the warehouse as a whole."""

# Imports stand inside the verbs, as in `ritournelle.cli`.
from __future__ import annotations

from typing import Annotated

import typer

from ritournelle.commands.shell import AsJson, print_json, views

app = typer.Typer(no_args_is_help=True, help="The warehouse as a whole.")


@app.command("copy")
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of a warehouse; `settings`: the one in force.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of another one; `settings`: the one in force.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put it in place of what TO holds.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy every table into another warehouse, and prove that they are the same there."""
    from ritournelle.settings import load_settings
    from ritournelle.warehouse.connect import connect, place
    from ritournelle.warehouse.copy import copy_warehouse

    source, target = (load_settings().warehouse_url if url == "settings" else url for url in (source, target))
    if source == target:
        raise typer.BadParameter("FROM and TO are the same warehouse")
    tables = []
    with connect(source, read_only=True) as source_warehouse, connect(target) as target_warehouse:
        progress = views().CopyWatcher()
        for table in copy_warehouse(source_warehouse, target_warehouse, replace=replace, on_progress=progress.on_rows):
            progress.on_table(table)
            tables.append(table.to_dict())
    if as_json:
        print_json({"from": place(source), "to": place(target), "tables": tables})
    else:
        rows = sum(table["rows"] for table in tables)
        print(f"{len(tables)} tables with {rows:,} rows are the same in {place(source)} and {place(target)}")
