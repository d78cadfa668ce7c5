"""The reference page of what Dagster is told: jobs, schedule, sensors, and the graph of all assets.

`python -m ritournelle.orchestration.reference > docs/reference/orchestration.md` writes it; a test holds it to that.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.orchestration.definitions import definitions_of
from ritournelle.orchestration.keys import name_of
from ritournelle.orchestration.stages import stage_of
from ritournelle.settings import Settings, load_settings

_LISTED = 4
_SENSORS = tuple(sensor.name for sensor in SENSORS)
_INTRODUCTION = """\
# What Dagster is told

Written by `python -m ritournelle.orchestration.reference` from the definitions; do not edit. How to use them:
[Orchestrate with Dagster](../how-to/orchestrate-with-dagster.md).
"""


def reference_page(settings: Settings) -> str:
    """The page as Markdown, for default settings; the project is parsed in their home if nobody has yet."""
    definitions = definitions_of(settings)
    sections = (_jobs, _automations, _assets, _sensors_of_the_watch)
    return "\n".join([_INTRODUCTION, *(line for section in sections for line in section(definitions))])


def _jobs(definitions: dg.Definitions) -> Iterator[str]:
    yield "## Jobs\n\n| job | ops | does |\n|---|---|---|"
    for job in sorted(definitions.resolve_all_job_defs(), key=lambda job: job.name):
        if not job.name.startswith("__"):
            ops = " → ".join(node.name for node in job.nodes_in_topological_order)
            yield f"| `{job.name}` | {ops} | {(job.description or '').splitlines()[0]} |"
    yield ""


def _automations(definitions: dg.Definitions) -> Iterator[str]:
    repository = definitions.get_repository_def()
    yield "## Schedule and sensors\n\n| name | when | at first | does |\n|---|---|---|---|"
    for schedule in repository.schedule_defs:
        when = f"`{schedule.cron_schedule}` {schedule.execution_timezone}"
        yield f"| `{schedule.name}` | {when} | {schedule.default_status.value.lower()} | {schedule.description} |"
    for sensor in sorted(repository.sensor_defs, key=lambda sensor: sensor.name):
        when = f"every {sensor.minimum_interval_seconds} s"
        yield f"| `{sensor.name}` | {when} | {sensor.default_status.value.lower()} | {sensor.description} |"
    yield ""


def _assets(definitions: dg.Definitions) -> Iterator[str]:
    graph = definitions.resolve_asset_graph()
    read = {key for key in graph.asset_check_keys if key.name in _SENSORS}
    tests, sensors = (Counter(key.asset_key for key in keys) for keys in (graph.asset_check_keys - read, read))
    yield "## Assets\n\n| asset | group | op | data tests | sensors | made from |\n|---|---|---|---|---|---|"
    for key in sorted(graph.get_all_asset_keys(), key=name_of):
        node = graph.get(key)
        op = stage_of(key) if node.is_materializable else ""
        parents = ", ".join(sorted(name_of(parent) for parent in node.parent_keys))
        checks = f"{tests[key] or ''} | {sensors[key] or ''}"
        yield f"| `{name_of(key)}` | {node.group_name} | {op} | {checks} | {parents} |"
    yield ""


def _sensors_of_the_watch(definitions: dg.Definitions) -> Iterator[str]:
    keys = definitions.resolve_asset_graph().asset_check_keys
    yield "## Sensors of the watch, as checks of the op `health`\n\n| check | of |\n|---|---|"
    for name in _SENSORS:
        places = sorted(name_of(key.asset_key) for key in keys if key.name == name)
        told = f"{len(places)} tables" if len(places) > _LISTED else ", ".join(f"`{place}`" for place in places)
        if places:
            yield f"| [`{name}`](sensors.md#{name}) | {told} |"
    yield ""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        sys.stdout.write(reference_page(load_settings(home=Path(home))))
