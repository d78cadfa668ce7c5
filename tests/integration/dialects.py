"""What an engine would refuse of a statement, as far as its grammar, its words and its functions tell.

sqlglot reads more than any engine accepts. So beside parsing: the functions that are called must be among those that
the engine documents and we have looked up; the types of casts must be the engine's; reserved words must be quoted; and
constructs that sqlglot knows and the engine does not are named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError, UnsupportedError
from sqlglot.tokens import Token, TokenType

_EVERYWHERE = frozenset(
    "avg cast coalesce count extract first_value floor greatest lag lead least lower max md5 min nullif power "
    "round row_number sqrt sum translate trim".split()
)
_SYNTAX = frozenset(
    "all and as by distinct else exists from having in join not on or over select then union when where".split()
)


@dataclass(frozen=True)
class Dialect:
    """An engine's functions, type names and reserved words, and what it does not have; all in lower case."""

    name: str
    functions: frozenset[str]
    types: frozenset[str]
    operators: frozenset[str] = frozenset()
    reserved: frozenset[str] = frozenset()
    date_parts: frozenset[str] = frozenset("day dow doy epoch isodow isoyear month quarter week year".split())
    zones_by_operator: bool = True
    where_needs_from: bool = False
    windows_need_frames: bool = False


_POSTGRES_TYPES = frozenset(
    {"bigint", "integer", "boolean", "date", "double precision", "text", "timestamptz", "timestamp", "varchar"}
)
DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "duckdb",
            _EVERYWHERE
            | frozenset(
                "epoch_us getvariable make_timestamp make_timestamptz round sha256 string_split string_to_array unnest".split()
            ),
            _POSTGRES_TYPES,
        ),
        Dialect(
            "postgres",
            _EVERYWHERE
            | frozenset(
                "convert_to current_setting encode sha256 split_part string_to_array to_timestamp unnest".split()
            ),
            _POSTGRES_TYPES,
        ),
        Dialect(
            "redshift",
            _EVERYWHERE | frozenset("dateadd datediff mod round sha2 split_part split_to_array".split()),
            _POSTGRES_TYPES,
            reserved=frozenset(
                "aes128 aes256 allowoverwrite backup binary blanksasnull bytedict credentials deflate defrag delta disable "
                "emptyasnull enable encode encrypt explicit identity ignore language lun luns lzo lzop minus mostly16 "
                "mostly32 mostly8 new off offline offset old oid open parallel partition percent permissions pivot raw "
                "readratio recover rejectlog resort respect restore snapshot sysdate system tag tdes text255 text32k "
                "timestamp top trailing truncatecolumns unnest unpivot user verbose wallet without".split()
            ),
            date_parts=frozenset("day dow doy month quarter week year".split()),  # epoch is a whole number there
            windows_need_frames=True,
        ),
        Dialect(
            "bigquery",
            _EVERYWHERE
            | frozenset(
                "date datetime_add mod round safe_offset sha256 split timestamp timestamp_diff timestamp_micros to_hex "
                "unix_micros unnest".split()
            ),
            frozenset(
                {
                    "bignumeric",
                    "bool",
                    "boolean",
                    "bigint",
                    "date",
                    "datetime",
                    "float64",
                    "int64",
                    "integer",
                    "string",
                    "timestamp",
                }
            ),
            operators=frozenset({"::"}),
            reserved=frozenset("rows range groups window hash lookup proto tablesample within".split()),
            date_parts=frozenset("day dayofweek dayofyear isoweek isoyear month quarter year".split()),
            zones_by_operator=False,
            where_needs_from=True,
        ),
    )
}


def problems(sql: str, dialect: Dialect) -> list[str]:
    """What the engine would refuse, in words; empty when nothing is known against the statement."""
    try:
        trees = sqlglot.parse(sql, dialect=dialect.name)
        tokens = sqlglot.tokenize(sql, dialect=dialect.name)
    except SqlglotError as error:
        return [f"cannot be parsed: {error}"]
    if len(trees) != 1 or trees[0] is None:
        return [f"is {len(trees)} statements"]
    return [*_bad_words(tokens, dialect), *_bad_constructs(trees[0], dialect)]


def _bad_words(tokens: list[Token], dialect: Dialect) -> Iterator[str]:
    for token, following in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        word = token.text.lower()
        is_name = token.token_type is not TokenType.IDENTIFIER and token.token_type is not TokenType.STRING
        if following.token_type is TokenType.L_PAREN and is_name and word.isidentifier() and word not in _SYNTAX:
            if word not in dialect.functions and word not in ("varchar", "decimal"):
                yield f"calls {word}(), which {dialect.name} is not known to have"
        elif token.token_type is TokenType.VAR and word in dialect.reserved:
            yield f"uses the reserved word {word} as a name"
        if token.text in dialect.operators:
            yield f"uses the operator {token.text}"
    for kind in _types_of_casts(tokens):
        if kind.split("(")[0] not in dialect.types:
            yield f"casts to {kind}, which is no type there"


def _types_of_casts(tokens: list[Token]) -> Iterator[str]:
    """The text between AS and the closing parenthesis of every CAST."""
    opened: list[bool] = []
    kind: list[str] | None = None
    for before, token in zip([tokens[0], *tokens], tokens, strict=False):
        if token.token_type is TokenType.L_PAREN:
            opened.append(before.text.lower() == "cast")
        if token.token_type is TokenType.R_PAREN and opened.pop() and kind is not None:
            yield " ".join(kind).replace(" ( ", "(").replace(" )", ")")
            kind = None
        elif kind is not None:
            kind.append(token.text.lower())
        elif token.token_type is TokenType.ALIAS and opened and opened[-1]:
            kind = []


def _bad_constructs(tree: exp.Expression, dialect: Dialect) -> Iterator[str]:
    try:
        tree.sql(dialect=dialect.name, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        yield f"has what {dialect.name} does not: {error}"
    for part in tree.find_all(exp.Extract):
        if part.name.lower() not in dialect.date_parts:
            yield f"extracts {part.name}"
    if not dialect.zones_by_operator and any(tree.find_all(exp.AtTimeZone)):
        yield "uses AT TIME ZONE"
    if dialect.where_needs_from:
        for select in tree.find_all(exp.Select):
            if select.args.get("where") and not (select.args.get("from_") or select.args.get("from")):
                yield "has WHERE without FROM"
    if dialect.windows_need_frames:
        yield from _windows_without_frames(tree)


def _windows_without_frames(tree: exp.Expression) -> Iterator[str]:
    """Redshift wants ROWS … for every aggregate over an ordered window, and for FIRST_VALUE and LAST_VALUE."""
    free = (exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead, exp.Ntile)
    for window in tree.find_all(exp.Window):
        if window.args.get("order") and not window.args.get("spec") and not isinstance(window.this, free):
            yield f"has an ordered window without a frame: {window.sql()[:80]}"
