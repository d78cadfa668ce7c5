"""What sensors look at: typed, frozen records of what was seen, one class per kind of thing. They decide nothing."""

from ritournelle.monitoring.observations.data import (
    CheckedModel,
    Finding,
    Lists,
    ListenAge,
    MartRows,
    Orphans,
    Publication,
    WarehouseState,
)
from ritournelle.monitoring.observations.machine import DiskSpace, MemoryUse
from ritournelle.monitoring.observations.models import ChampionAge, ChampionFiles, Judged, Training
from ritournelle.monitoring.observations.runs import LastRun, Refusals, RunDuration, RunGap
from ritournelle.monitoring.observations.sources import Changes, ColumnProfile, PastRead, SourceAge, SourceRead

__all__ = [
    "ChampionAge",
    "ChampionFiles",
    "Changes",
    "CheckedModel",
    "ColumnProfile",
    "DiskSpace",
    "Finding",
    "Judged",
    "LastRun",
    "ListenAge",
    "Lists",
    "MartRows",
    "MemoryUse",
    "Orphans",
    "PastRead",
    "Publication",
    "Refusals",
    "RunDuration",
    "RunGap",
    "SourceAge",
    "SourceRead",
    "Training",
    "WarehouseState",
]
