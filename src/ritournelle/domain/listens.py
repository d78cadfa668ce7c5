"""Listens: one play of one track by one user, and the id that names it wherever it is met."""

from __future__ import annotations

from datetime import datetime

import xxhash

LISTEN_ID_LENGTH = 32
"""A listen id is 128 bits in hexadecimal."""


def listen_id(user_id: int, record_created_at: datetime, track_id: int, occurrence: int) -> str:
    """The id of a listen: a hash of what stays the same when its record is reordered or grows at either end.

    `record_created_at` is the record's `created_at` as the source states it: naive, in the source's time zone.
    `occurrence` counts from 0 how often the track stood in the record before. XXH3-128 of the four, separated by `|`,
    the datetime as microseconds since 1970.

    >>> listen_id(1, datetime(2024, 1, 1), 7, 0)
    'b7c6fae77e1f8bbabac3bd6ee4ac7f45'
    """
    return hash_listen(user_id, _microseconds(record_created_at), track_id, occurrence)


def hash_listen(user_id: int, record_microseconds: int, track_id: int, occurrence: int) -> str:
    """`listen_id` for callers that hold the record's `created_at` as microseconds since 1970 already."""
    return xxhash.xxh3_128_hexdigest(b"%d|%d|%d|%d" % (user_id, record_microseconds, track_id, occurrence))


def _microseconds(moment: datetime) -> int:
    # Integers only: `timestamp()` would read a naive datetime in this machine's zone and round through a float.
    since = moment.replace(tzinfo=None) - datetime(1970, 1, 1)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
