"""The metric catalogue as a page of the documentation: every sensor, what it means, its limits, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ritournelle.monitoring.rules import Rules, SensorRule
from ritournelle.monitoring.sensors.base import Sensor

_INTRODUCTION = """# Sensors

One for each kind of trouble. All of them are asked at the end of every run, good or bad; those that hold training and
publication also before both; `ritournelle health` asks those that need no run. What fires opens an incident that closes
itself when the sensor passes again. (Generated from `monitoring/sensors.toml`: `make docs`.)

- **warn** is told; **error** makes `ritournelle health` exit with 1; **block** does that, and nothing is trained or
  published while it lasts: readers keep what they see. **off** in your own file: it is not asked.
- A file of your own (`RITOURNELLE_MONITORING__RULES`, or `sensors.toml` in the home) holds only what differs:

```toml
[source_freshness]
severity = "block"
owner = "data@example.com"
[source_freshness.limits]
hours = 30
```
"""


def sensors_page(sensors: tuple[Sensor[Any, Any], ...], rules: Rules) -> str:
    """The whole page, in Markdown."""
    lines = [_INTRODUCTION, "| sensor | severity | what it says when all is well |", "|---|---|---|"]
    for sensor in sensors:
        rule = rules.by_sensor[sensor.name]
        lines.append(f"| [`{sensor.name}`](#{sensor.name}) | {rule.severity} | {rule.meaning.en} |")
    for sensor in sensors:
        lines += ["", *_section(sensor, rules.by_sensor[sensor.name])]
    return "\n".join(lines) + "\n"


def _section(sensor: Sensor[Any, Any], rule: SensorRule) -> Iterator[str]:
    yield f"## {sensor.name}"
    yield ""
    yield f"{rule.title.en} / {rule.title.fr}. {_told(sensor)}"
    yield ""
    yield f"- Severity {rule.severity}, goes to: {rule.owner}{f', drawn in {rule.unit}' if rule.unit else ''}."
    yield f"- When it fires: “{rule.fired.en}” / « {rule.fired.fr} »"
    yield f"- What was done already: {rule.done.en}"
    yield f"- What to do: {rule.action.en}"
    for name, field in sensor.limits.model_fields.items():
        default = field.default if not isinstance(field.default, tuple) else list(field.default)
        yield f"- Limit `{name}`, by default `{default}`: {field.description}"


def _told(sensor: Sensor[Any, Any]) -> str:
    """The first sentence of its class: when it fires."""
    return " ".join((type(sensor).__doc__ or "").strip().split())
