"""Exports: all that is held of a listener, for whoever has a right to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ritournelle.domain.exposures import ShownList
from ritournelle.domain.taste import TasteExclusion
from ritournelle.forgetting.export import rows_of
from ritournelle.online_store.base import StoredList
from ritournelle.serving.api.contract import ExportOut, ToldOut
from ritournelle.serving.api.erasures import Erasures
from ritournelle.streaming.broker import Broker, Message
from ritournelle.streaming.messages import decode, encode
from ritournelle.streaming.topics import Topic
from ritournelle.warehouse.base import Warehouse


@dataclass(frozen=True)
class Exports:
    """All that is held of a listener, from the stores themselves; `open_warehouse` gives None where there is none.

    Raises `TransientError` while a run, or an erasure, has the warehouse.
    """

    open_warehouse: Callable[[], Warehouse | None]
    broker: Broker
    told_here: Callable[[int], Sequence[TasteExclusion]]
    erasures: Erasures
    stored_here: Callable[[int], Sequence[StoredList]] = lambda _: ()

    def of(self, user_id: int, now: datetime) -> ExportOut:
        """By the same conditions by which forgetting finds it."""
        return ExportOut(
            user_id=user_id,
            exported_at=now,
            tables=self._tables(user_id),
            event_log=[told for message in self.broker.held(str(user_id)) for told in _told(message)],
            online_store=[
                *(msgspec.to_builtins(exclusion) for exclusion in self.told_here(user_id)),
                *(msgspec.to_builtins(msgspec.structs.asdict(one)) for one in self.stored_here(user_id)),
            ],
        )

    def _tables(self, user_id: int) -> dict[str, list[dict[str, Any]]]:
        with self.erasures.undisturbed():
            warehouse = self.open_warehouse()
            if warehouse is None:
                return {}
            with warehouse:
                return rows_of(warehouse, user_id)


def _told(message: Message) -> Iterator[ToldOut]:
    """As it stands in the log; of a list that was shown each exposure by itself, as it stands in the tables."""
    known = decode(Topic.EXPOSURES, message.value) if message.topic == Topic.EXPOSURES else None
    values = [encode(one) for one in known.exposures()] if isinstance(known, ShownList) else [message.value]
    for value in values:
        text = value.decode("utf-8", "backslashreplace")
        yield ToldOut(topic=message.topic, received_at=message.published_at, message=text)
