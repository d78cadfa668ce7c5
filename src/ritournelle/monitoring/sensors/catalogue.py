"""All sensors, in the river's order; a new kind of trouble is a new class and a line here."""

from __future__ import annotations

from typing import Any

from ritournelle.monitoring.sensors.alerts import AlertsArrive
from ritournelle.monitoring.sensors.api_errors import ApiErrors
from ritournelle.monitoring.sensors.api_fallbacks import ApiFallbacks
from ritournelle.monitoring.sensors.api_latency import ApiLatency
from ritournelle.monitoring.sensors.base import Sensor
from ritournelle.monitoring.sensors.completeness import Completeness
from ritournelle.monitoring.sensors.contract_broken import ContractBroken
from ritournelle.monitoring.sensors.data_tests import DataTests
from ritournelle.monitoring.sensors.date_sanity import DateSanity
from ritournelle.monitoring.sensors.disk_space import DiskSpace
from ritournelle.monitoring.sensors.duplicates import Duplicates
from ritournelle.monitoring.sensors.event_lag import EventLag
from ritournelle.monitoring.sensors.event_log import EventLog
from ritournelle.monitoring.sensors.feedback_stopped import FeedbackStopped
from ritournelle.monitoring.sensors.floods import Floods
from ritournelle.monitoring.sensors.forged_ids import ForgedIds
from ritournelle.monitoring.sensors.id_collisions import IdCollisions
from ritournelle.monitoring.sensors.listen_freshness import ListenFreshness
from ritournelle.monitoring.sensors.mart_freshness import MartFreshness
from ritournelle.monitoring.sensors.mart_volume import MartVolume
from ritournelle.monitoring.sensors.memory import Memory
from ritournelle.monitoring.sensors.model_age import ModelAge
from ritournelle.monitoring.sensors.model_artefact import ModelArtefact
from ritournelle.monitoring.sensors.model_degenerate import ModelDegenerate
from ritournelle.monitoring.sensors.model_quality import ModelQuality
from ritournelle.monitoring.sensors.model_training import ModelTraining
from ritournelle.monitoring.sensors.online_store import OnlineStore
from ritournelle.monitoring.sensors.orphans import Orphans
from ritournelle.monitoring.sensors.quarantine import Quarantine
from ritournelle.monitoring.sensors.run_duration import RunDuration
from ritournelle.monitoring.sensors.run_missed import RunMissed
from ritournelle.monitoring.sensors.run_outcome import RunOutcome
from ritournelle.monitoring.sensors.run_overlap import RunOverlap
from ritournelle.monitoring.sensors.schema_drift import SchemaDrift
from ritournelle.monitoring.sensors.server import Server
from ritournelle.monitoring.sensors.snapshot_proof import SnapshotProof
from ritournelle.monitoring.sensors.source_epoch import SourceEpoch
from ritournelle.monitoring.sensors.source_freshness import SourceFreshness
from ritournelle.monitoring.sensors.source_latency import SourceLatency
from ritournelle.monitoring.sensors.source_reachable import SourceReachable
from ritournelle.monitoring.sensors.source_retries import SourceRetries
from ritournelle.monitoring.sensors.stale_snapshot import StaleSnapshot
from ritournelle.monitoring.sensors.usefulness import Usefulness
from ritournelle.monitoring.sensors.value_drift import ValueDrift
from ritournelle.monitoring.sensors.volume import Volume
from ritournelle.monitoring.sensors.volume_surge import VolumeSurge
from ritournelle.monitoring.sensors.warehouse import Warehouse

SENSORS: tuple[Sensor[Any, Any], ...] = (
    SourceReachable(),
    SourceRetries(),
    SourceLatency(),
    Completeness(),
    SnapshotProof(),
    SchemaDrift(),
    ContractBroken(),
    Quarantine(),
    Duplicates(),
    ValueDrift(),
    DateSanity(),
    Volume(),
    VolumeSurge(),
    StaleSnapshot(),
    SourceFreshness(),
    SourceEpoch(),
    IdCollisions(),
    Orphans(),
    ListenFreshness(),
    DataTests(),
    MartVolume(),
    MartFreshness(),
    RunOutcome(),
    RunMissed(),
    RunOverlap(),
    RunDuration(),
    Warehouse(),
    DiskSpace(),
    Memory(),
    ModelTraining(),
    ModelAge(),
    ModelQuality(),
    ModelDegenerate(),
    ModelArtefact(),
    ApiErrors(),
    ApiLatency(),
    ApiFallbacks(),
    Floods(),
    ForgedIds(),
    Server(),
    EventLog(),
    OnlineStore(),
    EventLag(),
    Usefulness(),
    FeedbackStopped(),
    AlertsArrive(),
)
