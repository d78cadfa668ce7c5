"""What the platform asks of an event log: publish durably, consume at least once, commit when it is done.

Local log, Kafka and Pub/Sub are the same to their users; `tests/contract/test_broker.py` says what that means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

import msgspec


class Outgoing(msgspec.Struct, frozen=True):
    """A message on its way: messages of one topic and key keep their order."""

    topic: str
    key: str
    value: bytes


@dataclass(frozen=True)
class Message:
    """A message as it was published; `offset` names it within its partition of this log, `published_at` is UTC."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    published_at: datetime


class Consumer(Protocol):
    """One member of a group, to which the topic's partitions are dealt out; it may be dealt none for a while.

    What was polled and not committed comes again: to this group's next member, after a kill or a rebalance too.
    """

    def poll(self, limit: int = 1_000, timeout_seconds: float = 0.0) -> list[Message]:
        """The next messages, `limit` at most; none when there are none within that time.

        Who has just joined waits besides until it is clear which partitions it was dealt.
        """

    @property
    def positions(self) -> Mapping[int, int]:
        """Partition → offset after the last message that was polled of it: what `start` takes."""

    def commit(self) -> None:
        """Everything that was polled is done with: the group goes on after it."""

    def close(self) -> None:
        """Leave the group; what was not committed comes again."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Broker(Protocol):
    """A connection to an event log; threads may share it.

    Errors: `StreamUnavailableError` when trying again may help, `StreamError` when the log is damaged.
    """

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return when all of them would survive a kill or power loss; after an error some may be there all the same."""

    def consume(self, topic: str, group: str, *, start: Mapping[int, int] | None = None) -> Consumer:
        """Join a group; it goes on where it committed last, at first with the oldest message that is kept.

        With `start` (partition → offset, as `positions` gave them) this consumer begins there instead: for those who
        keep their offsets together with what they made of the messages. A broker without offsets passes over it, so
        that they must know repeated messages by their ids as well.
        """

    def log_id(self, topic: str) -> str:
        """Names the log behind a topic: another one, with other offsets, once the log was made anew."""

    def check(self) -> None:
        """Raise what `publish` would raise now: tried for real, and without a trace."""

    def waiting_since(self, topic: str, group: str) -> datetime | None:
        """When the oldest message was published (UTC) that a group has not committed; None when none waits.

        A topic that nobody has spoken of is not made.
        """

    def erase(self, keys: Collection[str]) -> int:
        """Overwrite the messages with these keys, in all topics, also for those who have not read them; how many."""

    def held(self, key: str) -> list[Message]:
        """All messages under a key that are kept, in all topics, read or not: what `erase` would overwrite."""

    def expire(self, before: datetime) -> int:
        """Remove messages that are older and that every group has committed; how many bytes went."""

    def close(self) -> None:
        """Let the log go."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
