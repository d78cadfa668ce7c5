"""The state in words: fresh as of when, what broke, what was done about it, what you can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ritournelle.monitoring.health import Health
from ritournelle.monitoring.reading import Reading, Severity
from ritournelle.serving.language import Texts
from ritournelle.serving.snapshot import Snapshot
from ritournelle.serving.writing import Writer

NAMED = 3
"""Troubles that are told at the top; the others are counted there and stand below."""
_CONSEQUENCES = (
    "run_outcome",
    "mart_freshness",
    "source_freshness",
    "listen_freshness",
    "stale_snapshot",
    "data_tests",
)
"""Sensors that mostly fire because another one did: they come after it."""


@dataclass(frozen=True)
class Trouble:
    """One thing that is not as it should be, as a sentence, and what to do about it."""

    sensor: str
    subject: str
    severity: Severity
    message: str
    done: str
    action: str


@dataclass(frozen=True)
class State:
    """What stands at the top of the page."""

    health: Health
    headline: str
    fresh: str
    broke: Sequence[str]
    done: Sequence[str]
    advice: Sequence[str]


def troubles(snapshot: Snapshot, language_of: Texts) -> list[Trouble]:
    """Of every reading that fired, the worst first, causes before what follows from them."""
    rules, language = snapshot.report.rules, language_of.language
    order = {name: place for place, name in enumerate(rules.by_sensor)}

    def rank(reading: Reading) -> tuple[bool, bool, int, str]:
        is_consequence = reading.sensor in _CONSEQUENCES
        return (not reading.severity.is_critical, is_consequence, order[reading.sensor], reading.subject)

    fired = sorted((one for one in snapshot.report.readings if one.has_fired), key=rank)
    return [
        Trouble(
            reading.sensor,
            reading.subject,
            reading.severity,
            rules.say(reading, language),
            rules.reassure(reading, language),
            rules.advise(reading, language),
        )
        for reading in fired
    ]


def state_of(snapshot: Snapshot, texts: Texts, writer: Writer) -> State:
    """The four answers; of what broke only the worst, so that it is read."""
    found = troubles(snapshot, texts)
    health = snapshot.report.health
    told = [trouble for trouble in found if trouble.severity.is_critical] or found
    broke = [trouble.message for trouble in told[:NAMED]]
    if len(found) > len(broke):
        broke.append(texts.counted("state.more", len(found) - len(broke)))
    advice = list(dict.fromkeys(trouble.action for trouble in told[:NAMED] if trouble.action))
    if health is Health.UNKNOWN:
        advice = [texts("state.start")]
    return State(
        health=health,
        headline=_headline(snapshot, found, texts),
        fresh=_fresh(snapshot, texts, writer),
        broke=broke or [texts("state.nothing_broke")],
        done=list(dict.fromkeys((_done(snapshot, found, texts, writer), *(trouble.done for trouble in told[:NAMED])))),
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
    return "published"


def _is_held(snapshot: Snapshot) -> bool:
    return any(reading.holds for reading in snapshot.report.readings)


def _has_published(snapshot: Snapshot) -> bool:
    return any(step.step == "publish" and step.status == "succeeded" for step in snapshot.steps)
