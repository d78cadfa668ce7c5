"""What the API is made of: live parts, handed in once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ritournelle.forgotten.forgotten import IsForgotten
from ritournelle.serving.api.erasures import Erasures
from ritournelle.serving.api.exports import Exports
from ritournelle.serving.api.gate import Guard
from ritournelle.serving.api.keyring import Keyring
from ritournelle.serving.api.limits import Buckets
from ritournelle.serving.api.lists import Lists
from ritournelle.serving.api.loop_publisher import LoopPublisher
from ritournelle.serving.api.stored import StoredLists
from ritournelle.serving.api.taste import TasteStore
from ritournelle.serving.api.telling import Telling
from ritournelle.serving.api.tracks import Tracks
from ritournelle.serving.catalogue import Catalogue
from ritournelle.serving.heartbeat import Heartbeat
from ritournelle.serving.models import Models
from ritournelle.serving.readiness import Check
from ritournelle.serving.traffic import Traffic


@dataclass(frozen=True)
class ApiParts:
    """`tellers` limits what is told of one listener; `checks` say what is missing; `close` is called at the end.

    `traffic` counts what was answered, and `heartbeat` tells the operator's journal of it. `catalogue`, `models`,
    `is_forgotten` are for the pages.
    """

    lists: Lists
    stored: StoredLists
    publisher: LoopPublisher
    tracks: Tracks
    catalogue: Catalogue
    models: Models
    telling: Telling
    taste: TasteStore
    erasures: Erasures
    exports: Exports
    keyring: Keyring
    traffic: Traffic
    heartbeat: Heartbeat
    guard: Guard
    tellers: Buckets
    list_length: int
    most_bytes: int
    most_listens: int
    checks: Mapping[str, Check]
    clock: Callable[[], datetime]
    close: Callable[[], None]
    is_forgotten: IsForgotten
