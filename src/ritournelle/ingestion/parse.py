"""From raw pages to columns: strict and columnar, and row by row only where a page holds something bad.

A row is good when the columnar path takes it alone, so that both paths agree by construction; the row contract
(pydantic) only finds the words for what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from pydantic import ValidationError

from ritournelle.ingestion.chunks import in_one
from ritournelle.ingestion.contract import DATETIME_PATTERN, DURATION_PATTERN, NUL, Contract
from ritournelle.ingestion.hashing import hash_rows
from ritournelle.ingestion.numbers import as_arrow
from ritournelle.ingestion.pages import LONGEST_INTEGER, Page, decode_leniently, decoded_rows, row_payloads
from ritournelle.ingestion.quarantine import BadRow

EARLIEST_MICROSECONDS = -62_135_596_800_000_000
"""The first moment of the year 1, before which Python knows none; Arrow reads a year 0."""

_NO_ARRIVALS = np.array([], dtype=np.int32)


class _Refused(ValueError):
    """Some row of a block does not keep the contract."""


@dataclass
class Parsed:
    """The rows of some pages: good ones as columns, bad ones with their reasons.

    Columns: the contract's fields, with datetimes naive in the source's zone; `arrival`, the number that the caller
    gave to the page; `content_hash`, `identity_hash`. Rows stand in the order of their pages.
    """

    rows: pa.Table
    bad: list[BadRow] = field(default_factory=list)


class Parser:
    """Parses pages of one source; remembers the fields that it met and nobody declared, and those never seen."""

    def __init__(self, contract: Contract, *, time_zone: str = "UTC", max_text_characters: int = 10_000) -> None:
        self.contract = contract
        self.unknown_fields: set[str] = set()
        self._seen_fields: set[str] = set()
        self._time_zone = ZoneInfo(time_zone)
        self._max_text = max_text_characters
        self._lines_schema = pa.schema([("items", pa.list_(pa.struct(list(contract.columns))))])
        self._checked_fields = False

    @property
    def missing_fields(self) -> set[str]:
        """Declared fields that no row of the first page had."""
        return set(self.contract.row.model_fields) - self._seen_fields if self._checked_fields else set()

    def parse(self, pages: Sequence[Page]) -> Parsed:
        """The rows of these pages."""
        held = [(page, bytes(page.envelope.items)) for page in pages]
        filled = [(page, items) for page, items in held if _holds_rows(items)]
        if not filled:
            return Parsed(self._finish(self.contract.columns.empty_table(), _NO_ARRIVALS))
        self._look_at_fields(filled[0][0])
        try:
            return Parsed(self._columns([items for _, items in filled], [page for page, _ in filled]))
        except _Refused:
            if len(filled) == 1:
                return self._row_by_row(filled[0][0])
        return _concatenated([self.parse([page]) for page, _ in filled])

    def _columns(self, items: Sequence[bytes], pages: Sequence[Page]) -> pa.Table:
        text = _as_lines(items)
        lists = self._read_lines(text, pages)
        structs = lists.flatten()
        if structs.null_count:
            raise _Refused("a row is null")
        rows = pa.Table.from_struct_array(structs)
        self._check(rows, may_hold_nul=_may_hold_nul(text))
        counts = pc.list_value_length(lists).to_numpy()
        return self._finish(rows, np.repeat(np.array([page.arrival for page in pages], dtype=np.int32), counts))

    def _read_lines(self, text: bytes, pages: Sequence[Page]) -> pa.ListArray:
        try:
            return self._read(text, "error")
        except pa.ArrowInvalid as error:
            if "unexpected field" not in str(error):
                raise _Refused(str(error)) from error
        self._note_unknown_fields(pages)
        try:
            return self._read(text, "ignore")
        except pa.ArrowInvalid as error:
            raise _Refused(str(error)) from error

    def _read(self, text: bytes, unexpected: str) -> pa.ListArray:
        table = pj.read_json(
            pa.BufferReader(text),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=pj.ParseOptions(explicit_schema=self._lines_schema, unexpected_field_behavior=unexpected),
        )
        column: pa.ListArray = in_one(table["items"])
        return column

    def _check(self, rows: pa.Table, *, may_hold_nul: bool) -> None:
        try:
            rows.validate(full=True)  # the JSON reader takes bytes that are not UTF-8
        except pa.ArrowInvalid as error:
            raise _Refused("text that is not UTF-8") from error
        for name in self.contract.required:
            if rows[name].null_count:
                raise _Refused(f"{name} is null")
        if pc.min(rows[self.contract.id_column]).as_py() < 0:
            raise _Refused("a negative id")
        if "items" in rows.column_names:
            _check_track_ids(rows["items"])
        self._check_texts(rows, may_hold_nul)

    def _check_texts(self, rows: pa.Table, may_hold_nul: bool) -> None:
        for name in rows.column_names:
            if pa.types.is_string(rows[name].type):
                if _longest(pc.binary_length(rows[name])) > self._max_text < _longest(pc.utf8_length(rows[name])):
                    raise _Refused(f"{name}: is longer than {self._max_text} characters")
                if may_hold_nul and pc.any(pc.match_substring(rows[name], NUL)).as_py():
                    raise _Refused(f"{name}: holds the character U+0000 (NUL), which no text of PostgreSQL can")
        if "duration" in rows.column_names:
            _check_pattern(rows, "duration", DURATION_PATTERN)

    def _finish(self, rows: pa.Table, arrivals: npt.NDArray[np.int32]) -> pa.Table:
        for name in self.contract.moments:
            index = rows.column_names.index(name)
            rows = rows.set_column(index, name, self._naive_moments(rows, name))
        rows = rows.append_column("arrival", as_arrow(arrivals, pa.int32()))
        rows = rows.append_column("content_hash", hash_rows(rows, tuple(self.contract.columns.names)))
        identity = self.contract.identity
        hashes = hash_rows(rows, identity) if identity else pa.nulls(rows.num_rows, pa.string())
        return rows.append_column("identity_hash", hashes)

    def _naive_moments(self, rows: pa.Table, name: str) -> pa.ChunkedArray:
        """Datetimes as the source's own zone shows them; those that carry an offset are brought to it."""
        try:
            moments = pc.cast(rows[name], pa.timestamp("us"))
        except pa.ArrowInvalid:
            return self._moments_with_offsets(rows, name)
        if rows.num_rows and pc.min(pc.cast(moments, pa.int64())).as_py() < EARLIEST_MICROSECONDS:
            raise _Refused(f"{name}: is before the year 1")
        return moments

    def _moments_with_offsets(self, rows: pa.Table, name: str) -> pa.ChunkedArray:
        _check_pattern(rows, name, DATETIME_PATTERN)
        moments = []
        for text in rows[name].to_pylist():
            try:
                moments.append(self._naive_moment(text))
            except ValueError as error:  # the 30th of February, and says so
                raise _Refused(f"{name}: {text!r}: {error}") from error
        return pa.chunked_array([pa.array(moments, pa.timestamp("us"))])

    def _naive_moment(self, text: str) -> datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return moment
        try:
            return moment.astimezone(self._time_zone).replace(tzinfo=None)
        except OverflowError as error:
            raise ValueError(f"is outside of the years 1 to 9999 in {self._time_zone}") from error

    def _look_at_fields(self, page: Page) -> None:
        if not self._checked_fields:
            rows = decoded_rows(page)
            self._seen_fields = {name for row in rows if isinstance(row, dict) for name in row}
            self._checked_fields = bool(rows)

    def _note_unknown_fields(self, pages: Sequence[Page]) -> None:
        known = set(self.contract.row.model_fields)
        for page in pages:
            for row in decoded_rows(page):
                if isinstance(row, dict):
                    self.unknown_fields |= {_printable(name) for name in row.keys() - known}

    def _row_by_row(self, page: Page) -> Parsed:
        good, bad = [], []
        for payload in row_payloads(page):
            try:
                good.append(self._columns([b"[" + payload + b"]"], [page]))
            except _Refused as error:
                bad.append(self._bad_row(payload, page, str(error)))
        nothing = self._finish(self.contract.columns.empty_table(), _NO_ARRIVALS)
        return Parsed(pa.concat_tables([nothing, *good]), bad)

    def _bad_row(self, payload: bytes, page: Page, refusal: str) -> BadRow:
        text = payload.decode("utf-8", "backslashreplace")
        try:
            row = decode_leniently(payload)
        except ValueError as error:
            return BadRow(self.contract.source, page.asked, f"row: {error}", text, None, page.arrival)
        reason = self._reason(row, refusal)
        key = self._readable_key(row)
        return BadRow(self.contract.source, page.asked, reason, text, key, page.arrival)

    def _reason(self, row: Any, refusal: str) -> str:
        try:
            self.contract.row.model_validate(row)
        except ValidationError as error:
            return "; ".join(_in_words(dict(problem), self.contract) for problem in error.errors()[:5])
        return refusal

    def _readable_key(self, row: Any) -> tuple[Any, ...] | None:
        """The row's key where it can still be read, however bad the rest: so that its good version is kept."""
        if not isinstance(row, dict):
            return None
        identifier = row.get(self.contract.id_column)
        if isinstance(identifier, str) and identifier.strip().isdecimal() and len(identifier) <= LONGEST_INTEGER:
            identifier = int(identifier)
        if not isinstance(identifier, int) or isinstance(identifier, bool) or not 0 <= identifier < 2**63:
            return None
        if len(self.contract.key) == 1:
            return (identifier,)
        return self._readable_record_key(identifier, row)

    def _readable_record_key(self, identifier: int, row: dict[str, Any]) -> tuple[Any, ...] | None:
        try:
            return (identifier, self._naive_moment(str(row.get(self.contract.key[1]))))
        except ValueError:
            return None


def _as_lines(items: Sequence[bytes]) -> bytes:
    """Lists of rows as an object per line; a line break within one is white space."""
    lines = [part for text in items for part in (b'{"items":', text.replace(b"\n", b" "), b"}\n")]
    return b"".join(lines)


def _may_hold_nul(text: bytes) -> bool:
    """Whether the character NUL can be in it: escaped, as JSON wants it, or plain. Most pages escape nothing at all."""
    return (b"\\" in text and b"\\u0000" in text) or b"\0" in text


def _holds_rows(items: bytes) -> bool:
    """Whether a list is not empty; most often its first characters tell."""
    return bool(items[1:100].strip(b" \t\r\n]") or items[1:-1].strip())


def _longest(lengths: pa.ChunkedArray) -> int:
    return pc.max(lengths).as_py() or 0


def _check_track_ids(lists: pa.ChunkedArray) -> None:
    for chunk in lists.chunks:
        values = chunk.flatten()
        if values.null_count:
            raise _Refused("items holds a null")
        if len(values) and pc.min(values).as_py() < 0:
            raise _Refused("items holds a negative id")


def _check_pattern(rows: pa.Table, name: str, pattern: str) -> None:
    if not pc.all(pc.match_substring_regex(rows[name], pattern), min_count=0).as_py():
        raise _Refused(f"{name} has another form")


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _in_words(problem: dict[str, Any], contract: Contract) -> str:
    place = ".".join(str(part) for part in problem["loc"]) or "row"
    value = problem.get("input")
    if problem["type"] == "missing":
        return f"{place}: the field is missing"
    if value is None:
        return f"{place}: is null"
    declared = contract.row.model_fields.get(place)
    wanted = problem["msg"]
    if problem["type"] == "string_pattern_mismatch" and declared is not None:
        wanted = f"should be {declared.description}"
    if place in contract.personal:  # a reason is read by more people than a payload
        return f"{place}: {wanted}"
    return f"{place}: {str(value)[:60]!r}: {wanted}"


def _concatenated(parts: Sequence[Parsed]) -> Parsed:
    return Parsed(pa.concat_tables([part.rows for part in parts]), [row for part in parts for row in part.bad])
