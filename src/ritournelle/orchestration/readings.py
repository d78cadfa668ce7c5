"""What the sensors of the watch said when a run ended, by Dagster, cron or hand, well or not, told as asset checks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field

import dagster as dg

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.monitoring.health import HealthReport
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.observing.history import RUNNING
from ritournelle.orchestration.checks import PASSED, Reading, by_check, outcome_of, result_of
from ritournelle.settings import Settings


@dataclass(frozen=True)
class Told:
    """What was told last; small, since Dagster keeps it anew with each of 1,440 ticks a day."""

    at: str = ""  # of the newest reading, ISO 8601
    run: str | None = None  # the last one that had ended then
    bad: Mapping[str, str] = field(default_factory=dict)  # the outcomes of checks that did not pass


def news_of(
    readings: Mapping[dg.AssetCheckKey, Sequence[Reading]], run: str, told: Told
) -> tuple[list[dg.AssetCheckKey], Told]:
    """The checks to tell, and what to remember: what was read anew, if a run has ended since or the outcome is another.

    Looks between the runs, of which a page makes one every minute, tell nothing as long as all is as it was.
    """
    ats = {check: max(one.at for one in of_check).isoformat() for check, of_check in readings.items()}
    outcomes = {check: outcome_of(readings[check]) for check, at in ats.items() if at > told.at}
    news = [
        check
        for check, outcome in outcomes.items()
        if run != told.run or outcome != told.bad.get(check.to_user_string(), PASSED)
    ]
    if not news:
        return [], told
    after = {**told.bad, **{check.to_user_string(): outcomes[check] for check in news}}
    bad = {name: outcome for name, outcome in after.items() if outcome != PASSED}
    return news, Told(max(ats.values()), run, bad)


def readings_sensor(settings: Settings, known: AbstractSet[dg.AssetKey]) -> dg.SensorDefinition:
    """Reads the journal alone: a few milliseconds, no warehouse, no run. `known` are all assets."""

    @dg.sensor(
        name="health_readings",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="What the sensors said when a run ended, also one by cron or one that failed, as asset checks.",
    )
    def health_readings(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        platform = Platform(settings)
        journal = platform.journal()
        if not journal.is_there:
            return dg.SkipReason("nothing has run yet")
        last = _last_run(journal)
        report = HealthReport.of(journal, platform.rules(), utc_now())
        readings = by_check(report.readings, known)
        news, told = news_of(readings, last, Told(**json.loads(context.cursor or "{}")))
        if not news:
            return dg.SkipReason("nothing new was read")
        events = [_evaluation(check, result_of(check, readings[check], report.rules.say)) for check in news]
        why = dg.SkipReason(f"{len(events)} checks told, {sum(not event.passed for event in events)} of them failed")
        return dg.SensorResult(skip_reason=why, asset_events=events, cursor=json.dumps(asdict(told)))

    return health_readings


def _last_run(journal: Journal) -> str:
    """The id of the last run that has ended; empty before the first."""
    query = "SELECT run_id FROM runs WHERE status <> ? ORDER BY started_at DESC LIMIT 1"
    return next((str(row["run_id"]) for row in journal.rows(query, (RUNNING,))), "")


def _evaluation(check: dg.AssetCheckKey, found: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    """The same, of no Dagster run."""
    return dg.AssetCheckEvaluation(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=bool(found.passed),
        metadata=found.metadata,
        severity=found.severity,
        description=found.description,
    )
