"""Content hashes of many rows at once: equal rows, equal hash, in every run and on every machine."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from ritournelle.ingestion.chunks import in_one

HASH_CHARACTERS = 32
HASHED_AT_ONCE = 4_096
"""Texts whose digests, Python's own objects, stay in the processor's cache: 80,000 at once took 1.6 times the CPU."""
_FIELD_END = "\x1f"
_NULL = "\x00"


def hash_rows(rows: pa.Table, columns: tuple[str, ...]) -> pa.Array:
    """XXH3-128 of the columns' values of each row, as 32 hexadecimal characters: a string array of `rows.num_rows`.

    Null and empty text differ. Columns are text, integers, datetimes or lists of integers.
    """
    texts = [_as_text(rows[name]) for name in columns]
    # Each value is followed by its length, so that no two different rows are joined into the same text.
    parts = [part for text in texts for part in (text, pc.cast(pc.binary_length(text), pa.string()))]
    joined = pc.binary_join_element_wise(*parts, _FIELD_END, null_handling="replace", null_replacement=_NULL)
    return hash_texts(in_one(joined) if isinstance(joined, pa.ChunkedArray) else joined)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if pa.types.is_list(column.type):
        return lists_as_text(column)
    return pc.cast(column, pa.string())


def lists_as_text(lists: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lists of integers as text with commas: null stays null, an empty list becomes an empty text."""
    return pc.binary_join(pc.cast(lists, pa.list_(pa.string())), ",")


def hash_texts(texts: pa.StringArray) -> pa.Array:
    """XXH3-128 of each text (none null), as 32 hexadecimal characters."""
    if len(texts) == 0:
        return pa.array([], pa.string())
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    # Pieces of bytes take four fifths of the time of pieces of a view of them.
    content = memoryview(texts.buffers()[2] or b"")[offsets[0] : offsets[-1]].tobytes()
    offsets = offsets - offsets[0]
    blocks = (offsets[start : start + HASHED_AT_ONCE + 1].tolist() for start in range(0, len(texts), HASHED_AT_ONCE))
    digests = "".join([_digests(content, block) for block in blocks])
    ends = np.arange(0, (len(texts) + 1) * HASH_CHARACTERS, HASH_CHARACTERS, dtype=np.int32)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(digests.encode("ascii")))


def _digests(content: bytes, offsets: list[int]) -> str:
    hash_of = xxhash.xxh3_128_hexdigest
    return "".join([hash_of(content[start:end]) for start, end in zip(offsets, offsets[1:])])
