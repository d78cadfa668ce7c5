"""What is particular to DuckDB: one file, one writing process; the rest is in `tests/contract/test_warehouse.py`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Timer

import duckdb
import pyarrow as pa
import pytest

import ritournelle
from ritournelle.errors import SettingsError, TransientError, WarehouseBusyError, WarehouseError
from ritournelle.warehouse import duckdb_storing
from ritournelle.warehouse.base import Table
from ritournelle.warehouse.connect import connect, duckdb_path
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import SRC_TRACKS, TABLES

WORDS = Table("raw", "words", pa.schema([("id", pa.int64()), ("word", pa.string())]), key=("id",))
HOLD = """
import sys, time
from ritournelle.warehouse.connect import connect
with connect(sys.argv[1], read_only=sys.argv[2] == "read"):
    print("open", flush=True)
    time.sleep(60)
"""


def url(path: Path) -> str:
    return f"duckdb:///{path}"


@contextmanager
def opened_elsewhere(path: Path, mode: str) -> Iterator[None]:
    """Another process has the file open, to `read` or to `write`."""
    source = str(Path(ritournelle.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url(path), mode], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": source}
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "open\n"
            yield
        finally:
            process.kill()


@pytest.fixture(name="path")
def filled_warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "warehouse.duckdb"
    with connect(url(path)) as warehouse:
        warehouse.ensure([WORDS])
        warehouse.append(WORDS, WORDS.rows([{"id": 1, "word": "refrain"}]))
    return path


def test_a_writer_elsewhere_makes_it_busy(path: Path) -> None:
    with opened_elsewhere(path, "write"):
        for read_only in (False, True):
            with pytest.raises(
                WarehouseBusyError, match="is open in another process; wait for it or stop it"
            ) as caught:
                connect(url(path), read_only=read_only)
            assert isinstance(caught.value, TransientError)
            assert str(path) in str(caught.value)


def test_readers_share_it_and_keep_a_writer_out(path: Path) -> None:
    with opened_elsewhere(path, "read"):
        with connect(url(path), read_only=True) as warehouse:
            assert warehouse.read("SELECT word FROM raw.words")["word"].to_pylist() == ["refrain"]
        with pytest.raises(WarehouseBusyError):
            connect(url(path))


def test_a_writer_waits_for_a_reader_who_only_looks(path: Path) -> None:
    look = opened_elsewhere(path, "read")
    look.__enter__()  # pylint: disable=unnecessary-dunder-call  # it ends in another thread
    ending = Timer(0.2, look.__exit__, (None, None, None))
    ending.start()
    with connect(url(path)) as warehouse:
        assert warehouse.exists("raw", "words")
    ending.join()


def test_a_reader_cannot_write(path: Path) -> None:
    with connect(url(path), read_only=True) as warehouse:
        with pytest.raises(WarehouseError, match="read-only"):
            warehouse.append(WORDS, WORDS.rows([{"id": 2}]))


# A folder called `clock`: its name is part of the engine's messages and must not be taken for a lock.


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "clock" / "absent.duckdb"
    path.parent.mkdir()
    with pytest.raises(WarehouseError, match="cannot be opened.*does not exist"):
        connect(url(path), read_only=True)


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "clock.duckdb"
    path.write_bytes(b"no warehouse at all" * 1000)
    with pytest.raises(WarehouseError, match="cannot be opened.*not a valid DuckDB database"):
        connect(url(path))


def test_a_view_exists_like_a_table(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE VIEW raw.first_words AS SELECT word FROM raw.words")
    with connect(url(path), read_only=True) as warehouse:
        assert warehouse.exists("raw", "first_words")


def test_urls() -> None:
    assert duckdb_path("duckdb:////data/music.duckdb") == Path("/data/music.duckdb")
    assert duckdb_path("postgresql://localhost/music") is None
    with pytest.raises(SettingsError, match="no driver for 'mysql' in this version; use duckdb:///"):
        connect("mysql://localhost/music")


def test_the_url_of_an_open_warehouse_names_its_file(path: Path) -> None:
    with connect(url(path)) as warehouse:
        assert warehouse.url == url(path)
        assert duckdb_path(warehouse.url) == path


def test_what_is_refused_is_quoted_in_short() -> None:
    with DuckDBWarehouse(Path(":memory:")) as warehouse:
        with pytest.raises(WarehouseError, match=r"the warehouse refused `SELECT nothing AS x`: Binder Error"):
            warehouse.read("SELECT\n   nothing AS x")
        with pytest.raises(WarehouseError, match=r"`SELECT 1 \+ 1 \+ [1 +]*…`"):
            warehouse.read("SELECT 1" + " + 1" * 100 + " FROM nowhere")


def test_an_interrupted_query_is_an_interruption(path: Path) -> None:
    interrupt = Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    with DuckDBWarehouse(path) as warehouse:
        interrupt.start()
        with pytest.raises(KeyboardInterrupt):
            warehouse.read("SELECT sum(sin(range)) AS s FROM range(100_000_000_000)")
        assert warehouse.read("SELECT 1 AS one")["one"].to_pylist() == [1]


def test_every_table_of_the_platform_can_be_made_and_has_its_key() -> None:
    assert len({str(table) for table in TABLES}) == len(TABLES)
    with DuckDBWarehouse(Path(":memory:")) as warehouse:
        warehouse.ensure(TABLES)
        for table in TABLES:
            assert set(table.key) <= set(table.columns.names), table
            assert warehouse.read(f"SELECT * FROM {table}").schema.names == table.columns.names


def words(count: int) -> pa.Table:
    return pa.table({"id": pa.array(range(count), pa.int64()), "word": pa.array(["refrain", "couplet"] * (count // 2))})


@pytest.mark.parametrize("fails_before", [False, True])
def test_only_the_transaction_that_appends_much_does_without_dictionaries(path: Path, fails_before: bool) -> None:
    with DuckDBWarehouse(path) as warehouse:
        warehouse.ensure([WORDS])
        with pytest.raises(ZeroDivisionError) if fails_before else nullcontext(), warehouse.transaction():
            warehouse.append(WORDS, words(40_000))
            assert "dictionary" in disabled(warehouse)
            if fails_before:
                raise ZeroDivisionError
        with warehouse.transaction():
            assert "dictionary" not in disabled(warehouse)
            warehouse.append(WORDS, words(4))
            assert "dictionary" not in disabled(warehouse)
        kept = warehouse.read("SELECT count(*) AS n FROM raw.words WHERE word IN ('refrain', 'couplet')")
        assert kept["n"][0].as_py() == (5 if fails_before else 40_005)  # one was there


def disabled(warehouse: DuckDBWarehouse) -> str:
    found = warehouse.read("SELECT lower(current_setting('disabled_compression_methods')::VARCHAR) AS names")
    return str(found["names"][0].as_py())


def test_a_new_file_may_become_large_at_once_and_a_small_one_is_known_to_be_small(tmp_path: Path) -> None:
    for expected in (False, True):
        with DuckDBWarehouse(tmp_path / "warehouse.duckdb") as warehouse:
            assert ("fsst" in disabled(warehouse)) is expected
            warehouse.ensure([WORDS])


@pytest.mark.parametrize(
    ("small_bytes", "way"),
    [(64_000_000, "Uncompressed"), (0, "FSST"), (1_700_000, "FSST")],
    ids=["small", "large", "large when half of it is written"],
)
def test_texts_are_stored_as_their_table_and_the_size_of_the_file_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_bytes: int, way: str
) -> None:
    """A block with one long text is not compressed, and nothing is lost."""
    monkeypatch.setattr(duckdb_storing, "_SMALL_BYTES", small_bytes)
    ids = pa.array(range(40_000), pa.int64())
    names = pa.array(["é" * 5000 if number == 7 else f"track {number}" for number in range(len(ids))])
    with connect(url(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.ensure([SRC_TRACKS])
        rows = pa.table({"id": ids, "name": names, "album": names.slice(8, 1).take([0] * len(ids)), "run_id": names})
        assert rows.slice(0, 30_000).nbytes < 1_700_000 < rows.nbytes
        with warehouse.transaction():
            warehouse.append_blocks(SRC_TRACKS, [rows.slice(0, 30_000), rows.slice(30_000)])
        stored = warehouse.read(
            "SELECT column_name, compression FROM pragma_storage_info('raw.src_tracks') WHERE segment_type <> 'VALIDITY'"
        ).to_pylist()
        back = warehouse.read("SELECT id, name, album, run_id FROM raw.src_tracks ORDER BY id")
        after = warehouse.read("SELECT current_setting('force_compression') AS way")["way"][0].as_py()
    assert back.equals(rows)
    assert {row["compression"] for row in stored if row["column_name"] == "album"} == {way}
    assert after.lower() == "auto"


@pytest.mark.parametrize("table", [WORDS, SRC_TRACKS], ids=["nothing known of its texts", "outside a transaction"])
def test_nothing_is_forced_that_nobody_sets_back(path: Path, monkeypatch: pytest.MonkeyPatch, table: Table) -> None:
    monkeypatch.setattr(duckdb_storing, "_SMALL_BYTES", 100_000)
    ids = pa.array(range(40_000), pa.int64())
    with connect(url(path)) as warehouse:
        warehouse.ensure([table])
        with warehouse.transaction() if table is WORDS else nullcontext():
            warehouse.append_blocks(table, [pa.table({"id": ids}), pa.table({"id": ids})])
            asked = warehouse.read("SELECT lower(current_setting('force_compression')) AS way")
    assert asked["way"][0].as_py() == "auto"


def test_a_table_of_a_type_that_python_writes_nowhere(tmp_path: Path) -> None:
    odd = Table("raw", "odd", pa.schema([("order", pa.list_(pa.int64())), ("n", pa.int16())]), key=("n",))
    with connect(url(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.ensure([odd])
        warehouse.append(odd, odd.rows([{"order": [1, 2], "n": 3}]))
        assert warehouse.read('SELECT "order", n FROM raw.odd').to_pylist() == [{"order": [1, 2], "n": 3}]
