"""From the servers' signs of life, the event log and the online store to what was seen of serving."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ritournelle.errors import RitournelleError
from ritournelle.monitoring.observations import (
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
from ritournelle.monitoring.observing.history import History
from ritournelle.monitoring.servers import ServerReport
from ritournelle.sqlite_file import opened
from ritournelle.streaming.broker import Broker

SERVER, API, EVENT_LOG, ONLINE_STORE = "server", "api", "event_log", "online_store"
_FRESH = timedelta(minutes=5)
"""A server that has not been heard of for longer says nothing of now; `server` tells that it is silent."""
_WAIT_SECONDS = 2.0
_KINDS = ("keys", "addresses", "listeners")


def servers(reports: Sequence[ServerReport], now: datetime) -> Iterator[Any]:
    """Whether they live, and what those that do answered in the last minutes, all together."""
    if not reports:
        return
    open_ended = [report for report in reports if report.ended_at is None]
    running = [report for report in open_ended if now - report.seen_at <= _FRESH]
    silent = len(open_ended) - len(running)
    last = max((report.seen_at for report in open_ended), default=None)
    minutes = (now - last).total_seconds() / 60 if last else 0.0
    yield ServersSeen(SERVER, len(running), silent, max(minutes, 0.0), last)
    if running or not open_ended:  # of the dead nothing is known; those that were told to end answer nothing
        yield from _traffic([report.traffic for report in running])


def _traffic(windows: Sequence[Any]) -> Iterator[ApiTraffic | ListsServed | Refused | FeedbackIds]:
    total: Counter[str] = Counter()
    for window in windows:
        total.update({name: window[name] for name in ("requests", "failed", "lists", "in_trouble", "told", "bad_ids")})
    yield ApiTraffic(API, total["requests"], total["failed"], _p99(windows))
    reason = next((window["reason"] for window in windows if window["reason"]), "")
    yield ListsServed(API, total["lists"], total["in_trouble"], reason)
    yield FeedbackIds("feedback", total["told"], total["bad_ids"])
    for kind in _KINDS:
        found = [window["refused"][kind] for window in windows if kind in window["refused"]]
        worst: Any = max(found, key=lambda one: one["worst"], default={"worst": 0, "who": ""})
        yield Refused(kind, sum(one["all"] for one in found), worst["worst"], worst["who"])


def _p99(windows: Sequence[Any]) -> float:
    """The bound within which 99 of 100 requests were answered; of none 0."""
    if not windows:
        return 0.0
    bounds = [*windows[0]["bounds"], 2 * windows[0]["bounds"][-1]]
    counts = [sum(column) for column in zip(*(window["slow"] for window in windows), strict=True)]
    wanted, seen = 0.99 * sum(counts), 0
    for bound, count in zip(bounds, counts, strict=True):
        seen += count
        if seen >= wanted:
            return float(bound) if seen else 0.0
    return 0.0


def event_log(broker: Broker, topics: Sequence[str], group: str, now: datetime) -> Iterator[EventLogState | Waiting]:
    """Whether it can be written and read, and since when messages wait for the daily run."""
    try:
        broker.check()
        waits = {topic: broker.waiting_since(topic, group) for topic in topics}
    except RitournelleError as error:
        yield EventLogState(EVENT_LOG, str(error))
        return
    yield EventLogState(EVENT_LOG)
    for topic, since in waits.items():
        hours = (now - since).total_seconds() / 3600 if since else 0.0
        yield Waiting(topic, round(max(hours, 0.0), 2), since)


def online_store(path: Path) -> Iterator[OnlineStoreState]:
    """Whether it opens, and takes a write; one that is not there comes with the first exclusion."""
    if not path.exists():
        yield OnlineStoreState(ONLINE_STORE)
        return
    try:
        with closing(opened(path, wait_seconds=_WAIT_SECONDS)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except (sqlite3.Error, OSError) as error:
        yield OnlineStoreState(ONLINE_STORE, str(error))
        return
    yield OnlineStoreState(ONLINE_STORE)


def usefulness(history: History, now: datetime) -> Iterator[Usefulness]:
    """The last whole day (UTC) on which recommendations were shown, as the last run that built it knew it."""
    found = history.latest_facts("usefulness")
    if found is None:
        return
    rows = [row for row in found[1] if date.fromisoformat(row["day"]) < _day_of(found[0].started_at, now)]
    days = sorted({row["day"] for row in rows})
    if not days:
        return
    newest = [row for row in rows if row["day"] == days[-1]]
    version = max(newest, key=lambda row: row["exposed"])["version"]
    before = [_day([row for row in rows if row["day"] == day]) for day in days[:-1]]
    yield Usefulness("recommendations", version, _day(newest), before)


def _day_of(started_at: datetime, now: datetime) -> date:
    return min(started_at, now).astimezone(UTC).date()


def _day(rows: Sequence[Any]) -> ExposedDay:
    names = ("exposed", "answered", "judged", "useful")
    return ExposedDay(*(sum(row[name] for row in rows) for name in names))
