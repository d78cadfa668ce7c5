"""Messages: events as typed, versioned JSON, and back; what cannot be read is a value too, and kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ritournelle.domain.exposures import Exposure, ShownList
from ritournelle.domain.feedback import Feedback
from ritournelle.domain.listens import ListenEvent
from ritournelle.domain.taste import TasteExclusion
from ritournelle.streaming.broker import Outgoing
from ritournelle.streaming.topics import Topic

Event = ListenEvent | Feedback | Exposure | TasteExclusion
Told = Event | ShownList
"""What one message says."""

TYPES: dict[tuple[Topic, int], type[Told]] = {
    (Topic.LISTENS, 1): ListenEvent,
    (Topic.FEEDBACK, 1): Feedback,
    (Topic.EXPOSURES, 1): Exposure,
    (Topic.EXPOSURES, 2): ShownList,
    (Topic.TASTE_EXCLUSIONS, 1): TasteExclusion,
}
"""By the version of the encoding; a message of a later one waits in quarantine until a platform knows it."""
_BEGINS = {kind: b'{"version":%d,' % version for (_, version), kind in TYPES.items()}
_TOPICS = {kind: topic for (topic, _), kind in TYPES.items()}


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


def encode(told: Told) -> bytes:
    """What is told as JSON: its fields, and the `version` of this encoding."""
    return _BEGINS[type(told)] + msgspec.json.encode(told)[1:]


def decode(topic: Topic, value: bytes) -> Told | Poison:
    """What a message of one of the topics of `TYPES` says; fields that are not known are passed over."""
    try:
        version = msgspec.json.decode(value, type=_Envelope).version
        if (topic, version) not in TYPES:
            return Poison(f"version {version} of the encoding is not known here", value)
        told: Told = msgspec.json.decode(value, type=TYPES[topic, version])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # a ValidationError is a DecodeError
        return Poison(str(error), value)
    problem = _impossible_moment(told) or told.problem
    return Poison(problem, value) if problem else told


def events_in(told: Told) -> Sequence[Event]:
    """One, or as many as a list has tracks."""
    if isinstance(told, ShownList):
        return told.exposures()
    return [told]


def outgoing(told: Iterable[Told]) -> list[Outgoing]:
    """Messages of their topics, keyed by user, for `Broker.publish`."""
    return [Outgoing(_TOPICS[type(one)], str(one.user_id), encode(one)) for one in told]


def _impossible_moment(told: Told) -> str:
    """Which field is no moment of music: so far off, some would overflow where zones are reckoned with."""
    for name in told.__struct_fields__:
        moment = getattr(told, name)
        if isinstance(moment, datetime) and not 1900 <= moment.year < 2200:
            return f"{name} is in the year {moment.year}"
    return ""
