"""Takes the rows of forgotten listeners out of pages, before anything of them is landed or parsed.

Each row leaves a tag, which says that there was one: equal for equal rows within one reading, and nothing to anybody
afterwards, since its key is never kept. So what was announced can still be counted.
"""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import msgspec

from ritournelle.domain.sources import Source
from ritournelle.forgotten.forgotten import IsForgotten
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.pages import LONGEST_INTEGER, Envelope, Page, SeenEnvelope, decode_leniently, row_payloads

TAG_BYTES = 8


class _Named(msgspec.Struct):
    id: Any = None
    user_id: Any = None


_decode_names = msgspec.json.Decoder(list[_Named]).decode


class LeavingOut:
    """One reading of one source, without those of whom `is_forgotten` says so."""

    def __init__(self, source: Source, is_forgotten: IsForgotten) -> None:
        self._column = CONTRACTS[source].id_column
        self._is_forgotten = is_forgotten
        self._key = os.urandom(32)
        self._clean: set[bytes] = set()  # digests of pages without them: most pages are read twice and are the same

    def of(self, page: Page) -> Page:
        """The page without their rows; the very same page when there are none."""
        if page.digest in self._clean:
            return page
        named = [self._is_out(identifier) for identifier in self._ids(page)]
        if not any(named):
            self._clean.add(page.digest)
            return page
        rows = row_payloads(page)
        kept = [row for row, is_out in zip(rows, named, strict=True) if not is_out]
        tags = tuple(self._tag(row) for row, is_out in zip(rows, named, strict=True) if is_out)
        return _with_rows(page, kept, (*page.erased, *tags))

    def _ids(self, page: Page) -> list[Any]:
        try:
            return [getattr(row, self._column) for row in _decode_names(page.envelope.items)]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # rows that are no objects, or no UTF-8
            return [self._id_in(row) for row in row_payloads(page)]

    def _id_in(self, payload: bytes) -> Any:
        try:
            row = decode_leniently(payload)
        except ValueError:
            return None
        return row.get(self._column) if isinstance(row, dict) else None

    def _is_out(self, identifier: Any) -> bool:
        """However it is written: a row that will be refused for its id is somebody's, too."""
        if isinstance(identifier, str) and identifier.strip().isdecimal() and len(identifier) <= LONGEST_INTEGER:
            identifier = int(identifier)
        if isinstance(identifier, float) and identifier.is_integer():
            identifier = int(identifier)
        return isinstance(identifier, int) and not isinstance(identifier, bool) and self._is_forgotten(identifier)

    def _tag(self, row: bytes) -> bytes:
        return blake2b(row, key=self._key, digest_size=TAG_BYTES).digest()


def _with_rows(page: Page, rows: list[bytes], erased: tuple[bytes, ...]) -> Page:
    items = msgspec.Raw(b"[" + b",".join(rows) + b"]")
    envelope = page.envelope
    body = msgspec.json.encode(Envelope(items, envelope.total, envelope.pages, envelope.page))
    return replace(page, body=body, envelope=Envelope(items, *_rest(envelope)), erased=erased)


def _rest(envelope: Envelope | SeenEnvelope) -> tuple[int, int, int | None]:
    return envelope.total, envelope.pages, envelope.page
