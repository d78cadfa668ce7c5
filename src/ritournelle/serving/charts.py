"""The charts of the health page: Vega-Lite specs with their data; colours are names that the page resolves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from ritournelle.serving.language import Texts

Row = Mapping[str, Any]
_STATUS_COLOURS = {
    "succeeded": "$good",
    "passed": "$good",
    "warned": "$warning",
    "running": "$muted",
    "skipped": "$muted",
    "killed": "$critical",
    "refused": "$warning",
    "failed": "$critical",
    "error": "$critical",
}
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_HEIGHT = 200
_DAYS_DRAWN = 90


@dataclass(frozen=True)
class Chart:
    """One picture and the rows it is drawn from, which are also its table; `columns` by their keys in the rows."""

    name: str
    title: str
    caption: str
    rows: Sequence[Row]
    columns: Mapping[str, str]
    layers: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def spec(self) -> dict[str, Any]:
        """The Vega-Lite spec, as wide as its place; the numbers inside."""
        return {
            "$schema": _SCHEMA,
            "description": f"{self.title}. {self.caption}",
            "width": "container",
            "height": _HEIGHT,
            "autosize": {"type": "fit-x", "contains": "padding"},
            "data": {"values": list(self.rows)},
            "layer": list(self.layers),
        }


def runs_chart(rows: Sequence[Row], texts: Texts) -> Chart:
    """Seconds of each run; `started_at`, `seconds`, `status`, `verb`."""
    columns = _columns(texts, "started_at", "seconds", "status", "verb")
    bars = _mark(
        "bar", _time("started_at", rows), _amount("seconds", columns), _coloured("status", rows, texts), columns
    )
    return _chart("durations", rows, texts, columns, [bars])


def rows_chart(rows: Sequence[Row], texts: Texts) -> Chart:
    """Rows that each day's runs brought; `day`, `source`, `landed`."""
    columns = _columns(texts, "day", "source", "landed")
    line = _mark(
        "line", _time("day", rows), _amount("landed", columns), _series("source"), columns, point=len(rows) < 90
    )
    return _chart("rows", rows, texts, columns, [line])


def checks_chart(rows: Sequence[Row], texts: Texts) -> Chart:
    """Checks of each day by outcome; `day`, `outcome`, `checks`."""
    columns = _columns(texts, "day", "outcome", "checks")
    return _chart("checks", rows, texts, columns, [_stacks(rows, "checks", _coloured("outcome", rows, texts), columns)])


def quarantine_chart(rows: Sequence[Row], texts: Texts) -> Chart:
    """Bad rows that each read met; `day`, `source`, `quarantined`."""
    columns = _columns(texts, "day", "source", "quarantined")
    return _chart("quarantine", rows, texts, columns, [_stacks(rows, "quarantined", _series("source"), columns)])


def quality_chart(rows: Sequence[Row], texts: Texts) -> Chart:
    """What challenger, champion and popularity reached on each night; `day`, `role`, `value`, `version`."""
    columns = _columns(texts, "day", "role", "value", "version")
    line = _mark("line", _time("day", rows), _amount("value", columns), _series("role"), columns, point=len(rows) < 200)
    return _chart("quality", rows, texts, columns, [line])


def freshness_chart(rows: Sequence[Row], texts: Texts) -> Chart:
    """Age in hours of what each sensor of freshness watches; `day`, `subject`, `hours`."""
    columns = _columns(texts, "day", "subject", "hours")
    line = _mark(
        "line", _time("day", rows), _amount("hours", columns), _series("subject"), columns, point=len(rows) < 90
    )
    return _chart("freshness", rows, texts, columns, [line])


CHARTS: Mapping[str, Callable[[Sequence[Row], Texts], Chart]] = {
    "durations": runs_chart,
    "rows": rows_chart,
    "checks": checks_chart,
    "quarantine": quarantine_chart,
    "quality": quality_chart,
    "freshness": freshness_chart,
}
"""In the order of the page."""


def _chart(
    name: str, rows: Sequence[Row], texts: Texts, columns: Mapping[str, str], layers: Sequence[Mapping[str, Any]]
) -> Chart:
    return Chart(name, texts(f"charts.{name}.title"), texts(f"charts.{name}.caption"), rows, columns, layers)


def _columns(texts: Texts, *names: str) -> dict[str, str]:
    return {name: texts(f"columns.{name}") for name in names}


def _mark(kind: str, x: Row, y: Row, colour: Row, columns: Mapping[str, str], point: bool = False) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": kind, "tooltip": True} | ({"point": True} if point else {})
    tooltip = [{"field": name, "title": title} | _read_as(name) for name, title in columns.items()]
    return {"mark": shape, "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip}}


def _read_as(name: str) -> dict[str, str]:
    is_moment = name in ("day", "started_at")
    return {"type": "temporal", "format": "%d %b %Y"} if is_moment else {}


def _time(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """A short stretch is two weeks at least, and told in days; of a long one Vega tells months."""
    shown: dict[str, Any] = {"field": name, "type": "temporal", "title": None}
    if _is_long(name, rows):
        return shown | {"scale": {"type": "utc"}, "axis": {"labelOverlap": True, "tickCount": 6}}
    axis = {"labelOverlap": True, "format": "%d %b", "tickCount": "day"}
    return shown | {"scale": {"type": "utc", "domain": _at_least_two_weeks(name, rows)}, "axis": axis}


def _at_least_two_weeks(name: str, rows: Sequence[Row]) -> list[str]:
    """From midnight to midnight, up to the end of the last day."""
    days = [date.fromisoformat(row[name][:10]) for row in rows] or [date(2000, 1, 1)]
    end = max(days) + timedelta(days=1)
    return [f"{day}T00:00:00Z" for day in (min([*days, end - timedelta(days=14)]), end)]


def _is_long(name: str, rows: Sequence[Row]) -> bool:
    return len({row[name][:10] for row in rows}) > _DAYS_DRAWN


def _stacks(rows: Sequence[Row], amount: str, colour: Row, columns: Mapping[str, str]) -> dict[str, Any]:
    """Bars of days, or of weeks where days would be thinner than a pixel."""
    unit = "utcyearweek" if _is_long("day", rows) else "utcyearmonthdate"
    axis = {"format": "%d %b", "labelOverlap": True, "tickCount": 12 if _is_long("day", rows) else "day"}
    x = _time("day", rows) | {"timeUnit": unit, "axis": axis}
    y = _amount(amount, columns) | {"aggregate": "sum"}
    bars = _mark("bar", x, y, colour, columns)
    of_day = {"timeUnit": unit, "format": "%d %b %Y"}
    bars["encoding"]["tooltip"] = [
        one | (of_day if one["field"] == "day" else {"aggregate": "sum"} if one["field"] == amount else {})
        for one in bars["encoding"]["tooltip"]
    ]
    return bars


def _amount(name: str, columns: Mapping[str, str]) -> dict[str, Any]:
    return {"field": name, "type": "quantitative", "title": columns[name], "axis": {"tickCount": 4}}


def _series(name: str) -> dict[str, Any]:
    return {"field": name, "type": "nominal", "title": None, "legend": {"orient": "top"}}


def _coloured(name: str, rows: Sequence[Row], texts: Texts) -> dict[str, Any]:
    shown = [word for word in _STATUS_COLOURS if any(row[name] == texts(f"words.{word}") for row in rows)]
    scale = {"domain": [texts(f"words.{word}") for word in shown], "range": [_STATUS_COLOURS[word] for word in shown]}
    return {"field": name, "type": "nominal", "title": None, "legend": {"orient": "top"}, "scale": scale}
