"""`ritournelle drill`: every critical case on purpose, in a sandbox, and who noticed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from ritournelle.commands.shell import AsJson, print_json

if TYPE_CHECKING:
    from ritournelle.drill.case import Case
    from ritournelle.drill.report import DrillReport


def drill(
    cases: Annotated[
        Optional[list[str]], typer.Argument(metavar="[CASE]...", help="Cases by name; all if unset.")
    ] = None,
    family: Annotated[Optional[str], typer.Option("--family", help="The cases of this family only.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Say which cases there are, and cause none.")] = False,
    as_json: AsJson = False,
) -> None:
    """Cause every critical case in a sandbox: who notices, what readers see, what is lost, and whether it heals."""
    from ritournelle.commands.drill_views import show_cases
    from ritournelle.drill.cases import chosen

    wanted = chosen(tuple(cases or ()), family)
    if listed:
        if as_json:
            print_json([_told(case) for case in wanted])
        else:
            show_cases(wanted)
        return
    report = _rehearsed(wanted, as_json)
    if report.has_failed:
        raise typer.Exit(1)


def _rehearsed(cases: tuple[Case, ...], as_json: bool) -> DrillReport:
    from ritournelle.commands.drill_views import DrillWatcher, show_drill
    from ritournelle.drill.drill import rehearse_all
    from ritournelle.drill.report import DrillReport
    from ritournelle.drill.workshop import Workshop
    from ritournelle.drill.world import GOOD_DAYS

    started = time.monotonic()
    with DrillWatcher(len(cases)) as watcher, Workshop(watcher.say) as workshop:
        findings = []
        for finding in rehearse_all(workshop, cases, watcher.on_case):
            watcher.on_finding(finding)
            findings.append(finding)
        report = DrillReport(findings, workshop.false_alarms, GOOD_DAYS, time.monotonic() - started)
    if as_json:
        print_json(report.to_list())
    else:
        show_drill(report)
    watcher.end(report)
    return report


def _told(case: Case) -> dict[str, str]:
    return {
        "case": case.name,
        "family": case.family.value,
        "sensor": case.sensor,
        "happens": case.happens,
        "lands": case.lands,
    }
