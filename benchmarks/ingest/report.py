"""The outcome as a plain table or as JSON: medians over the repetitions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.ingest.contenders import BASELINE, LIBRARY
from benchmarks.measure import Cost

HEADINGS = ("contender", "CPU s", "min–max", "× ours", "× alone", "wall s", "peak MB", "loaded")


@dataclass
class Outcome:
    """All repetitions of one contender."""

    name: str
    costs: list[Cost] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)

    def add(self, cost: Cost, wrong: str) -> None:
        """One more repetition; `wrong` says what it failed to load."""
        self.costs.append(cost)
        if wrong:
            self.wrongs.append(wrong)

    @property
    def is_right(self) -> bool:
        """Whether every repetition loaded every row."""
        return not self.wrongs

    @property
    def cpu_seconds(self) -> float:
        """The median."""
        return median(cost.cpu_seconds for cost in self.costs)

    def to_dict(self, ours: float, alone: float) -> dict[str, Any]:
        """Medians; the peak is the highest of all repetitions."""
        every = sorted(cost.cpu_seconds for cost in self.costs)
        return {
            "cpu_seconds": round(self.cpu_seconds, 3),
            "cpu_seconds_min": round(every[0], 3),
            "cpu_seconds_max": round(every[-1], 3),
            "times_ours": round(self.cpu_seconds / ours, 2),
            "times_alone": round(self.cpu_seconds / alone, 2),
            "wall_seconds": round(median(cost.wall_seconds for cost in self.costs), 3),
            "peak_megabytes": round(max(cost.peak_megabytes for cost in self.costs)),
            "loaded": "all rows" if self.is_right else f"NOT ALL: {self.wrongs[0]}",
        }


def as_json(about: Mapping[str, Any], outcomes: Mapping[str, Outcome]) -> str:
    """One object."""
    return json.dumps({**about, "contenders": _rows(outcomes)}, indent=2, ensure_ascii=False)


def as_table(about: Mapping[str, Any], outcomes: Mapping[str, Outcome]) -> str:
    """One line for each contender."""
    lines = [HEADINGS, *(_line(name, row) for name, row in _rows(outcomes).items())]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    title = ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in about.items()
    )
    return "\n".join([title, "", *("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)])


def _rows(outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, Any]]:
    first = next(iter(outcomes.values()))
    ours, alone = (outcomes.get(one.name, first).cpu_seconds for one in (BASELINE, LIBRARY))
    return {name: outcome.to_dict(ours, alone) for name, outcome in outcomes.items()}


def _line(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    spread = f"{row['cpu_seconds_min']:.2f}–{row['cpu_seconds_max']:.2f}"
    wall, peak = f"{row['wall_seconds']:.2f}", f"{row['peak_megabytes']:,}"
    ratios = (f"{row['times_ours']:.1f}", f"{row['times_alone']:.1f}")
    return (name, f"{row['cpu_seconds']:.2f}", spread, *ratios, wall, peak, row["loaded"])
