"""All of the health page as Prometheus metrics: names with units, labels from small fixed sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ritournelle import __version__
from ritournelle.errors import RitournelleError
from ritournelle.monitoring.health import Health
from ritournelle.monitoring.reading import Severity, Status
from ritournelle.serving.history import runs_by_status
from ritournelle.serving.parts import Parts
from ritournelle.serving.traffic import Traffic
from ritournelle.serving.traffic_metrics import TrafficMetrics
from ritournelle.serving.snapshot import DAYS_SHOWN, Snapshot, take_snapshot
from ritournelle.serving.writing import age_seconds

CODES = {Health.UNKNOWN: -1, Health.GOOD: 0, Health.WARNING: 1, Health.CRITICAL: 2}
"""Health as a number, so that an alert can say `>= 2`."""
_COUNTED = ("announced", "landed", "inserted", "updated", "deleted", "quarantined")
_SCALE = "-1 unknown, 0 good, 1 warning, 2 critical"


def exposition(parts: Parts, traffic: Traffic | None = None) -> bytes:
    """The text that Prometheus reads. A journal that cannot be read is a metric, not an error."""
    registry = CollectorRegistry()
    registry.register(_Everything(parts))
    if traffic is not None:
        registry.register(TrafficMetrics(traffic))
    return generate_latest(registry)


class _Everything(Collector):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry need not read the journal to know the names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """One family after another."""
        yield InfoMetricFamily("ritournelle_build", "The running version.", value={"version": __version__})
        try:
            snapshot = take_snapshot(self._parts)
        except RitournelleError:
            yield _gauge("ritournelle_journal_readable", "1 when the operator's journal can be read.", 0)
            return
        yield _gauge("ritournelle_journal_readable", "1 when the operator's journal can be read.", 1)
        yield from _health(snapshot)
        yield from _sensors(snapshot)
        yield from _ages(snapshot)
        yield from _runs(snapshot)
        yield from _sources(snapshot)
        yield from _tables(snapshot)
        yield from _quality(snapshot)
        yield _recorded(self._parts, snapshot.at)


def _health(snapshot: Snapshot) -> Iterator[Metric]:
    report = snapshot.report
    yield _gauge("ritournelle_health", f"Of the whole platform: {_SCALE}.", CODES[report.health])
    subjects = GaugeMetricFamily("ritournelle_subject_health", f"Of one subject: {_SCALE}.", labels=["subject"])
    for subject, health in report.subjects.items():
        subjects.add_metric([subject], CODES[health])
    yield subjects
    incidents = GaugeMetricFamily("ritournelle_incidents_open", "Incidents not resolved.", labels=["severity"])
    count = Counter(str(incident.severity) for incident in report.incidents)
    for severity in Severity:
        incidents.add_metric([severity], count[severity])
    yield incidents


def _sensors(snapshot: Snapshot) -> Iterator[Metric]:
    fired = GaugeMetricFamily(
        "ritournelle_sensor_fired",
        "1 when the sensor's last reading says that there is trouble; absent when it cannot say.",
        labels=["sensor", "subject", "severity"],
    )
    measured = GaugeMetricFamily(
        "ritournelle_sensor_measured", "What the sensor measured last.", labels=["sensor", "subject", "unit"]
    )
    limit = GaugeMetricFamily(
        "ritournelle_sensor_limit", "What the sensor allows.", labels=["sensor", "subject", "unit"]
    )
    read_at = GaugeMetricFamily(
        "ritournelle_sensor_read_timestamp_seconds", "When the sensor was asked last.", labels=["sensor", "subject"]
    )
    for one in snapshot.report.readings:
        unit = snapshot.report.rules.by_sensor[one.sensor].unit
        if one.status is not Status.UNKNOWN:
            fired.add_metric([one.sensor, one.subject, one.severity], float(one.has_fired))
        if one.measured is not None:
            measured.add_metric([one.sensor, one.subject, unit], one.measured)
        if one.limit is not None:
            limit.add_metric([one.sensor, one.subject, unit], one.limit)
        read_at.add_metric([one.sensor, one.subject], one.at.timestamp())
    yield from (fired, measured, limit, read_at)


def _ages(snapshot: Snapshot) -> Iterator[Metric]:
    published = age_seconds(snapshot.report.fresh_as_of, snapshot.at)
    if published is not None:
        yield _gauge("ritournelle_published_age_seconds", "Age of what readers see.", published)
    family = GaugeMetricFamily("ritournelle_source_age_seconds", "Age of the last good read.", labels=["source"])
    for source, step in snapshot.good_reads.items():
        family.add_metric([source], age_seconds(step.ended_at, snapshot.at) or 0.0)
    yield family


def _runs(snapshot: Snapshot) -> Iterator[Metric]:
    ended = next((run for run in snapshot.runs if run.status != "running"), None)
    if ended is not None:
        yield _gauge("ritournelle_last_run_success", "1 when the last ended run did.", ended.status == "succeeded")
        yield _gauge("ritournelle_last_run_started_timestamp_seconds", "When it began.", ended.started_at.timestamp())
        yield _gauge("ritournelle_last_run_duration_seconds", "How long it took.", ended.duration_seconds or 0.0)
        if ended.peak_memory_bytes:
            yield _gauge("ritournelle_last_run_peak_memory_bytes", "The most it held.", ended.peak_memory_bytes)
    steps = GaugeMetricFamily(
        "ritournelle_step_duration_seconds", "Of the newest run's steps.", labels=["step", "source", "status"]
    )
    for step in snapshot.steps:
        if step.duration_seconds is not None:
            steps.add_metric([step.step, step.source, step.status], step.duration_seconds)
    yield steps


def _sources(snapshot: Snapshot) -> Iterator[Metric]:
    rows = GaugeMetricFamily(
        "ritournelle_source_rows", "Rows of the source's last read, by what became of them.", labels=["source", "kind"]
    )
    for source, step in snapshot.reads.items():
        for kind in _COUNTED:
            if step.measures.get(kind) is not None:
                rows.add_metric([source, kind], step.measures[kind])
    yield rows
    waiting = GaugeMetricFamily("ritournelle_quarantine_waiting_rows", "Rows that wait.", labels=["source"])
    for reading in snapshot.report.readings:
        if reading.sensor == "quarantine" and reading.facts.get("waiting") is not None:
            waiting.add_metric([reading.subject], reading.facts["waiting"])
    yield waiting


def _tables(snapshot: Snapshot) -> Iterator[Metric]:
    rows = GaugeMetricFamily("ritournelle_table_rows", "After the last good transform.", labels=["table"])
    for table, count in snapshot.table_rows.items():
        rows.add_metric([table], count)
    yield rows
    checks = GaugeMetricFamily(
        "ritournelle_checks", "Data tests and freshness checks of the last run that made any.", labels=["outcome"]
    )
    for outcome, count in sorted(Counter(check.outcome for check in snapshot.checks).items()):
        checks.add_metric([outcome], count)
    yield checks


def _quality(snapshot: Snapshot) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "ritournelle_model_quality_ratio", "What each role reached when last judged.", labels=["role", "metric"]
    )
    last = max((row["measured_at"] for row in snapshot.quality), default=None)
    for row in snapshot.quality:
        if row["measured_at"] == last and row["slice"] == "all":
            family.add_metric([row["role"], row["metric"]], row["value"])
    yield family


def _recorded(parts: Parts, now: datetime) -> Metric:
    family = GaugeMetricFamily("ritournelle_runs_recorded", "Runs of the last year.", labels=["status"])
    for status, count in runs_by_status(parts.journal, now - timedelta(days=DAYS_SHOWN)).items():
        family.add_metric([status], count)
    return family


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=float(value))
