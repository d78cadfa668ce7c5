"""What this process was asked and how it answered: all of it for Prometheus, the last ten minutes for the sensors.

Bounded whatever comes: addresses are counted by their templates, who was refused by at most `_MOST_NAMES` names, and
minutes are dropped when they are ten minutes old.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

MINUTES = 10
BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds; what takes longer is counted behind the last one."""
OTHER = "other"
_MOST_NAMES = 1_000


@dataclass
class Minute:
    """What happened in one minute, or in several that were added up; `slow` counts requests by `BOUNDS`."""

    number: int = 0
    requests: int = 0
    failed: int = 0
    slow: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    lists: int = 0
    in_trouble: int = 0
    reason: str = ""
    told: int = 0
    bad_ids: int = 0
    refused: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, other: Minute) -> None:
        """Count those of another one, too."""
        for name in ("requests", "failed", "lists", "in_trouble", "told", "bad_ids"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slow = [one + more for one, more in zip(self.slow, other.slow, strict=True)]
        self.reason = other.reason or self.reason
        for kind, who in other.refused.items():
            self.refused.setdefault(kind, Counter()).update(who)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, and without anybody's id: of listeners and addresses only how often the worst was refused."""
        kept = ("requests", "failed", "slow", "lists", "in_trouble", "reason", "told", "bad_ids")
        return {name: getattr(self, name) for name in kept} | {"bounds": BOUNDS, "refused": self._refused()}

    def _refused(self) -> dict[str, dict[str, Any]]:
        found = {}
        for kind, who in self.refused.items():
            name, worst = who.most_common(1)[0]
            found[kind] = {"all": who.total(), "worst": worst, "who": name if kind == "keys" else ""}
        return found


@dataclass
class Route:
    """All answers of one address and method: by status, and by how long they took."""

    statuses: Counter[int] = field(default_factory=Counter)
    slow: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


class Traffic:
    """Threads may share it; every call is a few additions under one lock."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._minutes: deque[Minute] = deque(maxlen=MINUTES + 1)
        self._routes: dict[tuple[str, str], Route] = {}
        self._refusals: Counter[str] = Counter()

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request; `route` is the template of its address. The API's are counted for the sensors."""
        place = bisect_left(BOUNDS, seconds)
        with self._lock:
            known = self._routes.setdefault((route, method), Route())
            known.statuses[status] += 1
            known.slow[place] += 1
            known.seconds += seconds
            if route.startswith("/v1/"):
                minute = self._now()
                minute.requests += 1
                minute.failed += status >= 500
                minute.slow[place] += 1

    def listed(self, trouble: str) -> None:
        """A list was answered; `trouble`: why no model could make it, empty when one did or had nothing to go by."""
        with self._lock:
            minute = self._now()
            minute.lists += 1
            minute.in_trouble += bool(trouble)
            minute.reason = trouble or minute.reason

    def told(self, *, has_bad_id: bool) -> None:
        """Feedback came; whether it was refused for its `recommendation_id`."""
        with self._lock:
            minute = self._now()
            minute.told += 1
            minute.bad_ids += has_bad_id

    def refused(self, kind: str, who: str) -> None:
        """Somebody asked too often; `kind` is `keys`, `addresses` or `listeners`."""
        with self._lock:
            self._refusals[kind] += 1
            names = self._now().refused.setdefault(kind, Counter())
            names[who if who in names or len(names) < _MOST_NAMES else OTHER] += 1

    def window(self) -> dict[str, Any]:
        """The last minutes, added up, JSON-ready."""
        total = Minute()
        with self._lock:
            oldest = self._number() - MINUTES
            for minute in self._minutes:
                if minute.number > oldest:
                    total.add(minute)
        return total.to_dict()

    def routes(self) -> Iterator[tuple[str, str, Route]]:
        """Everything since the process began: route, method, answers."""
        with self._lock:
            known = [
                (*name, Route(one.statuses.copy(), [*one.slow], one.seconds)) for name, one in self._routes.items()
            ]
        yield from known

    def refusals(self) -> Mapping[str, int]:
        """By kind, since the process began."""
        with self._lock:
            return dict(self._refusals)

    def _number(self) -> int:
        return int(self._clock() // 60)

    def _now(self) -> Minute:
        number = self._number()
        if not self._minutes or self._minutes[-1].number != number:
            self._minutes.append(Minute(number))
        return self._minutes[-1]
