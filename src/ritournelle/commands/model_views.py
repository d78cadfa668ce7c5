"""How registered models look in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ritournelle.registry.overview import VersionLine
from ritournelle.training.reproduce import Reproduction

_OUT = Console(highlight=False)


def show_versions(versions: Sequence[VersionLine]) -> None:
    """One line per version."""
    if not versions:
        _OUT.print("no model is registered yet; `ritournelle run` trains one")
        return
    table = Table()
    for column in ("version", "role", "trained", "learnt from", "what the gate saw"):
        table.add_column(column, no_wrap=column == "version")
    for line in versions:
        trained = "" if line.trained_at is None else f"{line.trained_at:%Y-%m-%d %H:%M}"
        learnt = "" if line.data_to is None else f"{line.n_interactions:,} pairs"
        table.add_row(line.version, line.role, trained, learnt, escape(line.evidence))
    _OUT.print(table)


def show_version(described: dict[str, Any]) -> None:
    """The manifest, a line per field; long ones as tables of their own."""
    tables = ("metrics", "compared", "tried", "files", "promotions")
    for name, value in described.items():
        if name not in tables and value not in (None, "", {}):
            _OUT.print(f"[bold]{name}[/]: {escape(str(value))}", soft_wrap=True)
    _OUT.print(_metrics(described))
    for trial in described["tried"]:
        score = trial["problem"] or f"{trial['score']:.4f}"
        _OUT.print(f"tried {trial['family']}: {escape(score)} {escape(str(trial['options']))}", soft_wrap=True)
    for promotion in described["promotions"]:
        _OUT.print(f"promoted {promotion['promoted_at']}: {escape(promotion['why'])}", soft_wrap=True)


def show_reproduction(found: Reproduction, tolerance: float) -> None:
    """Whether the numbers are the same."""
    if found.is_within(tolerance):
        told = (
            "to the bit" if found.difference == 0 else f"the largest difference is {found.difference:.2g} of its scale"
        )
        _OUT.print(f"[green]{found.version} comes out the same[/]: {found.numbers:,} numbers, {told}", soft_wrap=True)
    else:
        told = found.problem or f"the largest difference is {found.difference:.2g}, more than {tolerance:.2g}"
        _OUT.print(f"[red]{found.version} does not come out the same[/]: {escape(told)}", soft_wrap=True)


def _metrics(described: dict[str, Any]) -> Table:
    """Metric × who; slices are left to `--json`."""
    table = Table()
    reached = {described["version"]: described["metrics"], **described["compared"]}
    table.add_column("metric")
    for name in reached:
        table.add_column(name, justify="right")
    for metric in described["metrics"]:
        if " of " not in metric:
            table.add_row(metric, *(f"{values.get(metric, float('nan')):.4f}" for values in reached.values()))
    return table
