"""From the record of runs and the last look into the warehouse to what was seen of the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ritournelle.monitoring.observations import CheckedModel, Finding, Lists, ListenAge, MartRows, Orphans, Publication
from ritournelle.monitoring.observing.history import History, PastRun
from ritournelle.monitoring.observing.models import MODEL
from ritournelle.monitoring.reading import Severity

PUBLISHED = "published"
LISTS = "marts.recommendations"
WITH_SENSOR = frozenset(
    {
        "landed_is_announced",
        "volume_of_sources_collapsed",
        "volume_of_sources_is_unusual",
        "volume_of_listens_is_unusual",
    }
)
"""Data tests of troubles that have sensors of their own; freshness has one as well, and `refers_to_known`."""
_KINDS_WITH_SENSOR = ("freshness", "refers_to_known")
_NOT_FINITE = re.compile(r"gave (\d+) scores that are not finite")
"""What `Recommender.recommend` says of a model without scores: its lists are never stored."""
_LONGEST_MESSAGE = 200
_BAD = ("warned", "failed", "error")
_SCHEMAS = ("history.", "core.", "marts.")
_MOVING = ("core.excluded_listens", "marts.pipeline_health_days")
"""Tables whose rows follow something else than the sources: what listeners exclude from their taste, they take back."""


def checked_models(history: History) -> Iterator[CheckedModel]:
    """The data tests of the last transform, by the model that they stand at."""
    by_model: dict[str, list[Mapping[str, Any]]] = {}
    for check in history.checks:
        if check["check_name"] not in WITH_SENSOR and check["kind"] not in _KINDS_WITH_SENSOR:
            by_model.setdefault(check["target"] or check["check_name"], []).append(check)
    for model, checks in sorted(by_model.items()):
        bad = [check for check in checks if check["outcome"] in _BAD]
        findings = [_finding(check, history.warned_before.get(check["check_name"], ())) for check in bad]
        yield CheckedModel(model, len(checks), findings)


def is_counted(table: str) -> bool:
    """Whether the rows of a `schema.table` that the transform builds are compared with those of earlier runs."""
    return table.startswith(_SCHEMAS) and table not in _MOVING


def mart_rows(history: History) -> Iterator[MartRows]:
    """The tables of the last transform, and the stored lists."""
    last = history.latest(lambda step: step.step == "transform" and bool(step.details.get("rows")))
    if last is not None:
        run, step = last
        before = [_rows(one) for one in _published_before(history, run)]
        for table, rows in sorted(step.details["rows"].items()):
            if is_counted(table):
                yield MartRows(table, rows, [one[table] for one in before if table in one])
    lists = history.latest_facts("lists")
    if lists is not None:
        run, totals = lists
        usual = [one.facts["lists"]["all_rows"] for one in _published_before(history, run) if one.facts.get("lists")]
        yield MartRows(LISTS, totals["all_rows"], usual)


def orphans(history: History) -> Iterator[Orphans]:
    """Listens of unknown users and tracks, when the star was last looked at."""
    found = history.latest_facts("listens")
    if found is not None:
        run, totals = found
        earlier = [one.facts["listens"] for one in history.runs if one is not run and one.facts.get("listens")]
        usual = [one["of_unknown_users"] + one["of_unknown_tracks"] for one in earlier]
        lost = (totals["of_unknown_users"], totals["of_unknown_tracks"])
        yield Orphans("core.fact_listen_history", totals["listens"], *lost, usual)


def listen_age(history: History, now: datetime) -> Iterator[ListenAge]:
    """How long ago the newest listen was played, or the last one arrived."""
    found = history.latest_facts("listens")
    if found is not None:
        moments = [found[1][name] and datetime.fromisoformat(found[1][name]) for name in ("newest_at", "arrived_at")]
        later = max((moment for moment in moments if moment), default=None)
        hours = (now - later).total_seconds() / 3600 if later else None
        yield ListenAge("listen_history", moments[0], moments[1], hours)


def publication(history: History, now: datetime) -> Iterator[Publication]:
    """What readers see."""
    found = history.latest(lambda step: step.step == "publish" and step.succeeded)
    if found is not None:
        run, step = found
        yield Publication(PUBLISHED, step.finished_at, run.run_id, (now - step.finished_at).total_seconds() / 3600)


def lists_to_publish(history: History) -> Iterator[Lists]:
    """The model's lists, when they were last looked at; or what kept them from being made."""
    found = history.latest_facts("lists")
    last = history.latest(lambda step: step.step == "recommend" and step.status != "skipped")
    refused = _NOT_FINITE.search(last[1].message) if last is not None else None
    if found is not None and found[1]["lists"]:
        totals = found[1]
        yield Lists(
            MODEL,
            totals["model_version"],
            lists=totals["lists"],
            most_identical=totals["most_identical"],
            not_finite=int(refused[1]) if refused else totals["not_finite"],
            shown_tracks=totals["shown_tracks"],
            tracks=totals["tracks"],
            list_length=totals["longest"],
            equally_shown=totals.get("equally_shown"),
        )


def _published_before(history: History, run: PastRun) -> list[PastRun]:
    """Earlier runs whose work readers came to see, since the sources last began to speak of another population."""
    epochs = [one.run_number for one in history.runs if _began_epoch(one)]
    first = max((number for number in epochs if number <= run.run_number), default=0)
    return [one for one in history.runs if first <= one.run_number < run.run_number and one.was_published]


def _began_epoch(run: PastRun) -> bool:
    return any(step.succeeded and step.measures.get("source_epoch_changed") for step in run.steps)


def _rows(run: PastRun) -> Mapping[str, int]:
    transformed = run.step("transform")
    rows: Mapping[str, int] = transformed.details.get("rows", {}) if transformed else {}
    return rows


def _finding(check: Mapping[str, Any], usual: Sequence[int]) -> Finding:
    return Finding(
        check["check_name"],
        Severity(check["severity"]),
        check["failures"],
        str(check["message"] or check["outcome"])[:_LONGEST_MESSAGE],
        usual,
    )
