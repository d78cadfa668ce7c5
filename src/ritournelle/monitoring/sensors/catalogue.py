"""All sensors, in the river's order; a new kind of trouble is a new class in a module of its name, and a line here.

`SENSORS` has one of each. Who asks for those of some observations imports no others: an ingestion needs 27 of the 46,
and each takes 0.6 ms.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

from ritournelle.monitoring.sensors.base import Sensor

SENSORS: tuple[Sensor[Any, Any], ...]

_OBSERVED = {
    "source_reachable": "SourceRead",
    "source_retries": "SourceRead",
    "source_latency": "SourceRead",
    "completeness": "SourceRead",
    "snapshot_proof": "SourceRead",
    "schema_drift": "SourceRead",
    "contract_broken": "SourceRead",
    "quarantine": "SourceRead",
    "duplicates": "SourceRead",
    "value_drift": "ColumnProfile",
    "date_sanity": "ColumnProfile",
    "volume": "SourceRead",
    "volume_surge": "SourceRead",
    "stale_snapshot": "Changes",
    "source_freshness": "SourceAge",
    "source_epoch": "SourceRead",
    "id_collisions": "SourceRead",
    "orphans": "Orphans",
    "listen_freshness": "ListenAge",
    "data_tests": "CheckedModel",
    "mart_volume": "MartRows",
    "mart_freshness": "Publication",
    "run_outcome": "LastRun",
    "run_missed": "RunGap",
    "run_overlap": "Refusals",
    "run_duration": "RunDuration",
    "warehouse": "WarehouseState",
    "disk_space": "DiskSpace",
    "memory": "MemoryUse",
    "model_training": "Training",
    "model_age": "ChampionAge",
    "model_quality": "Judged",
    "model_degenerate": "Lists",
    "model_artefact": "ChampionFiles",
    "api_errors": "ApiTraffic",
    "api_latency": "ApiTraffic",
    "api_fallbacks": "ListsServed",
    "floods": "Refused",
    "forged_ids": "FeedbackIds",
    "server": "ServersSeen",
    "event_log": "EventLogState",
    "online_store": "OnlineStoreState",
    "event_lag": "Waiting",
    "usefulness": "Usefulness",
    "feedback_stopped": "Usefulness",
    "alerts": "Delivery",
}
"""By the sensor's name, that of the class that it observes."""


def sensors_for(kinds: Iterable[type[Any]]) -> list[Sensor[Any, Any]]:
    """The sensors that observe these classes, or a class that these are derived from; in the river's order."""
    names = {base.__name__ for kind in kinds for base in kind.__mro__}
    return [sensor_named(name) for name, observed in _OBSERVED.items() if observed in names]


@cache
def sensor_named(name: str) -> Sensor[Any, Any]:
    """The one of this name; `KeyError` when there is none."""
    if name not in _OBSERVED:
        raise KeyError(name)
    module = import_module(f"ritournelle.monitoring.sensors.{name}")
    (found,) = (one for one in vars(module).values() if isinstance(one, type) and _is_named(one, name))
    sensor: Sensor[Any, Any] = found()
    return sensor


def _is_named(kind: type[Any], name: str) -> bool:
    # `issubclass` would ask every sensor that is imported already, for each class that a module names: 44 ms of a
    # profiled ingestion of 1.2 s.
    return getattr(kind, "name", None) == name and Sensor in kind.__mro__


def __getattr__(name: str) -> Any:
    """PEP 562: all of them, when they are asked for."""
    if name != "SENSORS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    sensors = tuple(map(sensor_named, _OBSERVED))
    globals()["SENSORS"] = sensors
    return sensors
