"""From the record of runs to what was seen of the pipeline as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ritournelle.monitoring.observations import LastRun, Refusals, RunDuration, RunGap
from ritournelle.monitoring.observing.history import History, PastRun

PIPELINE = "pipeline"
_LONGEST_MESSAGE = 400


def last_run(history: History) -> Iterator[LastRun]:
    """The last run that has ended."""
    if history.ended:
        run = history.ended[-1]
        where, message = _failure(run)
        ended = run.finished_at or run.started_at
        yield LastRun(PIPELINE, run.run_id, run.verb, run.status, ended, where, message)


def run_duration(history: History) -> Iterator[RunDuration]:
    """How long the last run took, if it ended well, and the runs of the same verb before."""
    good = [run for run in history.ended if run.status == "succeeded"]
    if good and good[-1] is history.ended[-1]:
        run = good[-1]
        usual = [one.seconds for one in good[:-1] if one.verb == run.verb]
        yield RunDuration(PIPELINE, run.verb, run.seconds, usual)


def run_gap(history: History, now: datetime) -> Iterator[RunGap]:
    """How long no run has read the sources."""
    reads = [run.started_at for run in history.runs if run.step("ingest") is not None]
    if reads:
        between = _hours(reads[-2], reads[-1]) if len(reads) > 1 else 0.0
        yield RunGap(PIPELINE, reads[-1], _hours(reads[-1], now), between)


def refusals(history: History) -> Iterator[Refusals]:
    """The runs that were refused since the last one began."""
    since = history.runs[-1].started_at if history.runs else None
    found = [
        row
        for row in history.refusals
        if row["problem"] == "RunInProgressError" and (since is None or datetime.fromisoformat(row["at"]) >= since)
    ]
    last = found[-1] if found else None
    yield Refusals(
        PIPELINE, len(found), datetime.fromisoformat(last["at"]) if last else None, last["verb"] if last else ""
    )


def _failure(run: PastRun) -> tuple[str, str]:
    failed = next((step for step in run.steps if step.status == "failed"), None)
    if failed is None:
        return "", run.message[:_LONGEST_MESSAGE]
    return f"{failed.step} {failed.source}".strip(), failed.message[:_LONGEST_MESSAGE]


def _hours(one: datetime, other: datetime) -> float:
    return (other - one).total_seconds() / 3600
