"""What every warehouse must do. One more implementation is one more line in `WAREHOUSES`."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import ritournelle
from ritournelle.errors import PermanentError, WarehouseError
from ritournelle.warehouse.base import Doomed, Table, Warehouse
from ritournelle.warehouse.connect import connect, connect_published

WAREHOUSES: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "duckdb": lambda request: f"duckdb:///{request.getfixturevalue('tmp_path')}/warehouse.duckdb",
    "postgres": lambda request: request.getfixturevalue("postgres").new_database(),
    "dlt on duckdb": lambda request: f"dlt+duckdb:///{request.getfixturevalue('tmp_path')}/warehouse.duckdb",
    "dlt on postgres": lambda request: "dlt+" + request.getfixturevalue("postgres").new_database(),
}
"""For each engine, the URL of an empty warehouse."""

WORDS = Table("raw", "words", pa.schema([("id", pa.int64()), ("word", pa.string())]), key=("id",))
PAIRS = Table("ops", "pairs", pa.schema([("a", pa.int64()), ("b", pa.string()), ("n", pa.int32())]), key=("a", "b"))
EVERYTHING = Table(
    "raw",
    "everything",
    pa.schema(
        [
            ("id", pa.int64()),
            ("small", pa.int32()),
            ("share", pa.float64()),
            ("is_so", pa.bool_()),
            ("text", pa.string()),
            ("day", pa.date32()),
            ("naive", pa.timestamp("us")),
            ("moment", pa.timestamp("us", tz="UTC")),
        ]
    ),
    key=("id",),
)
EXTREMES: list[dict[str, Any]] = [
    {
        "id": 2**63 - 1,
        "small": -(2**31),
        "share": 0.1,
        "is_so": True,
        "text": "Zoë 🎵 'quoted' \"twice\" \\ \n\t; DROP",
        "day": date(2024, 2, 29),
        "naive": datetime(1, 1, 1, 0, 0, 0, 1),
        "moment": datetime(2024, 7, 1, 23, 59, 59, 999_999, tzinfo=UTC),
    },
    {
        "id": -(2**63),
        "small": 2**31 - 1,
        "share": -1e300,
        "is_so": False,
        "text": "",
        "day": date(1, 1, 1),
        "naive": datetime(9999, 12, 31, 23, 59, 59, 999_999),
        "moment": datetime(1970, 1, 1, tzinfo=UTC),
    },
]


WRITE_TWO = """
import os, signal, sys
import pyarrow as pa
from ritournelle.warehouse.base import Table
from ritournelle.warehouse.connect import connect
words = Table('raw', 'words', pa.schema([('id', pa.int64()), ('word', pa.string())]), key=('id',))
warehouse = connect(sys.argv[1])
warehouse.append(words, words.rows([{'id': 2, 'word': 'two'}]))
"""
DIE_WRITING = """
with warehouse.transaction():
    warehouse.upsert(words, words.rows([{'id': n, 'word': 'half'} for n in range(50_000)]))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def environment() -> dict[str, str]:
    """Of another process that imports this package."""
    return {"PYTHONPATH": str(Path(ritournelle.__file__).parents[1])}


@pytest.fixture(name="url", params=WAREHOUSES)
def empty_warehouse(request: pytest.FixtureRequest) -> str:
    return WAREHOUSES[request.param](request)


@pytest.fixture(name="warehouse")
def open_warehouse(url: str) -> Iterator[Warehouse]:
    with connect(url) as warehouse:
        warehouse.ensure([WORDS, PAIRS])
        yield warehouse


@pytest.fixture(name="own_url", params=["duckdb", "postgres"])
def _own_url(request: pytest.FixtureRequest) -> str:
    """An empty warehouse of an engine that has a driver of its own: what comes next dlt leaves to its destinations."""
    return WAREHOUSES[request.param](request)


@pytest.fixture(name="own")
def _own(own_url: str) -> Iterator[Warehouse]:
    with connect(own_url) as warehouse:
        warehouse.ensure([WORDS, PAIRS])
        yield warehouse


def put(warehouse: Warehouse, *words: str, first_id: int = 1) -> None:
    warehouse.append(WORDS, some(*words, first_id=first_id))


def some(*words: str, first_id: int = 1) -> pa.Table:
    return WORDS.rows([{"id": number, "word": word} for number, word in enumerate(words, first_id)])


def words(warehouse: Warehouse) -> dict[int, str]:
    rows = warehouse.read("SELECT id, word FROM raw.words ORDER BY id").to_pylist()
    return {row["id"]: row["word"] for row in rows}


# Tables


def test_tables_are_made_with_their_schemas_once(warehouse: Warehouse) -> None:
    put(warehouse, "one")
    warehouse.ensure([WORDS, PAIRS])
    assert words(warehouse) == {1: "one"}
    assert warehouse.exists("raw", "words")
    assert not warehouse.exists("raw", "pairs")
    assert not warehouse.exists("nowhere", "words")


def test_columns_that_are_missing_are_added(warehouse: Warehouse) -> None:
    put(warehouse, "one")
    later = Table("raw", "words", EVERYTHING.columns.append(pa.field("word", pa.string())), key=("id",))
    warehouse.ensure([later])
    (row,) = warehouse.read("SELECT * FROM raw.words").to_pylist()
    assert row == {name: None for name in later.columns.names} | {"id": 1, "word": "one"}
    warehouse.append(later, later.rows([EXTREMES[0] | {"word": "two"}]))
    assert words(warehouse) == {1: "one", 2**63 - 1: "two"}


def test_columns_that_are_there_too_many_stay(warehouse: Warehouse) -> None:
    put(warehouse, "one")
    narrow = Table("raw", "words", pa.schema([("id", pa.int64())]), key=("id",))
    warehouse.ensure([narrow])
    warehouse.append(narrow, narrow.rows([{"id": 2}]))
    assert words(warehouse) == {1: "one", 2: None}


def test_every_type_comes_back_as_it_went(warehouse: Warehouse) -> None:
    warehouse.ensure([EVERYTHING])
    nothing = {name: None for name in EVERYTHING.columns.names} | {"id": 0}
    warehouse.append(EVERYTHING, EVERYTHING.rows([*EXTREMES, nothing]))
    rows = warehouse.read("SELECT * FROM raw.everything ORDER BY id")
    assert rows.to_pylist() == [EXTREMES[1], nothing, EXTREMES[0]]
    assert [str(kind) for kind in rows.schema.types] == [str(kind) for kind in EVERYTHING.columns.types]


def test_rows_of_another_shape() -> None:
    with pytest.raises(pa.ArrowInvalid):
        WORDS.rows([{"id": "one"}])
    assert WORDS.rows([]).schema == WORDS.columns


# Reading


def test_parameters_are_values_and_never_sql(warehouse: Warehouse) -> None:
    put(warehouse, "it's", "'; DROP TABLE raw.words; --")
    for number, word in words(warehouse).items():
        query = "SELECT id FROM raw.words WHERE word = ? AND id > ?"
        assert warehouse.read(query, [word, 0])["id"].to_pylist() == [number]


def test_no_rows_have_columns_all_the_same(warehouse: Warehouse) -> None:
    rows = warehouse.read("SELECT * FROM raw.words")
    assert (rows.num_rows, rows.schema.names) == (0, ["id", "word"])


def test_an_answer_of_any_size_comes_in_batches(warehouse: Warehouse) -> None:
    put(warehouse, *(str(number) for number in range(5000)))
    query = "SELECT id, word FROM raw.words WHERE word LIKE '%9' ORDER BY id"
    found = pa.concat_tables(warehouse.batches(query, rows=100))
    assert found.column_names == ["id", "word"]
    assert found["word"].to_pylist() == [str(number) for number in range(9, 5000, 10)]
    assert sum(batch.num_rows for batch in warehouse.batches("SELECT id FROM raw.words WHERE id < 0")) == 0


def test_the_tables_of_schemas_that_may_not_be_there(warehouse: Warehouse) -> None:
    assert warehouse.tables(["raw", "ops", "nowhere"]) == [("ops", "pairs"), ("raw", "words")]
    assert not warehouse.tables(["nowhere"])


@pytest.mark.parametrize("query", ["SELECT * FROM raw.nothing", "SELEC 1", "SELECT missing FROM raw.words"])
def test_a_query_that_is_refused(warehouse: Warehouse, query: str) -> None:
    with pytest.raises(WarehouseError, match="refused"):
        warehouse.read(query)
    assert words(warehouse) == {}


def test_a_question_mark_in_a_text_or_a_name_is_no_parameter(warehouse: Warehouse) -> None:
    query = "SELECT 'who? ' AS \"why?\", 'it''s me?' AS me, id /* which? */ FROM raw.words WHERE id = ? -- really?"
    put(warehouse, "one")
    assert warehouse.read(query, [1]).to_pylist() == [{"why?": "who? ", "me": "it's me?", "id": 1}]


def test_parameters_of_every_type(warehouse: Warehouse) -> None:
    warehouse.ensure([EVERYTHING])
    warehouse.append(EVERYTHING, EVERYTHING.rows(EXTREMES))
    for name, value in EXTREMES[0].items():
        found = warehouse.read(f"SELECT id FROM raw.everything WHERE {name} = ?", [value])
        assert found["id"].to_pylist() == [EXTREMES[0]["id"]], name
    assert warehouse.read("SELECT id FROM raw.everything WHERE text = ?", [None]).num_rows == 0
    several = warehouse.read("SELECT id FROM raw.everything WHERE id IN (SELECT unnest(?::BIGINT[]))", [[5, 2**63 - 1]])
    assert several["id"].to_pylist() == [EXTREMES[0]["id"]]


def test_counts_and_sums_come_in_the_same_types(own: Warehouse) -> None:
    put(own, "one", "two")
    query = """
        SELECT count(*) AS n, sum(id) AS total, CAST(sum(id) AS BIGINT) AS small, CAST(1.5 AS DECIMAL(18, 12)) AS share,
               sum(CAST(0.25 AS DECIMAL(18, 2))) AS shares, avg(CAST(id AS DOUBLE PRECISION)) AS mean, max(id) AS last
        FROM raw.words
    """
    rows = own.read(query)
    decimals = {"total": "decimal128(38, 0)", "share": "decimal128(18, 12)", "shares": "decimal128(38, 2)"}
    types = {"n": "int64", "small": "int64", "mean": "double", "last": "int64"} | decimals
    assert {column.name: str(column.type) for column in rows.schema} == types
    assert list(map(float, rows.to_pylist()[0].values())) == [2, 3, 3, 1.5, 0.5, 1.5, 2]


# Writing


def test_columns_are_matched_by_name(warehouse: Warehouse) -> None:
    warehouse.append(WORDS, pa.table({"word": ["one"], "id": pa.array([1], pa.int64())}))
    warehouse.append(WORDS, pa.table({"id": pa.array([2], pa.int64())}))
    assert words(warehouse) == {1: "one", 2: None}


def test_an_unknown_column_is_refused_and_nothing_is_written(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError):
        warehouse.append(WORDS, pa.table({"id": pa.array([1], pa.int64()), "mood": ["wistful"]}))
    with pytest.raises(WarehouseError):
        warehouse.upsert(WORDS, pa.table({"id": pa.array([1], pa.int64()), "mood": ["wistful"]}))
    assert words(warehouse) == {}


def test_chunks_and_slices(warehouse: Warehouse) -> None:
    rows = pa.concat_tables([some("one", "two").slice(1), some("three", first_id=3)])
    warehouse.append(WORDS, rows)
    assert words(warehouse) == {2: "two", 3: "three"}


def test_blocks_are_appended_as_they_are_made(warehouse: Warehouse) -> None:
    made = (some(f"word {number}", first_id=number).select(["word", "id"]) for number in range(1, 4))
    with warehouse.transaction():
        warehouse.append_blocks(WORDS, made)
        warehouse.append_blocks(WORDS, iter(()))
    assert words(warehouse) == {1: "word 1", 2: "word 2", 3: "word 3"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_cannot_be_made(warehouse: Warehouse, error: type[BaseException]) -> None:
    def made() -> Iterator[pa.Table]:
        yield some("one")
        yield some("two", first_id=2)
        raise error("half-way")

    with pytest.raises(error, match="half-way"), warehouse.transaction():
        warehouse.append_blocks(WORDS, made())
    assert not words(warehouse)


def test_upsert_puts_rows_in_place_of_those_with_their_key(warehouse: Warehouse) -> None:
    put(warehouse, "one", "two")
    warehouse.upsert(WORDS, some("TWO", "THREE", first_id=2))
    warehouse.upsert(WORDS, some("TWO", "THREE", first_id=2))
    assert words(warehouse) == {1: "one", 2: "TWO", 3: "THREE"}


def test_upsert_with_a_key_of_several_columns_and_nulls(warehouse: Warehouse) -> None:
    def rows(count: int) -> pa.Table:
        return PAIRS.rows(
            [{"a": 1, "b": "x", "n": count}, {"a": 1, "b": None, "n": count}, {"a": 2, "b": "", "n": count}]
        )

    for count in (1, 2):
        warehouse.upsert(PAIRS, rows(count))
    assert sorted(map(str, warehouse.read("SELECT * FROM ops.pairs").to_pylist())) == sorted(
        map(str, rows(2).to_pylist())
    )


def test_upsert_of_one_row_with_nulls(warehouse: Warehouse) -> None:
    for number in (1, None, 2):
        warehouse.upsert(PAIRS, PAIRS.rows([{"a": 1, "b": None, "n": number}]))
    assert warehouse.read("SELECT a, b, n FROM ops.pairs").to_pylist() == [{"a": 1, "b": None, "n": 2}]


def test_a_key_that_comes_twice_is_refused_and_nothing_is_written(warehouse: Warehouse) -> None:
    put(warehouse, "one")
    with pytest.raises(WarehouseError, match=r"two rows for raw.words have the same key {'id': 2}"):
        warehouse.upsert(WORDS, pa.concat_tables([some("ONE"), some("two", first_id=2), some("TWO", first_id=2)]))
    with pytest.raises(WarehouseError, match="two rows for ops.pairs have the same key"):
        warehouse.upsert(PAIRS, PAIRS.rows([{"a": 1, "n": 1}, {"a": 1, "n": 2}]))
    with pytest.raises(WarehouseError, match="lack id, which is part of its key"):
        warehouse.upsert(WORDS, pa.table({"word": ["one"]}))
    assert words(warehouse) == {1: "one"}


def test_values_of_another_type_fit_or_are_refused(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError):
        warehouse.append(PAIRS, pa.table({"n": pa.array([2**40], pa.int64())}))
    warehouse.append(PAIRS, pa.table({"n": pa.array([7], pa.int64()), "b": pa.array(["x"]).dictionary_encode()}))
    assert warehouse.read("SELECT n, b FROM ops.pairs").to_pylist() == [{"n": 7, "b": "x"}]


def test_replace_leaves_only_what_comes(warehouse: Warehouse) -> None:
    put(warehouse, "one", "two")
    warehouse.replace(WORDS, some("seven", first_id=7))
    assert words(warehouse) == {7: "seven"}
    warehouse.replace(WORDS, WORDS.columns.empty_table())
    assert words(warehouse) == {}


def test_rows_that_a_condition_names_are_removed(warehouse: Warehouse) -> None:
    put(warehouse, "one", "two", "three")
    warehouse.remove(WORDS, "id < 3 AND word IN (SELECT word FROM raw.words WHERE word LIKE 't%')")
    assert words(warehouse) == {1: "one", 3: "three"}
    with warehouse.transaction():
        put(warehouse, "four", first_id=4)
        warehouse.remove(WORDS, "id >= 3")
        put(warehouse, "five", first_id=5)
    assert words(warehouse) == {1: "one", 5: "five"}
    with pytest.raises(ValueError, match="after all"), warehouse.transaction():
        warehouse.remove(WORDS, "1 = 1")
        raise ValueError("after all")
    assert words(warehouse) == {1: "one", 5: "five"}


def test_writing_nothing_changes_nothing(warehouse: Warehouse) -> None:
    put(warehouse, "one")
    warehouse.append(WORDS, WORDS.columns.empty_table())
    warehouse.upsert(WORDS, WORDS.columns.empty_table())
    assert words(warehouse) == {1: "one"}


def test_space_of_removed_rows_can_be_reclaimed(warehouse: Warehouse) -> None:
    put(warehouse, *("word" * 50 for _ in range(2_000)))
    warehouse.remove(WORDS, "id > 3")
    before, after = warehouse.reclaim([WORDS])
    assert before >= after >= 0
    put(warehouse, "four", first_id=4)
    assert list(words(warehouse)) == [1, 2, 3, 4]


# Transactions


def test_a_transaction_happens_as_a_whole(warehouse: Warehouse) -> None:
    with warehouse.transaction():
        put(warehouse, "one")
        warehouse.upsert(WORDS, some("ONE"))
        warehouse.ensure([EVERYTHING])
    assert words(warehouse) == {1: "ONE"}
    assert warehouse.exists("raw", "everything")


def test_a_transaction_sees_itself(warehouse: Warehouse, request: pytest.FixtureRequest) -> None:
    if "dlt" in request.node.callspec.id:  # its rows are in the tables when it has ended only
        request.applymarker(pytest.mark.xfail(raises=WarehouseError, reason="it says so, and names the table"))
    with warehouse.transaction():
        put(warehouse, "one")
        warehouse.upsert(WORDS, some("ONE"))
        assert words(warehouse) == {1: "ONE"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_or_not_at_all(warehouse: Warehouse, error: type[BaseException]) -> None:
    put(warehouse, "one")
    with pytest.raises(error), warehouse.transaction():
        put(warehouse, "two", first_id=2)
        warehouse.replace(PAIRS, PAIRS.rows([{"a": 1}]))
        raise error
    assert words(warehouse) == {1: "one"}
    assert warehouse.read("SELECT * FROM ops.pairs").num_rows == 0
    put(warehouse, "two", first_id=2)
    assert words(warehouse) == {1: "one", 2: "two"}


def test_a_statement_that_is_refused_undoes_its_transaction(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError), warehouse.transaction():
        put(warehouse, "one")
        warehouse.read("SELECT * FROM raw.nothing")
    assert words(warehouse) == {}


def test_an_inner_transaction_is_part_of_the_outer_one(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="after all"), warehouse.transaction():
        with warehouse.transaction():
            put(warehouse, "one")
        warehouse.replace(WORDS, some("two", first_id=2))
        raise ValueError("after all")
    assert words(warehouse) == {}
    with pytest.raises(ValueError, match="inside"), warehouse.transaction():
        put(warehouse, "one")
        with warehouse.transaction():
            raise ValueError("inside")
    assert words(warehouse) == {}


def test_a_killed_process_leaves_nothing_half_written(url: str) -> None:
    with connect(url) as warehouse:
        warehouse.ensure([WORDS])
        put(warehouse, "one")
    command = [sys.executable, "-c", WRITE_TWO + DIE_WRITING, url]
    assert subprocess.run(command, env=environment(), check=False).returncode == -signal.SIGKILL
    with connect(url) as warehouse:
        assert words(warehouse) == {1: "one", 2: "two"}


def test_what_was_written_is_there_when_it_is_opened_again(url: str) -> None:
    with connect(url) as warehouse:
        warehouse.ensure([WORDS])
        put(warehouse, "one")
    with connect(url, read_only=True) as warehouse:
        assert words(warehouse) == {1: "one"}


# One writer


def test_another_writer_is_refused_and_may_write_afterwards(own_url: str, own: Warehouse) -> None:
    command = [sys.executable, "-c", WRITE_TWO, own_url]
    done = subprocess.run(command, env=environment(), check=False, capture_output=True)
    assert (done.returncode, b"WarehouseBusyError" in done.stderr) == (1, True), done.stderr
    put(own, "one")
    own.close()
    subprocess.run(command, env=environment(), check=True)
    with connect(own_url, read_only=True) as reader:
        assert words(reader) == {1: "one", 2: "two"}


def test_opened_and_closed_in_a_row(own_url: str) -> None:
    for number in range(20):
        with connect(own_url) as warehouse:
            warehouse.ensure([WORDS])
            put(warehouse, "again", first_id=number)
    with connect(own_url, read_only=True) as reader:
        assert list(words(reader)) == list(range(20))


def test_a_reader_cannot_write(own_url: str) -> None:
    with connect(own_url) as warehouse:
        warehouse.ensure([WORDS])
    with connect(own_url, read_only=True) as reader:
        for write in (reader.append, reader.upsert, reader.replace):
            with pytest.raises(WarehouseError, match="read-only"):
                write(WORDS, some("one"))
        assert words(reader) == {}


# Publishing


def published(url: str) -> dict[int, str]:
    """What somebody who comes now reads."""
    with connect_published(url) as reader:
        return published_words(reader)


def published_words(reader: Warehouse) -> dict[int, str]:
    rows = reader.read(f"SELECT id, word FROM {reader.schema('raw')}.words ORDER BY id").to_pylist()
    return {row["id"]: row["word"] for row in rows}


def test_nothing_published_is_an_error_that_says_what_to_do(own_url: str, own: Warehouse) -> None:
    assert own.schema("raw") == "raw"
    with pytest.raises(PermanentError, match="nothing was published .* yet; a good `ritournelle run` does it"):
        connect_published(own_url)


def test_readers_see_the_last_publication_while_the_writer_goes_on(own_url: str, own: Warehouse) -> None:
    put(own, "one")
    own.publish(["raw", "ops"], "first")
    put(own, "two", first_id=2)
    assert published(own_url) == {1: "one"}
    with connect_published(own_url) as reader:
        assert reader.exists(reader.schema("raw"), "words") and reader.exists(reader.schema("ops"), "pairs")
        assert not reader.exists(reader.schema("raw"), "pairs")
    own.publish(["raw", "ops"], "second")
    assert published(own_url) == {1: "one", 2: "two"}


def test_a_reader_keeps_the_version_that_it_opened(own_url: str, own: Warehouse) -> None:
    put(own, "one")
    own.publish(["raw"], "first")
    with connect_published(own_url) as reader:
        for version in ("second", "third"):
            put(own, version, first_id=len(words(own)) + 1)
            own.publish(["raw"], version)
        assert published_words(reader) == {1: "one"}
    assert published(own_url) == {1: "one", 2: "second", 3: "third"}


def test_the_same_version_can_be_published_again(own_url: str, own: Warehouse) -> None:
    own.publish(["raw"], "first")
    put(own, "one")
    own.publish(["raw"], "first")
    assert published(own_url) == {1: "one"}


def test_a_publication_cannot_be_written(own_url: str, own: Warehouse) -> None:
    own.publish(["raw"], "first")
    with connect_published(own_url) as reader:
        there = Table(reader.schema("raw"), "words", WORDS.columns, WORDS.key)
        with pytest.raises(WarehouseError, match="read-only"):
            reader.append(there, some("one"))


def words_named(word: str) -> Doomed:
    """The rows of `raw.words` that hold a word, whatever the schema is called."""

    def doomed(read: Callable[[str], pa.Table], schema: str, name: str) -> str:
        columns = read(f"SELECT * FROM {schema}.{name} LIMIT 0").column_names
        return f"coalesce(word = '{word}', FALSE)" if "word" in columns else ""

    return doomed


def test_rows_leave_every_publication_for_good(own_url: str, own: Warehouse) -> None:
    own.append(WORDS, some("one", "gone", "three"))
    own.append(PAIRS, PAIRS.rows([{"a": 1, "b": "x", "n": 2}]))
    own.publish(["raw", "ops"], "first")
    before = published(own_url)
    assert own.count_published(words_named("gone")) == 1
    assert own.erase_published(words_named("gone")) == 1
    assert own.count_published(words_named("gone")) == own.erase_published(words_named("gone")) == 0
    assert published(own_url) == {key: word for key, word in before.items() if word != "gone"}
    assert "gone" in words(own).values()  # what is worked on is somebody else's to erase
    with connect_published(own_url) as reader:
        pairs = reader.read(f"SELECT n FROM {reader.schema('ops')}.pairs")
        assert pairs.to_pylist() == [{"n": 2}]
    own.publish(["raw", "ops"], "second")
    assert "gone" in published(own_url).values()


def test_a_reader_is_not_in_the_way_of_erasing(own_url: str, own: Warehouse) -> None:
    own.append(WORDS, some("one", "gone"))
    own.publish(["raw"], "first")
    with connect_published(own_url) as reader:
        assert own.erase_published(words_named("gone")) == 1
        assert "one" in published_words(reader).values()
    assert list(published(own_url).values()) == ["one"]


def test_nothing_is_published_and_nothing_has_to_be_erased(own: Warehouse) -> None:
    assert own.count_published(words_named("x")) == own.erase_published(words_named("x")) == 0


def test_scrubbing_keeps_what_is_there(own: Warehouse) -> None:
    own.append(WORDS, some("one", "gone", "three"))
    own.remove(WORDS, "word = 'gone'")
    kept = words(own)
    own.scrub([WORDS])
    assert words(own) == kept
    own.append(WORDS, WORDS.rows([{"id": 99, "word": "later"}]))
    assert words(own)[99] == "later"
