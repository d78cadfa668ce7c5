"""What a person sees of the health of the river in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ritournelle.monitoring.health import Health, HealthReport, Trouble

_OUT = Console(highlight=False)
_COLOURS = {Health.GOOD: "green", Health.WARNING: "yellow", Health.CRITICAL: "red", Health.UNKNOWN: "dim"}


def show_health(report: HealthReport) -> None:
    """One line for the whole, a table of all parts, and the story of each trouble."""
    if not report.readings:
        _OUT.print("nothing has run yet; `ritournelle run` is the first day")
        return
    fresh = f"fresh as of {report.fresh_as_of:%Y-%m-%d %H:%M} UTC" if report.fresh_as_of else "nothing is published yet"
    _OUT.print(f"[{_COLOURS[report.health]}]{report.health}[/]: {fresh}")
    _OUT.print(_parts(report))
    for trouble in report.troubles():
        _show_trouble(trouble)
    for incident in report.incidents:
        since = f"{incident.first_seen_at:%Y-%m-%d %H:%M} UTC"
        _OUT.print(f"incident {incident.incident_id}: {incident.phase} since {since}, with {escape(incident.owner)}")


def _parts(report: HealthReport) -> Table:
    table = Table()
    for column in ("part", "", "state"):
        table.add_column(column)
    for part, things in report.parts.items():
        for thing, health in things.items():
            table.add_row(part, escape(thing), f"[{_COLOURS[health]}]{health}[/]")
    return table


def _show_trouble(trouble: Trouble) -> None:
    colour = "red" if trouble.reading.severity.is_critical else "yellow"
    _OUT.print(f"\n[{colour}]{trouble.reading.severity}[/] {escape(trouble.what_broke)}", soft_wrap=True)
    for told in (trouble.what_was_done, trouble.what_you_can_do):
        if told:
            _OUT.print(f"  {escape(told)}", soft_wrap=True)
