"""What was seen of the models: training, the champion's files and age, and the last word of the gate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Training:
    """How the last training ended; `version` is the model that was looked at."""

    subject: str
    succeeded: bool
    message: str
    version: str = ""


@dataclass(frozen=True)
class ChampionFiles:
    """Whether the champion's files are whole; `problem` says what is wrong, and `serving` who serves instead."""

    subject: str
    version: str
    problem: str = ""
    serving: str = ""


@dataclass(frozen=True)
class ChampionAge:
    """How far the champion is behind: the days between the newest listen it learnt from and the newest there is."""

    subject: str
    version: str
    learnt_until: datetime
    days_behind: float


@dataclass(frozen=True)
class Judged:
    """What the last version reached at its judgement, and what popularity and the champion reached on the same cases.

    `accepted`: the gate let it serve, so that it is the champion.
    """

    subject: str
    version: str
    metric: str
    reached: float
    popularity: float | None
    champion: float | None
    champion_version: str = ""
    accepted: bool = False
