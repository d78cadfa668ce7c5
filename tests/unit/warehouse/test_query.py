"""Typed queries: what is asked and what comes back are what was declared, or the error says where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from ritournelle.errors import WarehouseError
from ritournelle.transform.session import PROJECT_FOLDER
from ritournelle.warehouse import tables
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.marts import QUERIES
from ritournelle.warehouse.query import Query

PLAYS = Table("marts", "plays", pa.schema([("id", pa.int64()), ("who", pa.string()), ("n", pa.int64())]), key=("id",))
COLUMNS = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("who", pa.string()), ("n", pa.int32())])
ALL = Query("all_plays", "marts.plays", COLUMNS, "SELECT {columns} FROM {table} ORDER BY id")
SOME = Query(
    "some_plays",
    "marts.plays",
    COLUMNS,
    "SELECT {columns} FROM {table} WHERE id IN (:ids) AND who = :who ORDER BY id",
    {"who": str, "ids": list[int]},
)
DBT_TYPES = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "timestamptz": tables.UTC,
    "double precision": pa.float64(),
    "date": pa.date32(),
}


@pytest.fixture(name="warehouse")
def warehouse_with_plays() -> Iterator[Warehouse]:
    with DuckDBWarehouse(Path(":memory:"), threads=1) as warehouse:
        warehouse.ensure([PLAYS])
        rows = [{"id": 1, "who": "Ada", "n": 10}, {"id": 2, "who": "Bo", "n": 20}, {"id": 3, "who": "Ada", "n": 30}]
        warehouse.append(PLAYS, PLAYS.rows(rows))
        yield warehouse


def refusal(query: Query, warehouse: Warehouse, **parameters: Any) -> str:
    with pytest.raises(WarehouseError) as caught:
        query.run(warehouse, **parameters)
    return str(caught.value)


def reading(expression: str, wanted: pa.DataType, *, nullable: bool = True) -> Query:
    """A query with one column `n` that the warehouse computes."""
    columns = pa.schema([pa.field("n", wanted, nullable=nullable)])
    return Query("computed", "marts.plays", columns, f"SELECT {expression} AS n FROM {{table}} LIMIT 1")


def test_rows_come_in_the_declared_columns_types_and_order(warehouse: Warehouse) -> None:
    rows = ALL.run(warehouse)
    assert rows.schema == COLUMNS
    assert rows.to_pylist()[1] == {"id": 2, "who": "Bo", "n": 20}
    shuffled = Query("shuffled", "marts.plays", COLUMNS, "SELECT n, who, id FROM {marts}.plays ORDER BY id")
    assert shuffled.run(warehouse).equals(rows)


def test_parameters_are_found_by_name_and_lists_are_spread(warehouse: Warehouse) -> None:
    assert SOME.run(warehouse, who="Ada", ids=[3, 1, 2])["id"].to_pylist() == [1, 3]
    assert SOME.run(warehouse, who="Ada", ids=[])["id"].to_pylist() == []
    cast = Query("cast", "marts.plays", COLUMNS, "SELECT {columns} FROM {table} WHERE id::text = :who", {"who": str})
    assert cast.run(warehouse, who="2")["who"].to_pylist() == ["Bo"]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"who": "Ada"}, "takes the parameters ids, who; it was given who"),
        ({"who": "Ada", "ids": [1], "whom": 1}, "it was given ids, who, whom"),
        ({"who": 7, "ids": [1]}, "parameter who: Input should be a valid string, not '7'"),
        ({"who": "Ada", "ids": ["1"]}, "parameter ids: Input should be a valid integer, not '1'"),
        ({"who": "Ada", "ids": [True]}, "parameter ids: Input should be a valid integer"),
    ],
)
def test_wrong_parameters_are_refused_before_the_warehouse_is_asked(
    parameters: dict[str, Any], told: str, warehouse: Warehouse
) -> None:
    message = refusal(SOME, warehouse, **parameters)
    assert "query some_plays" in message and told in message


def test_a_renamed_column_is_named_with_those_that_are_there(warehouse: Warehouse) -> None:
    warehouse.replace(PLAYS, PLAYS.columns.empty_table())
    renamed = Table("marts", "renamed", pa.schema([("id", pa.int64()), ("whom", pa.string()), ("n", pa.int64())]), ())
    warehouse.ensure([renamed])
    message = refusal(Query("renamed", "marts.renamed", COLUMNS), warehouse)
    for part in ("query renamed on marts.renamed", "expected who (string)", "found id, whom, n", "transform"):
        assert part in message


def test_missing_and_additional_columns_of_a_free_query_are_refused(warehouse: Warehouse) -> None:
    for sql in (
        "SELECT id, who FROM {table}",
        "SELECT *, 1 AS more FROM {table}",
        "SELECT id, id, who, n FROM {table}",
    ):
        assert "expected id, who, n; found" in refusal(Query("free", "marts.plays", COLUMNS, sql), warehouse)


def test_a_table_that_is_not_there_is_named_with_what_builds_it(warehouse: Warehouse) -> None:
    message = refusal(Query("absent", "marts.absent", COLUMNS), warehouse)
    assert "marts.absent cannot be read" in message and "ritournelle run" in message


def test_what_is_wrong_with_the_sql_itself_is_passed_on(warehouse: Warehouse) -> None:
    message = refusal(Query("typo", "marts.plays", COLUMNS, "SELECT {columns} FORM {table}"), warehouse)
    assert "query typo" in message and "syntax error" in message


@pytest.mark.parametrize(
    ("expression", "wanted", "value"),
    [
        ("sum(n)", pa.int64(), 60),  # 128 bits in DuckDB, a decimal in PostgreSQL
        ("CAST(2.5 AS DECIMAL(18, 3))", pa.float64(), 2.5),
        ("CAST(7 AS DOUBLE)", pa.int64(), 7),
        ("CAST(7 AS BIGINT)", pa.float64(), 7.0),
    ],
)
def test_engines_may_widen_what_keeps_its_value(
    expression: str, wanted: pa.DataType, value: object, warehouse: Warehouse
) -> None:
    rows = reading(expression, wanted).run(warehouse)
    assert (rows.schema.field("n").type, rows["n"].to_pylist()) == (wanted, [value])


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("3000000000", pa.int32()),
        ("2.5", pa.int64()),
        ("CAST('7' AS VARCHAR)", pa.int64()),
        ("CAST(7 AS BIGINT)", pa.string()),
        ("0.1::DOUBLE", pa.float32()),
        ("TIMESTAMP '2024-01-01 00:00:00'", tables.UTC),
        ("TRUE", pa.int64()),
    ],
)
def test_what_would_lose_or_change_its_meaning_is_refused(
    expression: str, wanted: pa.DataType, warehouse: Warehouse
) -> None:
    message = refusal(reading(expression, wanted), warehouse)
    assert f"query computed on marts.plays: column n: expected {wanted}; found " in message


def test_a_null_where_none_may_be_is_refused(warehouse: Warehouse) -> None:
    message = refusal(reading("CAST(NULL AS BIGINT)", pa.int64(), nullable=False), warehouse)
    assert "column n: expected no nulls; found 1" in message


def contract_of(table: str) -> pa.Schema:
    """The columns that dbt promises for a model, or that Python declares for a table of its own."""
    written = {str(one): one.columns for one in tables.TABLES}
    if table in written:
        return pa.schema([field.with_nullable(False) for field in written[table]])  # Python declares no nullability
    layer, name = table.split(".")
    models = yaml.safe_load((PROJECT_FOLDER / "models" / layer / f"{layer}.yml").read_text(encoding="utf-8"))["models"]
    (model,) = [one for one in models if one["name"] == name]
    return pa.schema([field_of(column) for column in model["columns"]])


def field_of(column: dict[str, Any]) -> pa.Field:
    never_null = any(rule["type"] == "not_null" for rule in column.get("constraints", []))
    return pa.field(column["name"], DBT_TYPES[column["data_type"]], nullable=not never_null)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_each_query_asks_for_what_the_contract_of_its_table_promises(query: Query) -> None:
    promised = contract_of(query.table)
    for column in (one for one in query.columns if one.name not in query.computed):
        assert column.name in promised.names, f"{query.table} promises no {column.name}"
        there = promised.field(column.name)
        assert there.type == column.type, f"{query.table}.{column.name}"
        assert column.nullable or not there.nullable, f"{query.table}.{column.name} may be null"


def test_names_of_queries_are_their_own() -> None:
    assert len({query.name for query in QUERIES}) == len(QUERIES)
