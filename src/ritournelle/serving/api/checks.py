"""What a list needs beside this process: a publication, a model, an event log."""

from __future__ import annotations

from collections.abc import Mapping

from ritournelle.bootstrap import Platform
from ritournelle.inference.batch import NO_MODEL_VERSION
from ritournelle.inference.champion import Champions
from ritournelle.serving.api.lists import NOTHING_PUBLISHED
from ritournelle.serving.api.readers import Readers
from ritournelle.serving.readiness import Check
from ritournelle.streaming.topics import Topic


CHAMPION_LOST = "lists were made by a champion, and none is named any more"
_MADE_BY_A_MODEL = "SELECT count(*) AS lists FROM {table} WHERE model_version <> ? AND rank = 1"


def checks_of(platform: Platform, readers: Readers, champions: Champions) -> Mapping[str, Check]:
    """By name. Where the gate has promoted nobody, popularity answers, and that is ready; a champion that cannot be
    loaded, or whose name was lost after it made lists, is not.
    """

    def publication() -> str:
        if not readers.publication():
            return NOTHING_PUBLISHED
        with readers.reader() as warehouse:
            is_whole = warehouse.exists(warehouse.schema("marts"), "track_popularity")
        return "" if is_whole else "what was published lacks its marts"

    def model() -> str:
        is_named = champions.in_force() is not None
        return "" if is_named or not _was_a_model(readers) else CHAMPION_LOST

    def event_log() -> str:
        with platform.broker() as broker:  # a fresh one: that of the server has it open, and would not look again
            broker.log_id(Topic.EXPOSURES)
        return ""

    return {"publication": publication, "model": model, "event log": event_log}


def _was_a_model(readers: Readers) -> bool:
    """Whether the lists that are published were made by one."""
    if not readers.publication():
        return False
    with readers.reader() as warehouse:
        schema = warehouse.schema("marts")
        if not warehouse.exists(schema, "recommendations"):
            return False
        query = _MADE_BY_A_MODEL.format(table=f"{schema}.recommendations")
        return bool(warehouse.read(query, [NO_MODEL_VERSION])["lists"][0].as_py())
