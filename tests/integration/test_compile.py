"""Every model and data test, compiled for each engine and read as the engine would read it; no account is needed.

The full form and the incremental one. In the models' order, each is resolved against the columns of those before it: a
column that is not there, or a type other than the contract's, is found here and not in somebody's warehouse.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from ritournelle.transform.pii_key import PII_KEY
from ritournelle.transform.session import PROJECT_FOLDER, DbtSettings, dbt_session
from ritournelle.warehouse.base import Table
from ritournelle.warehouse.dlt_engines import BigQuery, DuckDB, Engine, Redshift
from ritournelle.warehouse.tables import TABLES
from tests.integration.dialects import DIALECTS, problems

ENGINES: dict[str, Engine] = {"duckdb": DuckDB(), "postgres": Engine(), "redshift": Redshift(), "bigquery": BigQuery()}
NEEDS_A_WAREHOUSE = ("test_type:unit", "test_name:has_columns")
"""What dbt cannot compile without looking into tables: its unit tests, and the test of the sources' columns."""
ARROW_TYPES = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
ALIKE = {exp.DataType.Type.VARCHAR: exp.DataType.Type.TEXT}
FURTHER_ALIKE = {
    "bigquery": {exp.DataType.Type.INT: exp.DataType.Type.BIGINT},
    # sqlglot takes to_timestamp() for one without a zone; on PostgreSQL the contracts themselves are run in other tests.
    "postgres": {exp.DataType.Type.TIMESTAMP: exp.DataType.Type.TIMESTAMPTZ},
}


@dataclass(frozen=True)
class Compiled:
    """The project as one engine gets it: dbt's nodes in the order in which they are built."""

    engine: str
    models: list[Any]
    tests: list[Any]


@pytest.fixture(scope="module", name="compiled", params=[(name, form) for name in ENGINES for form in (False, True)])
def _compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compiled]:
    engine, is_incremental = request.param
    home = tmp_path_factory.mktemp(engine)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(_somebody_at_google(home)))
        nodes = compile_project(_url(engine, request, home), home, is_incremental)
    models = [node for node in nodes if node.resource_type == "model"]
    yield Compiled(engine, models, [node for node in nodes if node.resource_type == "test"])


def compile_project(url: str, home: Path, is_incremental: bool) -> list[Any]:
    """All models and tests with their SQL; the warehouse is not asked for anything."""
    variables = {"compile_incremental": is_incremental}
    settings = DbtSettings(
        warehouse_url=url,
        home=home,
        source_time_zone="Europe/Paris",
        half_life_days=90,
        pii_key="a key of no importance",
        variables=variables,
    )
    arguments = ["compile", "--no-introspect", "--no-populate-cache", "--exclude", *NEEDS_A_WAREHOUSE]
    with dbt_session(settings) as invoke:
        outcome = invoke(arguments if is_incremental else [*arguments, "--full-refresh"])
    assert outcome.success, outcome.exception
    return [result.node for result in outcome.result.results]


def _url(engine: str, request: pytest.FixtureRequest, home: Path) -> str:
    if engine == "postgres":
        url: str = request.getfixturevalue("postgres").new_database()
        return url
    nowhere = "redshift://somebody:a-password@127.0.0.1:9/music"
    return {"duckdb": f"duckdb:///{home}/warehouse.duckdb", "redshift": nowhere}.get(engine, "bigquery://project/music")


def _somebody_at_google(home: Path) -> Path:
    """Credentials of the form that Google's client wants to see before it does anything at all."""
    path = home / "credentials.json"
    names = ("client_id", "client_secret", "refresh_token")
    path.write_text(json.dumps({"type": "authorized_user"} | {name: "none" for name in names}))
    return path


# What is compiled is the engine's own language


def test_every_model_and_test_is_one_statement_that_the_engine_understands(compiled: Compiled) -> None:
    written = {path.stem: path.read_text() for path in (PROJECT_FOLDER / "models").rglob("*.sql")}
    missing = set(written) - {node.name for node in compiled.models}
    assert all("ephemeral" in written[name] for name in missing)  # they stand within those that use them
    assert len(compiled.tests) > len(compiled.models)
    found = {
        f"{node.name}: {problem}"
        for node in (*compiled.models, *compiled.tests)
        for problem in problems(node.compiled_code, DIALECTS[compiled.engine])
    }
    assert not found, "\n".join(sorted(found))


def test_every_column_is_there_and_of_the_type_that_its_contract_says(compiled: Compiled) -> None:
    resolver = Resolver(compiled)
    for node in compiled.models:
        found = resolver.columns(node)
        if node.config.contract.enforced:
            promised = resolver.contract(node)
            assert set(found) == set(promised), node.name
            for name, kind in found.items():
                assert _same(kind, promised[name], compiled.engine), f"{node.name}.{name}: {kind}, not {promised[name]}"
    for node in compiled.tests:
        resolver.columns(node)


class Resolver:
    """Reads statements against the tables that Python writes and the models before."""

    def __init__(self, compiled: Compiled) -> None:
        self._dialect = compiled.engine
        self._engine = ENGINES[compiled.engine]
        self._schema = MappingSchema(dialect=compiled.engine)
        self._database = compiled.models[0].database
        for table in (*TABLES, PII_KEY):
            self._add(table.schema, table.name, {column.name: self._type(column.type) for column in table.columns})
        for node in compiled.models:
            if node.config.contract.enforced:
                self._add(node.schema, node.name, self.contract(node))

    def columns(self, node: Any) -> dict[str, exp.DataType]:
        """The columns that a node gives, with their types; raises sqlglot's error for one that is nowhere."""
        try:
            tree = sqlglot.parse_one(node.compiled_code, dialect=self._dialect)
            tree = qualify(tree, dialect=self._dialect, schema=self._schema)
        except sqlglot.errors.SqlglotError as error:
            raise AssertionError(f"{node.name} on {self._dialect}: {error}") from error
        tree = annotate_types(tree, schema=self._schema, dialect=self._dialect)
        found = {column.alias_or_name: column.type or exp.DataType.build("unknown") for column in tree.selects}
        if node.resource_type == "model" and not node.config.contract.enforced:
            self._add(node.schema, node.name, found)
        return found

    def contract(self, node: Any) -> dict[str, exp.DataType]:
        """The columns that a node's contract promises."""
        return {column.name: self._type(ARROW_TYPES[column.data_type]) for column in node.columns.values()}

    def _type(self, kind: pa.DataType) -> exp.DataType:
        table = Table("any", "table", pa.schema([("any", kind)]), key=())
        return exp.DataType.build(self._engine.sql_type(table, table.columns.field(0)), dialect=self._dialect)

    def _add(self, schema: str, name: str, columns: dict[str, exp.DataType]) -> None:
        place = exp.table_(name, db=schema, catalog=self._database)
        self._schema.add_table(place, dict(columns), dialect=self._dialect)


def _same(found: exp.DataType, promised: exp.DataType, engine: str) -> bool:
    """Whether the types are one; sqlglot does not know what `AT TIME ZONE` gives."""
    alike = ALIKE | FURTHER_ALIKE.get(engine, {})
    kinds = [alike.get(kind.this, kind.this) for kind in (found, promised)]
    return kinds[0] == kinds[1] or kinds[0] == exp.DataType.Type.UNKNOWN


# Contracts


@pytest.mark.parametrize("engine", ["redshift", "bigquery"])
def test_contracts_become_tables_of_the_engine(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(_somebody_at_google(tmp_path)))
    ddl = """
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.contract.enforced %}
    create table {{ node.schema }}.{{ node.name }} (
        {{ adapter.render_raw_columns_constraints(raw_columns=with_engine_types(node.columns)) | join(', ') }}
    );
    {%- endfor %}"""
    settings = DbtSettings(
        warehouse_url=_url(engine, request, tmp_path),
        home=tmp_path,
        source_time_zone="UTC",
        half_life_days=90,
        pii_key="a key of no importance",
    )
    with dbt_session(settings) as invoke:
        outcome = invoke(["compile", "--no-introspect", "--no-populate-cache", "--inline", ddl])
    assert outcome.success, outcome.exception
    made = sqlglot.parse(outcome.result.results[0].node.compiled_code, dialect=engine)
    tables = [table for table in made if table is not None]
    kinds = {column.kind.sql(dialect=engine) for table in tables for column in table.find_all(exp.ColumnDef)}
    texts, others = {
        "redshift": ("VARCHAR(65535)", {"BIGINT", "INTEGER", "BOOLEAN", "DOUBLE PRECISION", "DATE"}),
        "bigquery": ("STRING", {"INT64", "BOOL", "FLOAT64", "DATE", "TIMESTAMP"}),
    }[engine]
    assert {texts} | others <= kinds
    assert not {"TEXT", "VARCHAR", "DOUBLE"} & kinds
    assert len(tables) >= 10


# That the checks would find something


@pytest.mark.parametrize(
    "engine, sql, expected",
    [
        ("bigquery", "select epoch_us(a) as b from t", "calls epoch_us"),
        ("bigquery", "select a::int64 as b from t", "operator ::"),
        ("bigquery", "select a at time zone 'UTC' as b from t", "AT TIME ZONE"),
        ("bigquery", "select a from t union select a from u", "cannot be parsed"),
        ("bigquery", "select cast(a as timestamptz) as b from t", "casts to timestamptz"),
        ("bigquery", "select cast(a as double precision) as b from t", "casts to double precision"),
        ("bigquery", "select 'none' as a where 1 = 0", "WHERE without FROM"),
        ("bigquery", "select extract(isodow from a) as b from t", "extracts isodow"),
        ("redshift", "select pii_key from raw.pii_key", "reserved word raw"),
        ("redshift", "select sum(a) over (order by b) as c from t", "without a frame"),
        ("redshift", "select unnest(string_to_array(a, ',')) as b from t", "calls string_to_array"),
        ("redshift", "select extract(epoch from a) as b from t", "extracts epoch"),
        ("redshift", "select a // 2 as b from t", "cannot be parsed"),
        ("postgres", "select a from t; select b from t", "is 2 statements"),
        ("postgres", "select getvariable('a') as b from t", "calls getvariable"),
    ],
)
def test_a_construct_of_another_engine_is_found(engine: str, sql: str, expected: str) -> None:
    assert any(expected.lower() in problem.lower() for problem in problems(sql, DIALECTS[engine])), problems(
        sql, DIALECTS[engine]
    )


@pytest.mark.parametrize(
    "sql",
    [
        "select max(a) over (partition by b order by c rows between unbounded preceding and current row) as d from t",
        'select pii_key from "db"."raw"."pii_key"',
        "select cast(a as varchar(65535)) as b, row_number() over (order by c) as d from t where a in (select e from u)",
    ],
)
def test_and_what_is_fine_is_not(sql: str) -> None:
    assert not problems(sql, DIALECTS["redshift"])
