"""The state in words: fresh as of when, what broke, what was done about it, what you can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ritournelle.monitoring.health import Health
from ritournelle.serving.language import Texts
from ritournelle.serving.snapshot import Snapshot
from ritournelle.serving.telling import Teller, Trouble
from ritournelle.serving.writing import Writer

NAMED = 3
"""Troubles that are told at the top; the others are counted there and stand below."""


@dataclass(frozen=True)
class State:
    """What stands at the top of the page."""

    health: Health
    headline: str
    fresh: str
    broke: Sequence[str]
    done: Sequence[str]
    advice: Sequence[str]


def state_of(snapshot: Snapshot, texts: Texts, writer: Writer) -> State:
    """The four answers; of what broke only the worst, so that it is read."""
    found = Teller(snapshot.report.rules, texts).troubles(snapshot.report.readings)
    health = snapshot.report.health
    told = [trouble for trouble in found if trouble.severity.is_critical] or found
    broke = [trouble.message for trouble in told[:NAMED]]
    if len(found) > len(broke):
        broke.append(texts.counted("state.more", len(found) - len(broke)))
    causes = [trouble for trouble in told[:NAMED] if not trouble.is_consequence] or told[:1]
    advice = list(dict.fromkeys(trouble.action for trouble in causes if trouble.action))
    if health is Health.UNKNOWN:
        advice = [texts("state.start")]
    return State(
        health=health,
        headline=_headline(snapshot, found, texts),
        fresh=_fresh(snapshot, texts, writer),
        broke=broke or [texts("state.nothing_broke")],
        done=list(dict.fromkeys((_done(snapshot, found, texts, writer), *(trouble.done for trouble in causes)))),
        advice=advice or [texts("state.nothing_to_do")],
    )


def _headline(snapshot: Snapshot, found: Sequence[Trouble], texts: Texts) -> str:
    health = snapshot.report.health
    if health is Health.WARNING:
        return texts.counted("headline.warning", len(found) or len(snapshot.report.incidents))
    if health is Health.CRITICAL and _is_held(snapshot):
        return texts("headline.held")
    return texts(f"headline.{health}")


def _fresh(snapshot: Snapshot, texts: Texts, writer: Writer) -> str:
    moment = snapshot.report.fresh_as_of
    if moment is None:
        return texts("state.never_published")
    return texts("state.fresh", moment=writer.moment(moment), age=writer.age(moment))


def _done(snapshot: Snapshot, found: Sequence[Trouble], texts: Texts, writer: Writer) -> str:
    moment = snapshot.report.fresh_as_of
    if snapshot.report.health is Health.UNKNOWN or not found:
        return texts("done.nothing")
    if moment is None:
        return texts("done.none_yet")
    return texts(f"done.{_outcome(snapshot, found)}", moment=writer.moment(moment))


def _outcome(snapshot: Snapshot, found: Sequence[Trouble]) -> str:
    run = snapshot.last_run
    if _is_held(snapshot):
        return "held"
    if run is not None and run.status in ("failed", "killed") and not _has_published(snapshot):
        return "stopped"
    if any(trouble.sensor in ("run_missed", "mart_freshness") for trouble in found):
        return "ageing"
    return "kept" if any(trouble.severity.is_critical for trouble in found) else "published"


def _is_held(snapshot: Snapshot) -> bool:
    return any(reading.holds for reading in snapshot.report.readings)


def _has_published(snapshot: Snapshot) -> bool:
    return any(step.step == "publish" and step.status == "succeeded" for step in snapshot.steps)
