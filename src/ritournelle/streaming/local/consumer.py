"""A consumer of the local log: one of its group reads, the others stand by until it leaves or dies."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Self

from ritournelle.streaming.broker import Message
from ritournelle.streaming.local.groups import Group
from ritournelle.streaming.local.log import TopicLog
from ritournelle.streaming.local.records import Record

PARTITION = 0
"""A local topic has one."""
_PAUSE_SECONDS = 0.005
"""Between two looks at the log: what is published reaches an idle consumer within that time."""
_LOOKED_AT = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LocalConsumer:
    """See `streaming.broker.Consumer`."""

    def __init__(self, topic: str, log: TopicLog, group: Group, start: Mapping[int, int] | None) -> None:
        self._topic = topic
        self._log = log
        self._group = group
        self._start = start
        self._position: int | None = None  # unknown while another one reads for the group
        group.lease()

    def poll(self, limit: int = 1_000, timeout_seconds: float = 0.0) -> list[Message]:
        """The next messages; see the protocol."""
        until = time.monotonic() + timeout_seconds
        while True:
            messages = self._next(limit) if self._group.lease() else []
            if messages or time.monotonic() >= until:
                return messages
            time.sleep(min(_PAUSE_SECONDS, max(until - time.monotonic(), 0)))

    @property
    def positions(self) -> Mapping[int, int]:
        """See the protocol."""
        return {} if self._position is None else {PARTITION: self._position}

    def commit(self) -> None:
        """See the protocol."""
        if self._position is not None and self._group.is_leased:
            self._group.commit(self._position)

    def close(self) -> None:
        """See the protocol."""
        self._group.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _next(self, limit: int) -> list[Message]:
        offset = self._offset()
        records = self._log.read(offset, limit)
        while records and all(record.is_erased for record in records):
            offset = records[-1].end
            records = self._log.read(offset, limit)
        self._position = records[-1].end if records else offset
        return [as_message(self._topic, record) for record in records if not record.is_erased]

    def _offset(self) -> int:
        """Where to go on: never before what is kept, and from its start when the log is shorter than what was read."""
        if self._position is None:
            begun = self._group.committed() if self._start is None else self._start.get(PARTITION)
            self._position = begun or 0
        first = self._log.first()
        if self._position < first or self._position > self._log.end():
            self._position = first
        return self._position


def as_message(topic: str, record: Record) -> Message:
    """A record as its readers see it."""
    return Message(topic, PARTITION, record.offset, record.key.decode(), record.value, _published_at(record))


def waiting_since(log: TopicLog, offset: int) -> datetime | None:
    """When the first record from an offset on was published that is not erased; None when there is none."""
    while records := log.read(offset, _LOOKED_AT):
        for record in records:
            if not record.is_erased:
                return _published_at(record)
        offset = records[-1].end
    return None


def _published_at(record: Record) -> datetime:
    return _EPOCH + timedelta(microseconds=record.published)
