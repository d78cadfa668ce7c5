"""From pages to columns: what is good, what is refused and why, and that neighbours never matter."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ingestion.sample_pages import as_json, history, page_of, parse, track, user, without

from ritournelle.domain.sources import Source
from ritournelle.ingestion.contract import CONTRACTS
from ritournelle.ingestion.parse import Parser

TRACKS, USERS, HISTORY = Source.TRACKS, Source.USERS, Source.LISTEN_HISTORY
RECORD = (1, datetime(2024, 1, 1, 8))

BAD_ROWS: list[tuple[Source, Any, str, tuple[Any, ...] | None]] = [
    (USERS, user(id=None), "id: is null", None),
    (USERS, without(user(), "id"), "id: the field is missing", None),
    (USERS, user(id="7"), "id: '7': Input should be a valid integer", (7,)),
    (USERS, user(id=" 7 "), "id: ' 7 ': Input should be a valid integer", (7,)),
    (USERS, user(id="seven"), "id: 'seven': Input should be a valid integer", None),
    (USERS, user(id="²"), "id: '²': Input should be a valid integer", None),
    (USERS, user(id="9" * 5000), "id: '999", None),
    (USERS, user(id=1.5), "id: '1.5': Input should be a valid integer", None),
    (USERS, user(id=True), "id: 'True': Input should be a valid integer", None),
    (USERS, user(id=-1), "id: '-1': Input should be greater than or equal to 0", None),
    (USERS, user(id=2**63), "id: '9223372036854775808': Input should be less than", None),
    (USERS, user(id=[1]), "id: '[1]': Input should be a valid integer", None),
    (USERS, user(created_at=None), "created_at: is null", (1,)),
    (USERS, user(created_at=""), "created_at: '': should be ISO 8601", (1,)),
    (USERS, user(created_at="the day before"), "created_at: 'the day before': should be ISO 8601", (1,)),
    (USERS, user(created_at=1_700_000_000), "created_at: '1700000000': Input should be a valid string", (1,)),
    (USERS, user(created_at="2024-13-01T00:00:00"), "created_at: '2024-13-01T00:00:00': month must be", (1,)),
    (USERS, user(created_at="2023-02-29T00:00:00"), "created_at: '2023-02-29T00:00:00': day ", (1,)),
    (USERS, user(created_at="2024-01-01T00:00:00.1234567"), "created_at: '2024-01-01T00:00:00.1234567'", (1,)),
    (USERS, user(created_at="0000-01-01T00:00:00"), "created_at: is before the year 1", (1,)),
    (USERS, user(created_at="9999-12-31T23:59:59-05:00"), "created_at: '9999-12-31T23:59:59-05:00': is outside", (1,)),
    (USERS, without(user(), "updated_at"), "updated_at: the field is missing", (1,)),
    (USERS, user(gender=3), "gender: '3': Input should be a valid string", (1,)),
    (USERS, user(gender=float("nan")), "gender: 'nan': Input should be a valid string", (1,)),
    (USERS, user(favorite_genres=["Rock"]), "favorite_genres: \"['Rock']\": Input should be a valid string", (1,)),
    (USERS, user(gender="x" * 10_001), "gender: is longer than 10000 characters", (1,)),
    (USERS, user(gender="caf\udce9"), "text that is not UTF-8", (1,)),
    (USERS, user(last_name="Ada\x00"), "last_name: holds the character U+0000 (NUL), which no text", (1,)),
    (TRACKS, track(name="\x00"), "name: holds the character U+0000 (NUL)", (1,)),
    (USERS, None, "row: is null", None),
    (USERS, [1, 2], "row: '[1, 2]': Input should be a valid dictionary", None),
    (USERS, "a text", "row: 'a text': Input should be a valid dictionary", None),
    (USERS, {}, "id: the field is missing; created_at: the field is missing; updated_at: the field is missing", None),
    (TRACKS, track(duration=None), "duration: is null", (1,)),
    (TRACKS, track(duration=""), "duration: '': should be MM:SS, never hours", (1,)),
    (TRACKS, track(duration="99:99"), "duration: '99:99': should be MM:SS", (1,)),
    (TRACKS, track(duration="-1:00"), "duration: '-1:00': should be MM:SS", (1,)),
    (TRACKS, track(duration="1:02:03"), "duration: '1:02:03': should be MM:SS", (1,)),
    (TRACKS, track(duration="03:20\x00"), "duration: '03:20\\x00': should be MM:SS", (1,)),
    (TRACKS, track(duration=3600), "duration: '3600': Input should be a valid string", (1,)),
    (HISTORY, history(user_id=None), "user_id: is null", None),
    (HISTORY, history(items="[7]"), "items: '[7]': Input should be a valid list", RECORD),
    (HISTORY, history(items=[7, None]), "items.1: is null", RECORD),
    (HISTORY, history(items=[-7]), "items.0: '-7': Input should be greater than or equal to 0", RECORD),
    (HISTORY, history(items=[7.5]), "items.0: '7.5': Input should be a valid integer", RECORD),
    (HISTORY, history(items=[float("inf")]), "items.0: 'inf'", RECORD),
    (HISTORY, history(created_at="yesterday"), "created_at: 'yesterday'", None),
    (HISTORY, history(created_at="0001-01-01T00:00:00+05:00"), "created_at", None),
]


@pytest.mark.parametrize(("source", "row", "reason", "key"), BAD_ROWS, ids=[case[2][:40] for case in BAD_ROWS])
def test_a_bad_row_says_why_and_who(source: Source, row: Any, reason: str, key: tuple[Any, ...] | None) -> None:
    good = {TRACKS: track(9), USERS: user(9), HISTORY: history(9)}[source]
    parsed = parse(source, [good, row, good])
    assert parsed.rows.num_rows == 2
    (bad,) = parsed.bad
    assert bad.reason.startswith(reason)
    assert (bad.key, bad.source, bad.page, bad.is_conflict) == (key, source, 1, False)


GOOD_ROWS = [
    (TRACKS, track(genres="never heard of", album=None, songwriters="")),
    (TRACKS, track(duration="0:01")),
    (TRACKS, track(duration="1234:59")),
    (USERS, user(email=None, gender=None, first_name=None, last_name=None, favorite_genres=None)),
    (USERS, without(user(), "email")),
    (USERS, user(gender="Two-spirit")),
    (USERS, user(updated_at="2019-01-01T00:00:00")),  # before it was created, as a quarter of them
    (USERS, user(created_at="2999-12-31T23:59:59.999999")),
    (USERS, user(created_at="1970-01-01T00:00:00")),
    (USERS, user(created_at="2024-01-01 08:00:00")),
    (USERS, user(first_name="Zoë 🎵", last_name='"\\\n\t\x01')),
    (USERS, user(first_name=r"\u0000")),  # a backslash and letters: no NUL
    (USERS, user(mood="\x00")),  # nobody reads it
    (USERS, user(gender="x" * 10_000)),
    (USERS, user(gender="é" * 10_000)),  # the limit counts characters, not bytes
    (USERS, user(id=2**63 - 1)),
    (HISTORY, history(items=None)),
    (HISTORY, history(items=[])),
    (HISTORY, without(history(), "items")),
    (HISTORY, history(items=[0, 2**63 - 1])),
]


@pytest.mark.parametrize(("source", "row"), GOOD_ROWS)
def test_what_is_unusual_but_good(source: Source, row: dict[str, Any]) -> None:
    parsed = parse(source, [row])
    assert parsed.bad == []
    declared = [name for name in row if name in CONTRACTS[source].columns.names]
    (read,) = parsed.rows.select(declared).to_pylist()
    moments = CONTRACTS[source].moments
    assert without(read, *moments) == {name: row[name] for name in declared if name not in moments}


@pytest.mark.parametrize(
    ("text", "zone", "naive"),
    [
        ("2024-07-01T10:00:00", "Europe/Paris", datetime(2024, 7, 1, 10)),
        ("2024-07-01T10:00:00Z", "Europe/Paris", datetime(2024, 7, 1, 12)),
        ("2024-07-01T10:00:00.5+02:00", "Europe/Paris", datetime(2024, 7, 1, 10, 0, 0, 500_000)),
        ("2024-07-01T10:00:00+02:00", "UTC", datetime(2024, 7, 1, 8)),
        ("2024-07-01T10:00:00-0530", "UTC", datetime(2024, 7, 1, 15, 30)),
        ("2024-07-01T10:00:00.123456", "UTC", datetime(2024, 7, 1, 10, 0, 0, 123_456)),
    ],
)
def test_moments_are_naive_in_the_zone_of_the_source(text: str, zone: str, naive: datetime) -> None:
    parsed = parse(USERS, [user(created_at=text)], time_zone=zone)
    assert parsed.rows["created_at"].to_pylist() == [naive]


def test_an_offset_says_the_same_as_no_offset() -> None:
    plain, zulu = (parse(USERS, [user(created_at=text)]) for text in ("2024-01-01T08:00:00", "2024-01-01T08:00:00Z"))
    assert plain.rows["content_hash"] == zulu.rows["content_hash"]


@pytest.mark.parametrize("text", ["[]", "[ ]", "[\r\n]"])
def test_an_empty_page_has_no_rows(text: str) -> None:
    parser = Parser(CONTRACTS[USERS])
    empty = page_of(USERS, text.encode(), total=0, pages=0)
    parsed = parser.parse([empty, page_of(USERS, [user()]), empty])
    assert (parsed.rows.num_rows, parsed.bad) == (1, [])
    assert Parser(CONTRACTS[USERS]).parse([empty]).rows.num_rows == 0
    assert parser.missing_fields == set()


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_pretty_printed_pages(line_end: str) -> None:
    items = json.dumps([user(1), user(2, gender="a\nb")], indent=2).replace("\n", line_end).encode()
    parsed = parse(USERS, items)
    assert parsed.rows["gender"].to_pylist() == ["Female", "a\nb"]


def test_one_bad_row_in_a_hundred_costs_no_other() -> None:
    rows = [user(number) for number in range(100)]
    rows[42]["first_name"] = "x" * 1_000_000
    rows[43]["gender"] = "caf\udce9"
    rows[44]["gender"] = float("inf")
    parsed = parse(USERS, rows)
    assert parsed.rows["id"].to_pylist() == [number for number in range(100) if number not in (42, 43, 44)]
    assert [bad.key for bad in parsed.bad] == [(42,), (43,), (44,)]


def test_half_a_surrogate_pair_beside_nan() -> None:
    parsed = parse(USERS, json.dumps([user(1, gender="\ud83d"), user(2, gender=float("nan")), user(3)]).encode())
    assert [bad.key for bad in parsed.bad] == [(1,), (2,)]
    assert "surrogate" in parsed.bad[0].reason
    assert parsed.rows["id"].to_pylist() == [3]


def test_nul_costs_its_row_alone_and_waits_in_words_that_hold_none() -> None:
    """PostgreSQL takes a NUL nowhere: neither in the reason nor in the payload of what is quarantined for it."""
    rows = [user(number) for number in range(100)]
    rows[42]["email"] = "ada\x00@example.org"
    parsed = parse(USERS, rows)
    assert parsed.rows["id"].to_pylist() == [number for number in range(100) if number != 42]
    (bad,) = parsed.bad
    assert bad.key == (42,)
    assert json.loads(bad.payload) == rows[42]
    assert "\x00" not in bad.payload + bad.reason


def test_nul_beside_text_that_only_pythons_reader_reads() -> None:
    parsed = parse(USERS, [user(1, gender="\x00"), user(2, gender=float("nan")), user(3)])
    assert [(bad.key, "\x00" in bad.payload) for bad in parsed.bad] == [((1,), False), ((2,), False)]
    assert parsed.rows["id"].to_pylist() == [3]


def test_a_number_of_thousands_of_digits() -> None:
    items = as_json([user(1), user(2)]).replace(b'"id": 1,', b'"id": ' + b"9" * 5000 + b",")
    parsed = parse(USERS, items)
    assert parsed.rows["id"].to_pylist() == [2]
    assert parsed.bad[0].reason.startswith("id: 'inf': Input should be a valid integer")


def test_a_row_nested_too_deeply_for_pythons_reader() -> None:
    """How deep that is depends on the stack that is used already: the deepest rows that get here are all tried."""
    deepest = 0
    for depth in range(1000, 700, -5):
        items = b'[{"x":' + b"[" * depth + b"]" * depth + b"}," + as_json([user(2)])[1:]
        try:
            page = page_of(USERS, items)
        except ValueError:
            continue
        deepest = deepest or depth
        parsed = Parser(CONTRACTS[USERS]).parse([page])
        assert (parsed.rows["id"].to_pylist(), len(parsed.bad)) == ([2], 1)
    assert deepest > 700


def test_a_field_twice_is_refused() -> None:
    parsed = parse(USERS, as_json([user(1), user(2)]).replace(b'"id": 1', b'"id": 1, "id": 3'))
    assert parsed.rows["id"].to_pylist() == [2]
    assert "specified twice" in parsed.bad[0].reason


def test_reasons_hide_personal_data_and_payloads_keep_it() -> None:
    (bad,) = parse(USERS, [user(email=["ada@example.org"])]).bad
    assert bad.reason == "email: Input should be a valid string"
    assert json.loads(bad.payload) == user(email=["ada@example.org"])


def test_unknown_fields_are_left_out_and_named() -> None:
    parser = Parser(CONTRACTS[USERS])
    items = as_json([user(1, mood="wistful"), user(2), user(3, **{"caf\udce9": 1})])
    parsed = parser.parse([page_of(USERS, items, total=3)])
    assert parsed.bad == []
    assert parser.unknown_fields == {"mood", "caf\\udce9"}
    assert parsed.rows["content_hash"].to_pylist()[1] == parse(USERS, [user(2)]).rows["content_hash"].to_pylist()[0]


def test_missing_fields_are_named() -> None:
    parser = Parser(CONTRACTS[USERS])
    assert parser.missing_fields == set()
    parser.parse([page_of(USERS, [without(user(number), "email", "gender") for number in (1, 2)])])
    assert parser.missing_fields == {"email", "gender"}
    parser = Parser(CONTRACTS[USERS])
    parser.parse([page_of(USERS, [without(user(1), "email"), user(2)])])
    assert parser.missing_fields == set()


_VALUES: dict[str, list[Any]] = {
    "id": [1, 2, 2**63 - 1, None, "1", -1, 1.0, 2**63, True],
    "created_at": ["2024-01-01T00:00:00", "2024-01-01T00:00:00Z", "2024-01-01", "0000-01-01T00:00:00", "no", None],
    "updated_at": ["2024-01-01T00:00:00.5", "2024-01-01 00:00:00+02:00", "9999-12-31T23:59:59-05:00", 5],
    "email": ["a@b", None, "", "\x00", r"\u0000", "\ud83d", "caf\udce9", 3, float("nan"), "x" * 30],
    "items": [[], [1], None, [None], "[1]", [1.5], [-1]],
    "user_id": [1, 2, None, "²"],
    "duration": ["03:20", "99:99", None, 200],
    "surprise": [1, {"deep": [1]}],
}


@st.composite
def any_rows(draw: st.DrawFn, source: Source) -> Any:
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from([None, [], [1], {}, "text", 3]))
    row = {TRACKS: track, USERS: user, HISTORY: history}[source](draw(st.integers(1, 5)))
    names = [name for name in _VALUES if name in row or name == "surprise"]
    for name in draw(st.lists(st.sampled_from(names), max_size=2)):
        row[name] = draw(st.sampled_from(_VALUES[name]))
    return row


@given(st.data())
def test_a_row_is_good_when_alone_it_is_good_whatever_stands_beside_it(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(list(Source)))
    pages = data.draw(st.lists(st.lists(any_rows(source), max_size=4), max_size=3))
    escape = data.draw(st.booleans())  # as an escape sequence, or as the bytes that are not UTF-8
    texts = [json.dumps(rows, ensure_ascii=escape).encode("utf-8", "surrogatepass") for rows in pages]
    together = Parser(CONTRACTS[source], max_text_characters=20).parse([page_of(source, text) for text in texts])
    rows = [row for page in pages for row in page]
    alone = [
        parse(source, json.dumps([row], ensure_ascii=escape).encode("utf-8", "surrogatepass"), max_text_characters=20)
        for row in rows
    ]
    assert together.rows["content_hash"].to_pylist() == [
        one for part in alone for one in part.rows["content_hash"].to_pylist()
    ]
    assert [(row.reason, row.key) for row in together.bad] == [
        (row.reason, row.key) for one in alone for row in one.bad
    ]
    assert together.rows.num_rows + len(together.bad) == len(rows)
