"""Every fault by name, with one line about it, so that a drill and the command line can list them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ritournelle.domain.sources import Source
from ritournelle.errors import SettingsError
from ritournelle.simulator.faults.fault import Fault
from ritournelle.simulator.faults.identity import Collide
from ritournelle.simulator.faults.moving import DeleteRows, InsertRows
from ritournelle.simulator.faults.paging import LyingTotal, PagesOutOfOrder, SamePageTwice
from ritournelle.simulator.faults.route import RenamedEndpoint
from ritournelle.simulator.faults.transport import (
    ClosedConnection,
    Hang,
    HangMidBody,
    OtherBody,
    SlowDrip,
    Status,
    TruncatedJson,
    WrongContentType,
)
from ritournelle.simulator.faults.values import (
    AddField,
    BrokenText,
    ChangeType,
    ClockAhead,
    DropField,
    HugeText,
    SetFields,
    UnknownKey,
    UnknownTrack,
)
from ritournelle.simulator.faults.volume import DuplicateKey, LateRows, Shrink, Swell

_EVERY = tuple(Source)
_HISTORY = (Source.LISTEN_HISTORY,)
_NAMED = (Source.TRACKS, Source.USERS)


@dataclass(frozen=True)
class FaultKind:
    """A fault that can be asked for by name: where it applies and how it is made."""

    name: str
    family: str
    description: str
    sources: tuple[Source, ...]
    factory: Callable[..., Fault]

    def build(self, **options: Any) -> Fault:
        """The fault; raise `SettingsError` for options that it does not have."""
        try:
            return self.factory(**options)
        except TypeError as error:
            raise SettingsError(f"fault {self.name!r} cannot be made with {options}: {error}") from error


def _dates(value: str) -> Callable[..., Fault]:
    return partial(SetFields, fields={source: {"created_at": value, "updated_at": value} for source in Source})


def _tracks(**fields: Any) -> Callable[..., Fault]:
    return partial(SetFields, fields={Source.TRACKS: fields})


def _users(**fields: Any) -> Callable[..., Fault]:
    return partial(SetFields, fields={Source.USERS: fields})


def _number(value: float) -> Callable[..., Fault]:
    histories = {"items": [value]}
    return partial(
        SetFields,
        fields={Source.TRACKS: {"duration": value}, Source.USERS: {"gender": value}, Source.LISTEN_HISTORY: histories},
    )


_NULL_KEYS = {Source.TRACKS: {"id": None}, Source.USERS: {"id": None}, Source.LISTEN_HISTORY: {"user_id": None}}


def _transport() -> list[tuple[str, str, tuple[Source, ...], Callable[..., Fault]]]:
    return [
        ("status", "an error status of your choice (`code`, `retry_after_seconds`, `as_date`)", _EVERY, Status),
        ("status_500", "500: the app broke", _EVERY, partial(Status, code=500)),
        ("status_401", "401: who are you?", _EVERY, partial(Status, code=401)),
        ("status_403", "403: not for you", _EVERY, partial(Status, code=403)),
        ("status_404", "404: no such page", _EVERY, partial(Status, code=404)),
        (
            "status_429",
            "429 with `Retry-After` in seconds (`retry_after_seconds`)",
            _EVERY,
            partial(Status, code=429, retry_after_seconds=1),
        ),
        (
            "status_429_date",
            "429 with `Retry-After` as an HTTP date (`retry_after_seconds` from now)",
            _EVERY,
            partial(Status, code=429, retry_after_seconds=2, as_date=True),
        ),
        ("hang", "nothing comes for `seconds`, then the true answer", _EVERY, Hang),
        ("hang_mid_body", "half of the body, then nothing for `seconds`", _EVERY, HangMidBody),
        ("slow_drip", "the body at `bytes_per_second`", _EVERY, SlowDrip),
        ("truncated_json", "a complete answer with half of the JSON", _EVERY, TruncatedJson),
        ("html_instead_of_json", "a maintenance page with status 200", _EVERY, OtherBody),
        ("wrong_content_type", "the true JSON as `text/plain`", _EVERY, WrongContentType),
        ("connection_closed", "headers, then the connection is closed", _EVERY, partial(ClosedConnection, share=0.0)),
        ("closed_mid_body", "half of the body, then the connection is closed", _EVERY, ClosedConnection),
        ("renamed_endpoint", "404 on the path; the data moved to `/<source>_v2` (`suffix`)", _EVERY, RenamedEndpoint),
    ]


def _paging() -> list[tuple[str, str, tuple[Source, ...], Callable[..., Fault]]]:
    return [
        ("total_lies", "`total` is wrong `by` so many rows", _EVERY, LyingTotal),
        ("same_page_twice", "page p answers the items of page p-1", _EVERY, SamePageTwice),
        ("pages_out_of_order", "the last page comes first", _EVERY, PagesOutOfOrder),
        ("rows_inserted", "`count` rows are inserted just before the page is answered, and stay", _NAMED, InsertRows),
        (
            "rows_deleted",
            "`count` rows are deleted just before the page is answered, and stay away",
            _NAMED,
            DeleteRows,
        ),
    ]


def _schema() -> list[tuple[str, str, tuple[Source, ...], Callable[..., Fault]]]:
    return [
        ("field_missing", "a field is not there (`field`)", _EVERY, DropField),
        ("field_added", "an unknown field is there (`field`, `value`)", _EVERY, AddField),
        ("type_changed", "a field has another JSON type (`field`)", _EVERY, ChangeType),
        ("gender_new_value", "a gender that the app never used", (Source.USERS,), _users(gender="Two-spirit")),
    ]


def _values() -> list[tuple[str, str, tuple[Source, ...], Callable[..., Fault]]]:
    tracks, users = (Source.TRACKS,), (Source.USERS,)
    return [
        ("null_key", "the key is null", _EVERY, partial(SetFields, fields=_NULL_KEYS)),
        ("duplicate_key", "`count` keys come again with other content", _EVERY, DuplicateKey),
        ("unknown_key", "the key is one that nobody has", _EVERY, UnknownKey),
        ("duration_99_99", 'duration "99:99"', tracks, _tracks(duration="99:99")),
        ("duration_negative", 'duration "-1:00"', tracks, _tracks(duration="-1:00")),
        ("duration_empty", 'duration ""', tracks, _tracks(duration="")),
        ("duration_number", "duration 3600, a number", tracks, _tracks(duration=3600)),
        ("dates_garbage", "dates that are no dates", _EVERY, _dates("the day before")),
        ("dates_future", "dates in 2999: a skewed clock", _EVERY, _dates("2999-12-31T23:59:59.999999")),
        ("clock_ahead", "`updated_at` is `hours` later than it should be", _EVERY, ClockAhead),
        ("dates_1970", "dates at the epoch", _EVERY, _dates("1970-01-01T00:00:00")),
        (
            "garbage_date_null_email",
            "a date that is no date and a null e-mail, in one row",
            users,
            _users(created_at="the day before", email=None),
        ),
        (
            "null_items",
            "`items` is null",
            _HISTORY,
            partial(SetFields, fields={Source.LISTEN_HISTORY: {"items": None}}),
        ),
        ("unknown_track", "a history ends with a track that is in no catalogue", _HISTORY, UnknownTrack),
        ("unknown_user", "a history of a user that nobody knows", _HISTORY, UnknownKey),
        ("huge_string", "a text of 1 MB (`characters`)", _EVERY, HugeText),
        ("invalid_utf8", "a text with bytes that are not UTF-8", _EVERY, BrokenText),
        ("nan_number", "NaN where JSON knows none", _EVERY, _number(float("nan"))),
        ("infinite_number", "Infinity where JSON knows none", _EVERY, _number(float("inf"))),
    ]


def _volume() -> list[tuple[str, str, tuple[Source, ...], Callable[..., Fault]]]:
    return [
        ("empty_endpoint", "no rows at all", _EVERY, partial(Shrink, share=0.0)),
        ("shrunken_endpoint", "90 % of the rows are gone (`share` is left)", _EVERY, Shrink),
        ("late_rows", "the newest `count` rows are not there yet", _EVERY, LateRows),
        ("swollen_endpoint", "10 times as many rows (`times`)", _EVERY, Swell),
    ]


def _identity() -> list[tuple[str, str, tuple[Source, ...], Callable[..., Fault]]]:
    return [
        ("id_collisions", "one id in `every` 100 names somebody else: their content, under that id", _NAMED, Collide)
    ]


def _kinds() -> list[FaultKind]:
    families = {
        "transport": _transport,
        "paging": _paging,
        "schema": _schema,
        "values": _values,
        "volume": _volume,
        "identity": _identity,
    }
    return [
        FaultKind(name, family, description, sources, factory)
        for family, members in families.items()
        for name, description, sources, factory in members()
    ]


FAULTS: dict[str, FaultKind] = {kind.name: kind for kind in _kinds()}
"""All faults by name, family by family."""
