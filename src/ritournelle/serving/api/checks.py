"""What a list needs beside this process: a publication, a model, an event log."""

from __future__ import annotations

from collections.abc import Mapping

from ritournelle.bootstrap import Platform
from ritournelle.inference.batch import NO_CHAMPION
from ritournelle.inference.champion import Champions
from ritournelle.serving.api.lists import NOTHING_PUBLISHED
from ritournelle.serving.api.readers import Readers
from ritournelle.serving.readiness import Check
from ritournelle.streaming.topics import Topic


def checks_of(platform: Platform, readers: Readers, champions: Champions) -> Mapping[str, Check]:
    """By name; without a champion everybody is answered by what is popular, which is no readiness."""

    def publication() -> str:
        if not readers.publication():
            return NOTHING_PUBLISHED
        with readers.reader() as warehouse:
            is_whole = warehouse.exists(warehouse.schema("marts"), "track_popularity")
        return "" if is_whole else "what was published lacks its marts"

    def model() -> str:
        return "" if champions.in_force() is not None else NO_CHAMPION

    def event_log() -> str:
        with platform.broker() as broker:  # a fresh one: that of the server has it open, and would not look again
            broker.log_id(Topic.EXPOSURES)
        return ""

    return {"publication": publication, "model": model, "event log": event_log}
