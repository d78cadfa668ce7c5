"""The local broker: a log per topic under one folder, which processes of one machine share."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Self

from ritournelle.domain.clock import utc_now
from ritournelle.streaming.broker import Message, Outgoing
from ritournelle.streaming.local.consumer import LocalConsumer, as_message, waiting_since
from ritournelle.streaming.local.group_commit import GroupCommit
from ritournelle.streaming.local.groups import Group, committed_offsets
from ritournelle.streaming.local.log import TopicLog
from ritournelle.streaming.local.records import packed

SEGMENT_BYTES = 64 * 1024 * 1024
"""A segment that is longer is followed by a new one; retention removes whole segments."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


class LocalBroker:
    """See `streaming.broker.Broker`; topics are made when they are first spoken of."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._logs: dict[str, TopicLog] = {}
        self._commits: dict[str, GroupCommit] = {}
        self._opening = Lock()

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See the protocol; messages of one topic are written together."""
        now = round(utc_now().timestamp() * 1_000_000)
        of_topic: dict[str, list[bytes]] = {}
        for message in messages:
            of_topic.setdefault(message.topic, []).append(packed(now, message.key.encode(), message.value))
        for topic, records in of_topic.items():
            self._log(topic)
            self._commits[topic].write(records)

    def consume(self, topic: str, group: str, *, start: Mapping[int, int] | None = None) -> LocalConsumer:
        """See the protocol."""
        return LocalConsumer(topic, self._log(topic), Group(self._groups(topic), group), start)

    def log_id(self, topic: str) -> str:
        """See the protocol."""
        return self._log(topic).log_id

    def check(self) -> None:
        """See the protocol; every topic that there is."""
        for topic in self._topics():
            self._log(topic).check()

    def waiting_since(self, topic: str, group: str) -> datetime | None:
        """See the protocol."""
        if topic not in self._topics():
            return None
        log = self._log(topic)
        offset = Group(self._groups(topic), group).committed() or 0
        if offset > log.end():  # the log was made anew
            offset = 0
        return waiting_since(log, max(offset, log.first()))

    def erase(self, keys: Collection[str]) -> int:
        """See the protocol."""
        named = {key.encode() for key in keys}
        return sum(self._log(topic).erase(named) for topic in self._topics())

    def held(self, key: str) -> list[Message]:
        """See the protocol; it goes through the whole log."""
        wanted = key.encode()
        return [
            as_message(topic, record)
            for topic in self._topics()
            for record in self._log(topic).everything()
            if record.key == wanted
        ]

    def expire(self, before: datetime) -> int:
        """See the protocol; topics that nobody reads are kept."""
        moment = before.timestamp()
        gone = 0
        for topic in self._topics():
            offsets = list(committed_offsets(self._groups(topic)))
            gone += self._log(topic).expire(moment, min(offsets)) if offsets else 0
        return gone

    def close(self) -> None:
        """See the protocol; nothing is held between two calls."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _log(self, topic: str) -> TopicLog:
        if topic not in self._logs:
            if not _NAME.fullmatch(topic):
                raise ValueError(f"{topic!r} is no name for a topic: letters, digits and `_`")
            with self._opening:
                log = self._logs.get(topic) or TopicLog(self._folder / topic, self._segment_bytes)
                self._commits.setdefault(topic, GroupCommit(log.append))
                self._logs[topic] = log
        return self._logs[topic]

    def _topics(self) -> Iterator[str]:
        yield from sorted(path.name for path in self._folder.glob("*") if (path / "log_id").exists())

    def _groups(self, topic: str) -> Path:
        return self._folder / topic / "groups"
