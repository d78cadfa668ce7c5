"""What was seen of serving: what the servers of a home answered of late, and the stores that they write to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ServersSeen:
    """The servers that were started here and never said that they end; `minutes_silent`: of the one heard last."""

    subject: str
    running: int
    silent: int
    minutes_silent: float = 0.0
    last_seen_at: datetime | None = None


@dataclass(frozen=True)
class ApiTraffic:
    """The requests to the API in the last minutes; `failed` were answered 5xx, one in a hundred took longer than `p99`.

    Addresses that nobody asked, wrong keys and wrong bodies are answers like others: 4xx is no failure of the server.
    """

    subject: str
    requests: int
    failed: int
    p99_seconds: float


@dataclass(frozen=True)
class ListsServed:
    """The lists that were answered in the last minutes; of `in_trouble` no model was to be had, or no publication."""

    subject: str
    lists: int
    in_trouble: int
    reason: str = ""


@dataclass(frozen=True)
class Refused:
    """Requests of one kind of asker (`keys`, `addresses`, `listeners`) that were refused as too many, of late.

    `worst`: of the one that was refused most. `who` names a key, never a person.
    """

    subject: str
    refused: int
    worst: int
    who: str = ""


@dataclass(frozen=True)
class FeedbackIds:
    """Feedback that came in the last minutes; `refused` named an id that is forged, expired or another listener's."""

    subject: str
    told: int
    refused: int


@dataclass(frozen=True)
class EventLogState:
    """The event log; `problem` says why it cannot be written or read."""

    subject: str
    problem: str = ""


@dataclass(frozen=True)
class OnlineStoreState:
    """The online store; `problem` says why it cannot be used."""

    subject: str
    problem: str = ""


@dataclass(frozen=True)
class Waiting:
    """How long the oldest message of a topic waits for the run that loads it; 0 when none waits."""

    subject: str
    hours: float
    since: datetime | None = None


@dataclass(frozen=True)
class ExposedDay:
    """The listeners who saw recommendations on a day, by what they said: any of them, an opinion, « useful »."""

    exposed: int
    answered: int
    judged: int
    useful: int


@dataclass(frozen=True)
class Usefulness:
    """The last whole day on which recommendations were shown, and the days before; `version` was shown on it."""

    subject: str
    version: str
    today: ExposedDay
    before: Sequence[ExposedDay] = ()
