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
from ritournelle.errors import WarehouseError
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.connect import connect

WAREHOUSES: dict[str, Callable[[Path], str]] = {"duckdb": lambda folder: f"duckdb:///{folder}/warehouse.duckdb"}
"""For each engine, the URL of an empty warehouse; `folder` is one that the test may use."""

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


@pytest.fixture(name="url", params=WAREHOUSES)
def empty_warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return WAREHOUSES[request.param](tmp_path)


@pytest.fixture(name="warehouse")
def open_warehouse(url: str) -> Iterator[Warehouse]:
    with connect(url) as warehouse:
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


@pytest.mark.parametrize("query", ["SELECT * FROM raw.nothing", "SELEC 1", "SELECT missing FROM raw.words"])
def test_a_query_that_is_refused(warehouse: Warehouse, query: str) -> None:
    with pytest.raises(WarehouseError, match="refused"):
        warehouse.read(query)
    assert words(warehouse) == {}


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


def test_replace_leaves_only_what_comes(warehouse: Warehouse) -> None:
    put(warehouse, "one", "two")
    warehouse.replace(WORDS, some("seven", first_id=7))
    assert words(warehouse) == {7: "seven"}
    warehouse.replace(WORDS, WORDS.columns.empty_table())
    assert words(warehouse) == {}


def test_writing_nothing_changes_nothing(warehouse: Warehouse) -> None:
    put(warehouse, "one")
    warehouse.append(WORDS, WORDS.columns.empty_table())
    warehouse.upsert(WORDS, WORDS.columns.empty_table())
    assert words(warehouse) == {1: "one"}


# Transactions


def test_a_transaction_happens_as_a_whole(warehouse: Warehouse) -> None:
    with warehouse.transaction():
        put(warehouse, "one")
        warehouse.upsert(WORDS, some("ONE"))
        assert words(warehouse) == {1: "ONE"}  # it sees itself
        warehouse.ensure([EVERYTHING])
    assert words(warehouse) == {1: "ONE"}
    assert warehouse.exists("raw", "everything")


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
    script = (
        "import os, signal, sys\nimport pyarrow as pa\nfrom ritournelle.warehouse.base import Table\n"
        "from ritournelle.warehouse.connect import connect\n"
        "words = Table('raw', 'words', pa.schema([('id', pa.int64()), ('word', pa.string())]), key=('id',))\n"
        "warehouse = connect(sys.argv[1])\n"
        "warehouse.append(words, words.rows([{'id': 2, 'word': 'two'}]))\n"
        "with warehouse.transaction():\n"
        "    warehouse.upsert(words, words.rows([{'id': n, 'word': 'half'} for n in range(50_000)]))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    source = str(Path(ritournelle.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", script, url], env={"PYTHONPATH": source}, check=False)
    assert done.returncode == -signal.SIGKILL
    with connect(url) as warehouse:
        assert words(warehouse) == {1: "one", 2: "two"}


def test_what_was_written_is_there_when_it_is_opened_again(url: str) -> None:
    with connect(url) as warehouse:
        warehouse.ensure([WORDS])
        put(warehouse, "one")
    with connect(url, read_only=True) as warehouse:
        assert words(warehouse) == {1: "one"}
