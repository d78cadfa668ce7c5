"""`ritournelle health`: how it stands with every part, without a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ritournelle.commands.shell import AsJson, platform, print_json

if TYPE_CHECKING:
    from ritournelle.monitoring.health import HealthReport


def health(as_json: AsJson = False) -> None:
    """How every source, table and model is: fresh as of when, what broke, what was done, what you can do."""
    from ritournelle.monitoring.health import Health

    report = platform().rounds().look()
    if as_json:
        print_json(report.to_dict())
    else:
        _show(report)
    if report.health is Health.CRITICAL:
        raise typer.Exit(1)


def _show(report: HealthReport) -> None:
    from ritournelle.commands.health_view import show_health

    show_health(report)
