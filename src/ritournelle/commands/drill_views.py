"""A drill on the terminal: progress on standard error, the table on standard output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ritournelle.drill.case import Case
from ritournelle.drill.finding import Finding
from ritournelle.drill.report import DrillReport

_OUT = Console(highlight=False)
_ERR = Console(stderr=True, highlight=False)
_COLOURS = {"warn": "yellow", "error": "red", "block": "bold red"}


class DrillWatcher:
    """One bar over all cases, and a line for each that has ended."""

    def __init__(self, cases: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Progress(*columns, console=_ERR, transient=True)
        self._bar = self._bars.add_task("a good home", total=cases)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def say(self, what: str) -> None:
        """What is prepared."""
        self._bars.update(self._bar, description=escape(what))

    def on_case(self, case: Case) -> None:
        """A case begins."""
        self.say(case.name)

    def on_finding(self, finding: Finding) -> None:
        """A case has ended."""
        self._bars.advance(self._bar)
        self._bars.print(f"{_mark(finding)} {finding.case.name}: {escape(_in_a_line(finding))}")

    def end(self, report: DrillReport) -> None:
        """All have."""
        for reading in report.false_alarms:
            told = f"{reading.key} {dict(reading.facts)}"
            _ERR.print(f"[red]false alarm[/] on {reading.at:%Y-%m-%d}: {escape(told)}")
        _ERR.print(f"[{'red' if report.has_failed else 'green'}]{report.summary}[/]")


def show_drill(report: DrillReport) -> None:
    """One line per case; below it, why those failed that did."""
    table = Table(title="Drill", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))  # fits 80 columns
    for column in ("case, and who fired", "after", "severity", "readers saw", "lost", "healed"):
        table.add_column(
            column, justify="right" if column in ("after", "lost") else "left", no_wrap=column[:4] == "case"
        )
    for finding in report.findings:
        table.add_row(*_row(finding))
    _OUT.print(table)
    for finding in report.findings:
        if finding.problem or finding.why_not:
            _OUT.print(
                f"{_mark(finding)} {finding.case.name}: {escape(finding.problem or finding.why_not)}", soft_wrap=True
            )


def show_cases(cases: Sequence[Case]) -> None:
    """What can be caused, and which sensor has to notice."""
    table = Table(title=f"{len(cases)} critical cases", title_justify="left")
    for column in ("family", "case", "what happens", "sensor"):
        table.add_column(column, no_wrap=column == "case")
    for case in cases:
        table.add_row(case.family.value, case.name, escape(case.happens), case.sensor)
    _OUT.print(table)


def _row(finding: Finding) -> tuple[str, ...]:
    name = f"{_mark(finding)} {finding.case.name}"
    if finding.why_not:
        return (f"{name}\n  cannot be caused here", "", "", "", "", "")
    colour = _COLOURS.get(finding.severity, "white")
    return (
        f"{name}\n  " + (f"[dim]{finding.case.sensor}[/]" if finding.detected else "[red]none[/]"),
        "–" if finding.seconds_to_detect is None else f"{finding.seconds_to_detect:.1f} s",
        f"[{colour}]{finding.severity}[/]" if finding.severity else "–",
        escape(finding.readers_saw),
        "–" if finding.rows_lost is None else str(finding.rows_lost),
        "yes" if finding.recovered else "[red]no[/]",
    )


def _mark(finding: Finding) -> str:
    if finding.why_not:
        return "[yellow]–[/]"
    return "[red]✗[/]" if finding.has_failed else "[green]✓[/]"


def _in_a_line(finding: Finding) -> str:
    if finding.problem or finding.why_not:
        return finding.problem or finding.why_not
    return f"{finding.case.sensor} ({finding.severity}) after {finding.seconds_to_detect:.1f} s"
