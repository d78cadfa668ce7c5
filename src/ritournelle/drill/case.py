"""A critical case: a trouble that can be caused on purpose, and the sensor that has to notice it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum

from ritournelle.drill.acts import INGEST, Act, Doing
from ritournelle.drill.sandbox import Sandbox

Trouble = Callable[[Sandbox], AbstractContextManager[None]]
"""Inside, the trouble is there; when it is left, its cause is gone."""


class Family(StrEnum):
    """What kind of trouble it is, as `SOURCE_API.md` sorts them."""

    TRANSPORT = "transport"
    PAGING = "paging"
    SCHEMA_DRIFT = "schema drift"
    VALUES = "values"
    VOLUME = "volume"
    FRESHNESS = "freshness"
    IDENTITY = "identity"
    STORAGE = "storage"
    MODEL = "model"
    SERVING = "serving"


def nothing_more(sandbox: Sandbox) -> None:
    """An ordinary day."""
    del sandbox


def always_possible() -> str:
    """Of a case that any machine can cause."""
    return ""


@dataclass(frozen=True)
class Case:
    """One entry of the drill. Its text is what the reference page says."""

    name: str
    family: Family
    happens: str
    """What goes wrong, for a person."""
    lands: str
    """What is still right meanwhile: what lands, what readers see."""
    sensor: str
    """Which one has to fire."""
    trouble: Trouble
    act: Act = INGEST
    """What is done while the trouble is there, and what once it is gone."""
    subject: str = ""
    """Of what the sensor has to fire; empty: of anything."""
    news: Doing = nothing_more
    """What happens in the app before, beside what happens on any day; without it there would be nothing to go wrong."""
    why_not: Callable[[], str] = always_possible
    """Why it cannot be caused on this machine; empty when it can."""
