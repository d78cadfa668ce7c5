"""One page of a source as it came, and what reads pages."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

import msgspec
import xxhash

from ritournelle.domain.clock import utc_now
from ritournelle.domain.sources import Source


class Envelope(msgspec.Struct, frozen=True, dict=True):  # the dictionary holds the digest
    """What surrounds the rows of one page; `items` stays undecoded JSON text."""

    items: msgspec.Raw
    total: int
    pages: int
    page: int | None = None

    @cached_property
    def digest(self) -> bytes:
        """16 bytes that are equal for equal `items`, byte for byte."""
        return xxhash.xxh3_128_digest(self.items)


class SeenEnvelope(msgspec.Struct, frozen=True):
    """The same of a body that came before, byte for byte: it is opened again only by who asks for its rows."""

    body: bytes
    digest: bytes
    total: int
    pages: int
    page: int | None = None

    @property
    def items(self) -> msgspec.Raw:
        """The rows, undecoded."""
        return open_envelope(self.body).items


@dataclass(frozen=True)
class Page:
    """One page: `asked` is the number requested, `envelope.page` the one that the source says it answered.

    `arrival` counts, from 0, the pages with different rows in the order in which they were first read. `erased` has a
    tag for each row of a forgotten listener that was taken out.
    """

    source: Source
    asked: int
    body: bytes
    envelope: Envelope | SeenEnvelope
    fetched_at: datetime = field(default_factory=utc_now)
    arrival: int = 0
    erased: tuple[bytes, ...] = ()

    @cached_property
    def digest(self) -> bytes:
        """16 bytes that are equal for pages with the same rows, byte for byte."""
        if not self.erased:
            return self.envelope.digest
        return xxhash.xxh3_128_digest(b"".join([*self.erased, bytes(self.envelope.items)]))

    def arrived(self, arrival: int) -> Page:
        """The page with its number among those that differ."""
        return Page(self.source, self.asked, self.body, self.envelope, self.fetched_at, arrival, self.erased)


@dataclass
class Traffic:
    """What reading has cost so far."""

    requests: int = 0
    retries: int = 0
    bytes_received: int = 0
    seconds: float = 0.0
    slowest_seconds: float = 0.0
    not_json: int = 0  # good answers under a content type that is not JSON's
    errors: dict[str, int] = field(default_factory=dict)


class PageReader(Protocol):
    """Reads pages of a source, several at once, and yields each as it arrives."""

    traffic: Traffic

    def read(self, source: Source, numbers: Iterable[int]) -> Iterator[Page]:
        """The pages of those numbers, started in that order.

        Raises `SourceError` when the source refuses for good, `TransientSourceError` when retries are used up.
        """


LONGEST_INTEGER = 100
"""Digits of the longest number that is read exactly; ids have 19."""

_decode_envelope = msgspec.json.Decoder(Envelope).decode
_split_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode


def open_envelope(body: bytes) -> Envelope:
    """Decode what surrounds the rows; raise `ValueError` that says what is wrong when this is no page.

    A page with text that is not UTF-8 or with NaN in it is still a page: only its bad rows are bad. A byte order mark
    before it is passed over.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        envelope = _decode_envelope(body)
    except RecursionError as error:
        raise ValueError("its JSON is nested too deeply") from error
    except msgspec.ValidationError as error:
        raise ValueError(f"its JSON is not a page of rows: {error}") from error
    except msgspec.DecodeError as error:
        envelope = _open_leniently(body, error)
    if bytes(memoryview(envelope.items)[:1]) != b"[":
        raise ValueError("its `items` is no list")
    if envelope.total < 0 or not 0 <= envelope.pages <= envelope.total + 1:
        raise ValueError(f"it announces {envelope.pages} pages for {envelope.total} rows")
    return envelope


class Opener:
    """Opens bodies, each once: the passes of a crawl bring most of them again, and to open one takes 15 µs of CPU."""

    def __init__(self) -> None:
        self._seen: dict[bytes, tuple[bytes, int, int, int | None]] = {}

    def open(self, body: bytes) -> Envelope | SeenEnvelope:
        """As `open_envelope`, with its errors."""
        name = xxhash.xxh3_128_digest(body)
        seen = self._seen.get(name)
        if seen is not None:
            return SeenEnvelope(body, *seen)
        envelope = open_envelope(body)
        self._seen[name] = (envelope.digest, envelope.total, envelope.pages, envelope.page)
        return envelope


def decode_leniently(text: bytes) -> Any:
    """Decode JSON in which text may not be UTF-8 (lone surrogates stand for its bytes) and numbers may be no numbers.

    Raises `ValueError` when it is not even that, or is nested too deeply.
    """
    try:
        return json.loads(text.decode("utf-8", "surrogateescape"), parse_int=_integer)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def decoded_rows(page: Page) -> list[Any]:
    """The rows of a page as values; none where they cannot be read together."""
    try:
        rows = decode_leniently(bytes(page.envelope.items))
    except ValueError:  # nested too deeply for Python's reader; each row is still looked at by itself
        return []
    return rows if isinstance(rows, list) else []


def row_payloads(page: Page) -> list[bytes]:
    """The rows of a page, each as the JSON text that it came as."""
    try:
        return [bytes(row) for row in _split_rows(page.envelope.items)]
    except msgspec.DecodeError:  # NaN, or bytes that are not UTF-8: only Python's reader gets past them
        return [_encoded(row) for row in decoded_rows(page)]


def _encoded(row: Any) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair, which has no bytes: it stays an escape sequence
        return json.dumps(row).encode("ascii")


def _integer(digits: str) -> int | float:
    # Python refuses to convert thousands of digits, with an error for the whole page; as infinity they are refused too.
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


def _open_leniently(body: bytes, cause: msgspec.DecodeError) -> Envelope:
    try:
        decoded: Any = decode_leniently(body)
        items = json.dumps(decoded["items"], separators=(",", ":")).encode("ascii")
        fields = {name: decoded.get(name) for name in ("total", "pages", "page")}
        return msgspec.convert({"items": msgspec.Raw(items), **fields}, Envelope)
    except (ValueError, KeyError, TypeError, AttributeError, msgspec.ValidationError):
        raise ValueError(f"its body is not JSON: {cause}") from cause
