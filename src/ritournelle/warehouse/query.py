"""Typed queries: what goes in and what comes out is declared once, and checked before and after the warehouse is asked.

So a column that was renamed in dbt fails with its name where it is read, and not as a strange model a month later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.types as kinds
from pydantic import ConfigDict, TypeAdapter, ValidationError

from ritournelle.errors import WarehouseError
from ritournelle.warehouse.base import Warehouse

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")  # not the `::` of a cast
_WHAT_TO_DO = (
    "mend the model, or the query in ritournelle/warehouse/marts/, then run `ritournelle transform --full-refresh`"
)


@dataclass(frozen=True)
class Query:
    """One SELECT on one table that dbt builds, or Python writes.

    `sql` holds `{columns}` and `{table}` (other tables by `{core}.…`, `{marts}.…`), and each parameter as `:name`; a
    parameter that is a list stands in `IN (:name)`. `parameters` are Python types, taken strictly. `columns` are those
    of the result in their order; one that may not be null says so (`nullable=False`).
    """

    name: str
    table: str
    columns: pa.Schema
    sql: str = "SELECT {columns} FROM {table}"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    computed: tuple[str, ...] = ()
    """Columns of the result that the query makes itself: the table does not promise them."""

    def run(self, warehouse: Warehouse, **parameters: Any) -> pa.Table:
        """The rows, in exactly the declared columns and types, on every engine.

        Raises `WarehouseError` that names the query, the parameter or column, what was expected and what was found.
        """
        self._check_parameters(parameters)
        statement, values = _positional(self.statement(warehouse), parameters)
        try:
            found = warehouse.read(statement, values)
        except WarehouseError as error:
            raise self._refusal(warehouse, error) from error
        self._check_names(found)
        columns = [self._fitted(found[wanted.name], wanted) for wanted in self.columns]
        return pa.Table.from_arrays(columns, schema=self.columns)

    def statement(self, warehouse: Warehouse) -> str:
        """The SQL with the names that this connection finds tables under; parameters still as `:name`."""
        schemas = {name: warehouse.schema(name) for name in ("core", "marts")}
        return self.sql.format(columns=", ".join(self.columns.names), table=self._place(warehouse), **schemas)

    def _place(self, warehouse: Warehouse) -> str:
        schema, name = self.table.split(".")
        return f"{warehouse.schema(schema)}.{name}"

    def _check_parameters(self, given: Mapping[str, Any]) -> None:
        if given.keys() != self.parameters.keys():
            wanted, told = (", ".join(sorted(names)) or "none" for names in (self.parameters, given))
            raise WarehouseError(f"query {self.name}: takes the parameters {wanted}; it was given {told}")
        for name, kind in self.parameters.items():
            try:
                _strictly(kind).validate_python(given[name])
            except ValidationError as error:
                problem = error.errors()[0]
                raise WarehouseError(
                    f"query {self.name}: parameter {name}: {problem['msg']}, not {str(problem['input'])[:60]!r}"
                ) from error

    def _refusal(self, warehouse: Warehouse, error: WarehouseError) -> WarehouseError:
        """What the warehouse said, or better: which declared columns the table lacks."""
        try:
            there = warehouse.read(f"SELECT * FROM {self._place(warehouse)} LIMIT 0").column_names
        except WarehouseError:
            return WarehouseError(
                f"query {self.name}: {self.table} cannot be read; build it: `ritournelle run`. ({error})"
            )
        promised = [wanted for wanted in self.columns if wanted.name not in self.computed]
        lacking = [f"{wanted.name} ({wanted.type})" for wanted in promised if wanted.name not in there]
        if not lacking:
            return WarehouseError(f"query {self.name}: {error}")
        return self._unexpected(f"expected {', '.join(lacking)}; found {', '.join(there)}")

    def _check_names(self, found: pa.Table) -> None:
        if sorted(found.column_names) != sorted(self.columns.names):
            raise self._unexpected(f"expected {', '.join(self.columns.names)}; found {', '.join(found.column_names)}")

    def _fitted(self, column: pa.ChunkedArray, wanted: pa.Field) -> pa.ChunkedArray:
        if column.null_count and not wanted.nullable:
            raise self._unexpected(f"column {wanted.name}: expected no nulls; found {column.null_count}")
        if column.type == wanted.type:
            return column
        fitted = _cast_without_loss(column, wanted.type)
        if fitted is None:
            raise self._unexpected(f"column {wanted.name}: expected {wanted.type}; found {column.type}")
        return fitted

    def _unexpected(self, what: str) -> WarehouseError:
        return WarehouseError(f"query {self.name} on {self.table}: {what}; {_WHAT_TO_DO}")


@cache
def _strictly(kind: Any) -> TypeAdapter[Any]:
    """Kept: to make one takes a fifth of a millisecond, as long as a small query."""
    return TypeAdapter(kind, config=ConfigDict(strict=True))


def _positional(statement: str, parameters: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """`?` for each `:name`, as many as a list has members; and the values in that order."""
    values: list[Any] = []

    def place(found: re.Match[str]) -> str:
        value = parameters[found[1]]
        members = value if isinstance(value, list) else [value]
        values.extend(members)
        return ", ".join("?" for _ in members) or "NULL"

    return _PARAMETER.sub(place, statement), values


def _cast_without_loss(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray | None:
    """The column in another type of the same kind, with the same values; None where there is no such thing.

    Engines widen: a sum of integers is a decimal in PostgreSQL, and a 128-bit integer in DuckDB.
    """
    if _kind(column.type) != _kind(wanted):
        return None
    try:
        fitted = column.cast(wanted)
        return fitted if fitted.cast(column.type).equals(column) else None
    except pa.ArrowInvalid:
        return None


def _kind(kind: pa.DataType) -> str:
    if kinds.is_integer(kind) or kinds.is_decimal(kind) or kinds.is_floating(kind):
        return "number"
    if kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind):
        return "text"
    if kinds.is_timestamp(kind):
        return "moment" if kind.tz else "naive moment"
    return str(kind)
