"""Listens: one play of one track by one user, and the id that names it wherever it is met."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import xxhash

from ritournelle.domain.values import Count, Id, Instant, NaiveMoment, ShortText

LISTEN_ID_LENGTH = 32
"""A listen id is 128 bits in hexadecimal."""


class ListenEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A listen as it is told the moment that it happens, by the app or by its poller; build one with `of`.

    `listened_at` has a zone. `source_record_at` is the record's `created_at` as the source states it: naive, in the
    source's time zone; without it the event belongs to no record, and `occurrence` means nothing.
    """

    listen_id: ShortText
    user_id: Id
    track_id: Id
    listened_at: Instant
    source_record_at: NaiveMoment | None = None
    occurrence: Count | None = None
    position: Count | None = None

    @classmethod
    def of(
        cls,
        user_id: int,
        track_id: int,
        listened_at: datetime,
        *,
        source_record_at: datetime | None = None,
        occurrence: int | None = None,
        position: int | None = None,
    ) -> ListenEvent:
        """The event with its id; an event of a record counts as the track's first in it unless it says otherwise.

        Raises `ValueError` for a `listened_at` without zone, a `source_record_at` with one, and an occurrence
        without a record.
        """
        if listened_at.tzinfo is None:
            raise ValueError("listened_at needs a time zone, such as 2026-11-25T08:00:00Z")
        if source_record_at is None and occurrence is not None:
            raise ValueError("occurrence counts within a record: it needs source_record_at")
        if source_record_at is not None and source_record_at.tzinfo is not None:
            raise ValueError("source_record_at is the record's created_at as the source states it: without a zone")
        event = cls(
            listen_id="",
            user_id=user_id,
            track_id=track_id,
            listened_at=listened_at.astimezone(UTC),
            source_record_at=source_record_at,
            occurrence=None if source_record_at is None else occurrence or 0,
            position=position,
        )
        return msgspec.structs.replace(event, listen_id=event.true_id)

    @property
    def true_id(self) -> str:
        """The id that these values have: whoever sends another one is mistaken, or wants to be."""
        if self.source_record_at is None:
            return told_listen_id(self.user_id, self.track_id, self.listened_at)
        return listen_id(self.user_id, self.source_record_at, self.track_id, self.occurrence or 0)

    @property
    def problem(self) -> str:
        """What is wrong with an event that came from outside; empty when nothing is."""
        if self.source_record_at is None and self.occurrence is not None:
            return "occurrence without source_record_at"
        return "" if self.listen_id == self.true_id else "listen_id is not the one that its values have"


def listen_id(user_id: int, record_created_at: datetime, track_id: int, occurrence: int) -> str:
    """The id of a listen: a hash of what stays the same when its record is reordered or grows at either end.

    `record_created_at` is the record's `created_at` as the source states it: naive, in the source's time zone.
    `occurrence` counts from 0 how often the track stood in the record before. XXH3-128 of the four, separated by `|`,
    the datetime as microseconds since 1970.

    >>> listen_id(1, datetime(2024, 1, 1), 7, 0)
    'b7c6fae77e1f8bbabac3bd6ee4ac7f45'
    """
    return hash_listen(user_id, _microseconds(record_created_at), track_id, occurrence)


def told_listen_id(user_id: int, track_id: int, listened_at: datetime) -> str:
    """The id of a listen that names no record: of user, track and moment (with a zone), so that a repeat is the same.

    Never that of a record's listen: the text that is hashed begins with a word.
    """
    moment = _microseconds(listened_at.astimezone(UTC))
    return xxhash.xxh3_128_hexdigest(b"told|%d|%d|%d" % (user_id, track_id, moment))


def hash_listen(user_id: int, record_microseconds: int, track_id: int, occurrence: int) -> str:
    """`listen_id` for callers that hold the record's `created_at` as microseconds since 1970 already."""
    return xxhash.xxh3_128_hexdigest(b"%d|%d|%d|%d" % (user_id, record_microseconds, track_id, occurrence))


def _microseconds(moment: datetime) -> int:
    # Integers only: `timestamp()` would read a naive datetime in this machine's zone and round through a float.
    since = moment.replace(tzinfo=None) - datetime(1970, 1, 1)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
