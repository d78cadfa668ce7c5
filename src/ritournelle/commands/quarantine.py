"""`ritournelle quarantine`: the rows that break their contract."""

# Imports stand inside the verbs, as in `ritournelle.cli`.
from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from ritournelle.commands.shell import EXIT_FAILED, AsJson, fail, platform, print_json, views

app = typer.Typer(no_args_is_help=True, help="Rows that break their contract.")


@app.command("list")
def list_rows(
    every: Annotated[bool, typer.Option("--all", help="Those that are done with, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """The rows that wait, with their reasons."""
    condition = "TRUE" if every else "status = 'open'"
    rows = _read(
        "SELECT quarantine_id, source, source_key, status, kind, reason, page, quarantined_at, run_id, last_seen_run_id"
        f" FROM quarantine.rows WHERE {condition} ORDER BY source, quarantined_at, quarantine_id"
    )
    if as_json:
        print_json(rows)
    else:
        views().show_quarantine(rows)


@app.command("show")
def show(
    quarantine_id: Annotated[str, typer.Argument(help="The id, or its first characters, from `quarantine list`.")],
    as_json: AsJson = False,
) -> None:
    """One row with its payload, as it came."""
    rows = _read("SELECT * FROM quarantine.rows WHERE starts_with(quarantine_id, ?)", [quarantine_id])
    if len(rows) != 1:
        found = "no row" if not rows else f"{len(rows)} rows"
        fail(f"{found} with an id that begins with {quarantine_id!r}; see `ritournelle quarantine list`", EXIT_FAILED)
    if as_json:
        print_json(rows[0])
    else:
        views().show_record(rows[0])


@app.command("replay")
def replay(
    source: Annotated[Optional[str], typer.Option(help="tracks, users or listen_history; all if unset.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the waiting rows again and load those that are good now."""
    from ritournelle.day import Day
    from ritournelle.domain.sources import Source

    if source is not None and source not in list(Source):
        raise typer.BadParameter(f"{source!r} is none of {', '.join(Source)}")
    _, reports = Day(platform()).replay_quarantine((Source(source),) if source else tuple(Source))
    if as_json:
        print_json({str(one.source): {"replayed": one.replayed, "open": one.still_open} for one in reports})
    else:
        for report in reports:
            print(f"{report.source}: {report.replayed} brought back, {report.still_open} still wait")


def _read(query: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
    with platform().read_warehouse() as warehouse:
        rows: list[dict[str, Any]] = warehouse.read(query, parameters or []).to_pylist()
    return rows
