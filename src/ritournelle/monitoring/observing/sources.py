"""From the record of runs to what was seen of the sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.monitoring.observations import Changes, ColumnProfile, PastRead, SourceAge, SourceRead
from ritournelle.monitoring.observing.history import History, PastRun, PastStep

_Load = tuple[PastRun, PastStep]


def source_reads(history: History) -> Iterator[SourceRead]:
    """The last attempt of each source."""
    for source in Source:
        attempt = history.latest(partial(_is_ingest, source.value))
        if attempt is not None:
            yield _read(attempt, good_loads_before(history, attempt))


def source_ages(history: History, now: datetime) -> Iterator[SourceAge]:
    """When each source was last read to its end."""
    for source in Source:
        good = history.latest(partial(_is_good_ingest, source.value))
        moment = good[1].finished_at if good else None
        yield SourceAge(source.value, moment, (now - moment).total_seconds() / 3600 if moment else None)


def column_profiles(history: History) -> Iterator[ColumnProfile]:
    """Every column of the sources that landed last."""
    for source in Source:
        good = history.latest(partial(_is_good_ingest, source.value))
        if good is None:
            continue
        before = [
            step.details["profile"] for _, step in good_loads_before(history, good) if step.details.get("profile")
        ]
        for column, profile in (good[1].details.get("profile") or {}).items():
            past = [one[column] for one in before if column in one]
            yield _profile(f"{source.value}.{column}", int(good[1].measures.get("landed") or 0), profile, past)


def all_changes(history: History) -> Iterator[Changes]:
    """What the last run that loaded all sources changed in them."""
    whole = [run for run in history.runs if _loaded_all(run)]
    if whole:
        last, before = whole[-1], whole[:-1]
        hours = (last.started_at - before[-1].started_at).total_seconds() / 3600 if before else None
        usual = [_changed(run) for run in before[1:]]  # the first load is no usual day
        yield Changes("pipeline", _changed(last), hours, usual or [_changed(run) for run in before])


def good_loads_before(history: History, attempt: _Load) -> list[_Load]:
    """Earlier loads of the same source in the same population, oldest first."""
    run, last = attempt
    epoch = last.details.get("source_epoch")
    found = [
        (other, step)
        for other in history.runs
        for step in other.steps
        if other.run_number < run.run_number and _is_good_ingest(last.source, step)
    ]
    return found if epoch is None else [one for one in found if one[1].details.get("source_epoch") == epoch]


def _is_ingest(source: str, step: PastStep) -> bool:
    return step.step == "ingest" and step.source == source


def _is_good_ingest(source: str, step: PastStep) -> bool:
    return _is_ingest(source, step) and step.succeeded


def _loaded_all(run: PastRun) -> bool:
    good = {step.source for step in run.steps if step.step == "ingest" and step.succeeded}
    return len(good) == len(Source)


def _changed(run: PastRun) -> int:
    names = ("inserted", "updated", "deleted")
    return sum(int(step.measures.get(name) or 0) for step in run.steps if step.step == "ingest" for name in names)


def _read(attempt: _Load, before: Sequence[_Load]) -> SourceRead:
    run, step = attempt
    measures, details = step.measures, step.details
    waiting = run.facts.get("quarantine", {}).get(step.source, {})
    return SourceRead(
        subject=step.source,
        run_id=run.run_id,
        finished_at=step.finished_at,
        succeeded=step.succeeded,
        problem=details.get("problem") or ("" if step.succeeded else "RitournelleError"),
        message=step.message,
        announced=measures.get("announced"),
        landed=int(measures.get("landed") or 0),
        quarantined=int(measures.get("quarantined") or 0),
        proven_snapshot=bool(measures.get("proven_snapshot")),
        requests=int(measures.get("requests") or 0),
        retries=int(measures.get("retries") or 0),
        seconds=float(details.get("request_seconds") or 0.0),
        warnings=tuple(details.get("warnings") or ()),
        passes=int(details.get("passes") or 0),
        misnumbered=int(details.get("misnumbered") or 0),
        repeated=int(details.get("repeated") or 0),
        not_json=int(details.get("not_json") or 0),
        unknown_fields=tuple(details.get("unknown_fields") or ()),
        missing_fields=tuple(details.get("missing_fields") or ()),
        new_values=_new_values(step, before),
        epoch_changed=bool(measures.get("source_epoch_changed")),
        newly_quarantined=waiting.get("new", {}),
        contradictions=int(waiting.get("contradictions", 0)),
        waiting=int(waiting.get("waiting", 0)),
        erased=int(measures.get("erased") or 0),
        collisions=run.facts.get("collisions", {}).get(step.source),
        before=tuple(_past(one) for _, one in before),
    )


def _past(step: PastStep) -> PastRead:
    requests = int(step.measures.get("requests") or 0)
    seconds = float(step.details.get("request_seconds") or 0.0)
    return PastRead(step.finished_at, int(step.measures.get("landed") or 0), seconds / requests if requests else 0.0)


def _new_values(step: PastStep, before: Sequence[_Load]) -> Mapping[str, Sequence[str]]:
    """Values that no earlier read had; where an earlier one had too many to tell, the column is none of these."""
    found = {}
    for column, profile in (step.details.get("profile") or {}).items():
        past = [one.details.get("profile", {}).get(column) for _, one in before]
        known = {value for one in past if one for value in one.get("values", ())}
        if known:
            found[column] = sorted(set(profile.get("values", ())) - known)
    return {column: values for column, values in found.items() if values}


def _profile(subject: str, rows: int, profile: Mapping[str, Any], past: Sequence[Mapping[str, Any]]) -> ColumnProfile:
    return ColumnProfile(
        subject=subject,
        rows=rows,
        nulls=profile["nulls"],
        usual_nulls=[one["nulls"] for one in past],
        mean=profile.get("mean"),
        usual_means=[one["mean"] for one in past if "mean" in one],
        values=profile.get("values", {}),
        usual_values=[one["values"] for one in past if "values" in one],
        future=profile.get("future"),
        ancient=profile.get("ancient"),
        usual_odd_dates=[one["future"] + one["ancient"] for one in past if "future" in one],
    )
