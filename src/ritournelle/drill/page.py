"""The reference page of all critical cases, generated: what can go wrong, who notices, and what is still right then."""

from __future__ import annotations

from itertools import groupby

from ritournelle.drill.cases import CASES
from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors.catalogue import SENSORS

_HEAD = """# Critical cases

What can go wrong, which sensor notices, and what is still right meanwhile. `ritournelle drill CASE` causes any of them in a
sandbox, and proves that it is noticed, that no row is lost, and that all is as it should be once the cause is gone;
[Rehearse a bad day](../tutorials/rehearse-a-bad-day.md) shows how. Severities are those of the shipped rules.
(Generated: `make docs`.)
"""


def critical_cases_page() -> str:
    """As Markdown."""
    rules = load_rules(SENSORS)
    lines = [_HEAD]
    for family, cases in groupby(CASES, key=lambda case: case.family):
        lines += [
            f"## {family.value.capitalize()}",
            "",
            "| case | what happens | sensor | severity | what still lands |",
        ]
        lines += ["|---|---|---|---|---|"]
        for case in cases:
            severity = rules.severity(case.sensor).value
            told = (f"`{case.name}`", case.happens, f"`{case.sensor}`", severity, case.lands)
            lines.append(f"| {' | '.join(told)} |")
        lines.append("")
    return "\n".join(lines)
