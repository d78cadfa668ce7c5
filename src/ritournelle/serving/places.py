"""Where each reading and check belongs: a source, a layer, a table, a model, or the platform itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from ritournelle.domain.sources import Source
from ritournelle.monitoring.health import Health, health_of
from ritournelle.monitoring.reading import Reading
from ritournelle.serving.history import CheckLine, StepLine
from ritournelle.serving.lineage import FED_BY, LISTS, MODEL, NodeState
from ritournelle.serving.manifest import ProjectGraph
from ritournelle.serving.snapshot import Snapshot

LAYERS = ("raw", "staging", "history", "core", "marts", "published")
_VERSION = re.compile(r"[\w.:]+-\d{6}")
_ORDER = (Health.UNKNOWN, Health.GOOD, Health.WARNING, Health.CRITICAL)


class Place(StrEnum):
    """The groups of cards on the page."""

    SOURCE = "source"
    TABLE = "table"
    MODEL = "model"
    PLATFORM = "platform"


def place_of(subject: str) -> Place:
    """Of a reading's subject; a column of a source (`users.gender`) is the source's."""
    if subject.partition(".")[0] in tuple(Source):
        return Place.SOURCE
    if subject == MODEL or _VERSION.fullmatch(subject):
        return Place.MODEL
    if subject in ("pipeline", "warehouse", "home"):
        return Place.PLATFORM
    return Place.TABLE


def worst(healths: Iterable[Health]) -> Health:
    """The worst of these; unknown of none."""
    return max(healths, key=_ORDER.index, default=Health.UNKNOWN)


def of_source(readings: Iterable[Reading], source: str) -> list[Reading]:
    """The readings of a source and of its columns."""
    return [reading for reading in readings if reading.subject.partition(".")[0] == source]


def health_of_checks(checks: Sequence[CheckLine]) -> Health:
    """What data tests say of a table: warnings warn, failures of severity `warn` too, others are critical."""
    return worst(_health_of_check(check) for check in checks)


def _health_of_check(check: CheckLine) -> Health:
    if check.outcome == "skipped":
        return Health.UNKNOWN
    if check.is_good:
        return Health.GOOD
    return Health.WARNING if check.outcome == "warned" or check.severity == "warn" else Health.CRITICAL


def node_states(snapshot: Snapshot, graph: ProjectGraph) -> dict[str, NodeState]:
    """What is known now of every node of the lineage, by its key."""
    states = {str(source): _source_state(snapshot, str(source)) for source in Source}
    keys = {table.key for table in graph.tables} | set(snapshot.table_rows)
    states |= {key: _table_state(snapshot, key) for key in sorted(keys)}
    states[MODEL] = _model_state(snapshot)
    states[LISTS] = _lists_state(snapshot)
    return states


def _source_state(snapshot: Snapshot, source: str) -> NodeState:
    readings = of_source(snapshot.report.readings, source)
    read, good = snapshot.reads.get(source), snapshot.good_reads.get(source)
    health = health_of(readings)
    if read is not None and not readings:
        health = Health.GOOD if read.status == "succeeded" else Health.CRITICAL
    return NodeState(
        health,
        good.measures.get("announced") if good else None,
        good.ended_at if good else None,
        len(readings),
        sum(reading.has_fired for reading in readings),
    )


def _table_state(snapshot: Snapshot, key: str) -> NodeState:
    schema, _, name = key.partition(".")
    checks = [check for check in snapshot.checks if check.target in (key, name)]
    readings = [reading for reading in snapshot.report.readings if reading.subject in (key, name)]
    step = _feeding_step(snapshot, schema, name)
    told = [health_of(readings), health_of_checks(checks)]
    if step is not None:
        told.append(Health.GOOD)
    rows = step.measures.get("landed") if step and key == f"raw.src_{step.source}" else snapshot.table_rows.get(key)
    return NodeState(
        worst(told),
        rows,
        step.ended_at if step else None,
        len(checks) + len(readings),
        sum(not check.is_good for check in checks) + sum(reading.has_fired for reading in readings),
    )


def _feeding_step(snapshot: Snapshot, schema: str, name: str) -> StepLine | None:
    if schema != "raw":
        return snapshot.stages.get("transform")
    return snapshot.good_reads.get(str(FED_BY.get(name, "")))


def _model_state(snapshot: Snapshot) -> NodeState:
    readings = [reading for reading in snapshot.report.readings if place_of(reading.subject) is Place.MODEL]
    step = snapshot.stages.get("train")
    told = [health_of(readings)] + ([Health.GOOD] if step else [])
    fired = sum(reading.has_fired for reading in readings)
    return NodeState(worst(told), None, step.ended_at if step else None, len(readings), fired)


def _lists_state(snapshot: Snapshot) -> NodeState:
    names = ("published", "marts.recommendations", "recommendations")
    readings = [reading for reading in snapshot.report.readings if reading.subject in names]
    step = snapshot.stages.get("recommend")
    told = [health_of(readings)] + ([Health.GOOD] if step else [])
    rows = step.details.get("listeners") if step else None
    fired = sum(reading.has_fired for reading in readings)
    return NodeState(worst(told), rows, step.ended_at if step else None, len(readings), fired)
