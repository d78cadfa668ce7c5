"""Records: how one message lies in a segment, and how a torn or rotten one is told from a good one.

A record is the length and the CRC-32 of its body, 32 bits each, and the body: when it was published (microseconds
since 1970, 64 bits), the length of its key (16 bits), key, value. Big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

_FRAME = struct.Struct(">II")
_HEAD = struct.Struct(">qH")
LARGEST_BODY = 16 * 1024 * 1024
"""Bytes; a length beyond it is a sign of damage, not of a message."""
_ERASED = b"\0"
_TOO_LARGE = f"a message has at most {LARGEST_BODY} bytes, and its key 65535, none of them NUL at first"


@dataclass(frozen=True)
class Record:
    """A record that lies from `offset` to `end` in its topic; an erased one has neither key nor value."""

    offset: int
    end: int
    published: int
    key: bytes
    value: bytes

    @property
    def is_erased(self) -> bool:
        """Whether somebody's messages, this one among them, were forgotten."""
        return self.key.startswith(_ERASED)


def packed(published: int, key: bytes, value: bytes) -> bytes:
    """A record as bytes; raises `ValueError` for what no record can hold."""
    body = _before_value(published, key) + value
    if len(body) > LARGEST_BODY:
        raise ValueError(_TOO_LARGE)
    return _framed(body)


@lru_cache(maxsize=256)
def _before_value(published: int, key: bytes) -> bytes:
    """Kept, as messages of one moment and key come together: a list of 20 tracks is 20 of them."""
    if len(key) > 0xFFFF or key.startswith(_ERASED):
        raise ValueError(_TOO_LARGE)
    return _HEAD.pack(published, len(key)) + key


def erased(record: Record) -> bytes:
    """The same record, as long as before, without key and value."""
    rest = record.end - record.offset - _FRAME.size - _HEAD.size
    return _framed(_HEAD.pack(record.published, 1) + _ERASED * rest)


def records_in(content: bytes, offset: int) -> Iterator[Record]:
    """The good records from the start of `content`, which lies at `offset`, up to the first that is torn or bad."""
    place = 0
    while len(content) - place >= _FRAME.size:
        length, checksum = _FRAME.unpack_from(content, place)
        body = content[place + _FRAME.size : place + _FRAME.size + length]
        if not _HEAD.size < length <= LARGEST_BODY or len(body) < length or crc32(body) != checksum:
            return
        end = place + _FRAME.size + length
        published, key_length = _HEAD.unpack_from(body)
        key_end = _HEAD.size + key_length
        yield Record(offset + place, offset + end, published, body[_HEAD.size : key_end], body[key_end:])
        place = end


def length_at(content: bytes) -> int:
    """How many bytes the record at the start of `content` takes, frame included; 0 where no frame can be read."""
    if len(content) < _FRAME.size:
        return 0
    length: int = _FRAME.unpack_from(content)[0]
    return _FRAME.size + length if length <= LARGEST_BODY else 0


def _framed(body: bytes) -> bytes:
    return _FRAME.pack(len(body), crc32(body)) + body
