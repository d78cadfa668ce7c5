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
from ritournelle.monitoring.observations.serving import (
    ApiTraffic,
    EventLogState,
    ExposedDay,
    FeedbackIds,
    ListsServed,
    OnlineStoreState,
    Refused,
    ServersSeen,
    Usefulness,
    Waiting,
)
from ritournelle.monitoring.observations.sources import Changes, ColumnProfile, PastRead, SourceAge, SourceRead

__all__ = [
    "ApiTraffic",
    "ChampionAge",
    "ChampionFiles",
    "Changes",
    "CheckedModel",
    "ColumnProfile",
    "DiskSpace",
    "EventLogState",
    "ExposedDay",
    "FeedbackIds",
    "Finding",
    "Judged",
    "LastRun",
    "ListenAge",
    "Lists",
    "ListsServed",
    "MartRows",
    "MemoryUse",
    "OnlineStoreState",
    "Orphans",
    "PastRead",
    "Publication",
    "Refusals",
    "Refused",
    "RunDuration",
    "RunGap",
    "ServersSeen",
    "SourceAge",
    "SourceRead",
    "Training",
    "Usefulness",
    "Waiting",
    "WarehouseState",
]
