"""Warehouses behind dlt, as far as no account is needed: addresses, the statements each engine gets, and discretion.

That these statements do what they should is shown by `tests/contract/test_warehouse.py`, on DuckDB and PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlglot
from google.api_core.exceptions import NotFound
from sqlglot import exp

from ritournelle.errors import PermanentError, SettingsError, WarehouseError
from ritournelle.transform.pii_key import PII_KEY, keep_key
from ritournelle.transform.profile import profile_of
from ritournelle.transform.session import DbtSettings
from ritournelle.warehouse.base import Table
from ritournelle.warehouse.connect import connect, connect_published, place
from ritournelle.warehouse.dlt import ROWS_PER_PACKAGE, DltWarehouse
from ritournelle.warehouse.dlt_address import dlt_address, is_dlt
from ritournelle.warehouse.dlt_engines import BigQuery, DuckDB, Engine, Redshift
from ritournelle.warehouse.statements import formatted, quoting_schema
from ritournelle.warehouse.tables import TABLES

ENGINES = {"duckdb": DuckDB(), "postgres": Engine(), "redshift": Redshift(), "bigquery": BigQuery()}
PAIRS = Table("raw", "pairs", pa.schema([("a", pa.int32()), ("b", pa.string()), ("n", pa.int64())]), key=("a", "b"))
WORDS = Table("raw", "words", pa.schema([("id", pa.int64()), ("word", pa.string())]), key=("id",))


# Addresses


def test_bigquery_is_a_project_and_a_dataset_for_what_comes_in() -> None:
    address = dlt_address("bigquery://my-project/music?location=EU")
    assert (str(address), address.incoming, address.file_format) == (
        "bigquery://my-project/music",
        "music_incoming",
        "parquet",
    )
    profile = profile_of("bigquery://my-project/music?location=EU", threads=4, pii_key="key")
    assert (profile.target, profile.key_in_table) == ("bigquery", True)
    assert set(profile.environment.values()) == {"my-project", "music", "EU", "4"}


def test_redshift_takes_parquet_only_where_it_can_be_staged() -> None:
    url = "redshift://loader:p%40ss@cluster.example.com/music"
    assert dlt_address(url).file_format == "insert_values"
    staged = dlt_address(f"{url}?staging=s3://bucket/prefix")
    assert (staged.file_format, staged.staging is not None) == ("parquet", True)
    environment = profile_of(url, threads=4, pii_key="key").environment
    assert environment["RITOURNELLE_TRANSFORM_REDSHIFT_PORT"] == "5439"
    assert environment["DBT_ENV_SECRET_RITOURNELLE_REDSHIFT_PASSWORD"] == "p@ss"


@pytest.mark.parametrize(
    "url, missing",
    [
        ("bigquery://project", "project/dataset"),
        ("bigquery:///dataset", "project/dataset"),
        ("bigquery://project/one/two", "project/dataset"),
        ("redshift://cluster/music", "user, password"),
        ("redshift://loader:secret-word@cluster", "database"),
        ("redshift://loader:secret-word@cluster:port/music", "port"),
    ],
)
def test_an_address_that_lacks_something(url: str, missing: str) -> None:
    with pytest.raises(SettingsError, match=missing) as error:
        dlt_address(url)
    assert "secret-word" not in str(error.value)


def test_no_password_is_shown() -> None:
    url = "redshift://loader:secret-word@cluster:5439/music?staging=s3://bucket"
    assert place(url) == "redshift://cluster:5439/music"
    assert not any(
        "secret-word" in text for text in (repr(dlt_address(url)), repr(profile_of(url, threads=1, pii_key="k")))
    )
    assert is_dlt(url) and not is_dlt("postgresql://a:b@c/d") and not is_dlt("duckdb:///x")


# Queries


def test_placeholders_of_drivers_that_format() -> None:
    query = "SELECT '?%' AS a, b % 2 FROM t WHERE c = ? -- ?\n AND d LIKE 'x%'"
    assert formatted(query) == "SELECT '?%%' AS a, b %% 2 FROM t WHERE c = %s -- ?\n AND d LIKE 'x%%'"
    assert formatted(query) % ("1",) == query.replace("c = ?", "c = 1")


def test_the_reserved_word_raw_is_quoted_where_it_is_a_schema() -> None:
    query = "SELECT 'raw.x', \"raw\".y, raw_id, t.raw.z FROM raw.src_users WHERE raw.src_users.id = ?"
    expected = 'SELECT \'raw.x\', "raw".y, raw_id, t.raw.z FROM "raw".src_users WHERE "raw".src_users.id = ?'
    assert quoting_schema(query, "raw") == expected
    assert (
        Redshift()
        .query("SELECT id FROM raw.src_users WHERE id = ?", [1])
        .endswith('FROM "raw".src_users WHERE id = %s')
    )


# Statements


@pytest.mark.parametrize("engine", ENGINES)
def test_what_an_engine_is_told_is_its_language(engine: str) -> None:
    speaker = ENGINES[engine]
    incoming = speaker.place("music_incoming", "rows_1")
    statements = [speaker.create_schema("raw"), speaker.delete_all(PAIRS), speaker.insert(PAIRS, ["b", "a"], incoming)]
    statements += [speaker.create_table(table) for table in (*TABLES, PII_KEY)]
    statements += [speaker.add_column(table, table.columns.field(0)) for table in TABLES]
    for with_nulls in (True, False):
        statements += speaker.delete_same(PAIRS, ["b", "a", "n"], incoming, with_nulls=with_nulls)
    for statement in statements:
        (tree,) = sqlglot.parse(statement, dialect=engine)
        assert tree is not None and not isinstance(tree, exp.Command), statement


def test_rows_are_moved_by_name_and_cast_to_the_tables_types() -> None:
    assert BigQuery().insert(PAIRS, ["b", "a"], "`in`.`rows_1`") == (
        "INSERT INTO `raw`.`pairs` (`b`, `a`) SELECT CAST(c0 AS STRING), CAST(c1 AS INT64) FROM `in`.`rows_1`"
    )
    assert "CAST(c0 AS varchar(65535))" in Redshift().insert(PAIRS, ["b"], "x")


def test_bigquery_finds_keys_by_one_text_that_holds_nulls() -> None:
    (statement,) = BigQuery().delete_same(PAIRS, ["b", "a"], "`in`.`rows_1`", with_nulls=True)
    assert statement == (
        "DELETE FROM `raw`.`pairs` WHERE TO_JSON_STRING([CAST(`a` AS STRING), CAST(`b` AS STRING)]) IN (SELECT "
        "TO_JSON_STRING([CAST(CAST(c1 AS INT64) AS STRING), CAST(CAST(c0 AS STRING) AS STRING)]) FROM `in`.`rows_1`)"
    )


def test_a_type_that_no_table_is_made_with() -> None:
    odd = Table("raw", "odd", pa.schema([("things", pa.list_(pa.int64()))]), key=())
    with pytest.raises(WarehouseError, match="raw.odd.things"):
        Redshift().create_table(odd)


@dataclass
class FakeBigQuery:
    """dlt's client for BigQuery with as much as publications ask of it: datasets of tables, and a list of statements."""

    datasets: dict[str, dict[str, str]]
    told: list[str] = field(default_factory=list)

    @property
    def native_connection(self) -> FakeBigQuery:
        """Google's client: the same."""
        return self

    def list_tables(self, dataset: str) -> list[Any]:
        """As Google's."""
        if dataset not in self.datasets:
            raise NotFound(dataset)
        return [FakeTable(name, kind) for name, kind in self.datasets[dataset].items()]

    def execute_sql(self, script: str) -> None:
        """Notes it."""
        self.told.append(script)


@dataclass
class FakeTable:
    """As Google's list names one."""

    table_id: str
    table_type: str


def test_bigquery_writes_in_one_script_and_publishes_by_clones() -> None:
    client = FakeBigQuery(
        {"marts": {"lists": "TABLE", "shown": "VIEW"}, "published_marts": {"lists": "TABLE", "old": "TABLE"}}
    )
    engine = BigQuery()
    engine.execute(client, ["DELETE FROM a WHERE true", "INSERT INTO a (b) SELECT 1"])
    assert client.told.pop() == (
        "BEGIN TRANSACTION;\nDELETE FROM a WHERE true;\nINSERT INTO a (b) SELECT 1;\nCOMMIT TRANSACTION;"
    )
    engine.publish(client, ["marts"])
    made, switched = client.told
    assert made == "CREATE SCHEMA IF NOT EXISTS `published_marts`"
    assert switched == (
        "CREATE OR REPLACE TABLE `published_marts`.`lists` CLONE `marts`.`lists`;\nDROP TABLE `published_marts`.`old`;"
    )
    assert len(sqlglot.parse(switched.rstrip(";"), dialect="bigquery")) == 2
    assert engine.relations(client, "nowhere") == {}


# What dlt leaves behind, and whom it tells


def test_nothing_of_dlt_stays_in_the_warehouse_or_in_the_home_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    url = f"dlt+duckdb:///{tmp_path}/warehouse.duckdb"
    with DltWarehouse(url) as warehouse:
        warehouse.ensure([WORDS])
        warehouse.append(WORDS, WORDS.rows([{"id": 1, "word": "one"}]))
    with DltWarehouse(url, read_only=True) as warehouse:
        query = "SELECT table_schema || '.' || table_name || '.' || column_name AS name FROM information_schema.columns"
        assert sorted(warehouse.read(query)["name"].to_pylist()) == ["raw.words.id", "raw.words.word"]
        with pytest.raises(WarehouseError, match="for reading only"):
            warehouse.replace(WORDS, WORDS.rows([]))
    assert not list((tmp_path / "home").rglob("*"))


def test_a_large_transaction_is_brought_in_piece_by_piece_and_still_all_or_nothing(tmp_path: Path) -> None:
    piece = pa.table({"id": pa.array(range(ROWS_PER_PACKAGE // 2 + 1), pa.int64())})
    with DltWarehouse(f"dlt+duckdb:///{tmp_path}/warehouse.duckdb") as warehouse:
        warehouse.ensure([WORDS])
        with pytest.raises(ValueError, match="after all"), warehouse.transaction():
            for _ in range(3):
                warehouse.append(WORDS, piece)
            raise ValueError("after all")
        assert warehouse.read("SELECT count(*) AS n FROM raw.words")["n"].to_pylist() == [0]
        with warehouse.transaction():
            warehouse.append(WORDS, WORDS.rows([{"id": -1, "word": "gone"}]))
            warehouse.replace(WORDS, piece)
            warehouse.append(WORDS, piece)
            with pytest.raises(WarehouseError, match=r"has written to raw\.words"):
                warehouse.read("SELECT id FROM raw.words")
        found = warehouse.read("SELECT count(*) AS n, count(word) AS w FROM raw.words").to_pylist()
        assert found == [{"n": 2 * piece.num_rows, "w": 0}]


def test_what_is_published_is_read_under_its_own_name(tmp_path: Path) -> None:
    url = f"dlt+duckdb:///{tmp_path}/warehouse.duckdb"
    lists = Table("marts", "lists", WORDS.columns, key=("id",))
    with DltWarehouse(url) as warehouse:
        warehouse.ensure([lists])
        with pytest.raises(PermanentError, match="nothing was published"):
            connect_published(url)
        warehouse.append(lists, lists.rows([{"id": 1}]))
        warehouse.publish(["marts"], "one")
        warehouse.append(lists, lists.rows([{"id": 2}]))
    with connect_published(url) as published:
        assert published.read(f"SELECT id FROM {published.schema('marts')}.lists")["id"].to_pylist() == [1]


# The key of personal data


def test_the_key_is_written_where_the_session_cannot_bring_it_and_nowhere_else(tmp_path: Path) -> None:
    def settings(url: str, key: str) -> DbtSettings:
        return DbtSettings(warehouse_url=url, home=tmp_path, source_time_zone="UTC", half_life_days=90, pii_key=key)

    with connect(f"duckdb:///{tmp_path}/warehouse.duckdb") as warehouse:
        keep_key(warehouse, settings(warehouse.url, "first"))
        assert not warehouse.exists("raw", "pii_key")
        for key in ("first", "first", "second"):
            keep_key(warehouse, settings("bigquery://project/music", key))
            assert warehouse.read("SELECT pii_key FROM raw.pii_key")["pii_key"].to_pylist() == [key]
