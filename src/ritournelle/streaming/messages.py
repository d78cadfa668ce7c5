"""Messages: events as typed, versioned JSON, and back; what cannot be read is a value too, and kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ritournelle.domain.exposures import Exposure
from ritournelle.domain.feedback import Feedback
from ritournelle.domain.listens import ListenEvent
from ritournelle.domain.taste import TasteExclusion
from ritournelle.streaming.broker import Outgoing
from ritournelle.streaming.topics import Topic

VERSION = 1
"""Of the encodings below; a message of a later one waits in quarantine until a platform that knows it replays it."""

Event = ListenEvent | Feedback | Exposure | TasteExclusion

TYPES: dict[Topic, type[Event]] = {
    Topic.LISTENS: ListenEvent,
    Topic.FEEDBACK: Feedback,
    Topic.EXPOSURES: Exposure,
    Topic.TASTE_EXCLUSIONS: TasteExclusion,
}
_VERSION = b'{"version":%d,' % VERSION
_TOPICS = {kind: topic for topic, kind in TYPES.items()}


class _Envelope(msgspec.Struct, frozen=True):
    version: int


@dataclass(frozen=True)
class Poison:
    """A message that cannot be used, and why."""

    reason: str
    payload: bytes

    @property
    def text(self) -> str:
        """The payload as text that every warehouse can hold: what is no UTF-8, and NUL, is written out."""
        return self.payload.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def encode(event: Event) -> bytes:
    """An event as JSON: its fields, and the `version` of this encoding."""
    return _VERSION + msgspec.json.encode(event)[1:]


def decode(topic: Topic, value: bytes) -> Event | Poison:
    """What a message of one of the topics of `TYPES` says; fields that are not known are passed over."""
    try:
        version = msgspec.json.decode(value, type=_Envelope).version
        if version != VERSION:
            return Poison(f"version {version} of the encoding is not known here", value)
        event = msgspec.json.decode(value, type=TYPES[topic])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # a ValidationError is a DecodeError
        return Poison(str(error), value)
    problem = _impossible_moment(event) or event.problem
    return Poison(problem, value) if problem else event


def outgoing(events: Iterable[Event]) -> list[Outgoing]:
    """Events as messages of their topics, keyed by user, for `Broker.publish`."""
    return [Outgoing(_TOPICS[type(event)], str(event.user_id), encode(event)) for event in events]


def _impossible_moment(event: Event) -> str:
    """Which field is no moment of music: so far off, some would overflow where zones are reckoned with."""
    for name in event.__struct_fields__:
        moment = getattr(event, name)
        if isinstance(moment, datetime) and not 1900 <= moment.year < 2200:
            return f"{name} is in the year {moment.year}"
    return ""
