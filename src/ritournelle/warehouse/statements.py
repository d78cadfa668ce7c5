"""Statements as text: the protocol's `?` as each driver takes it, and the short form that messages quote."""

from __future__ import annotations

import re
from itertools import count

_QUOTED_OR_PLACEHOLDER = re.compile(
    r"""
    '(?:[^']|'')*'          # a text
    | "(?:[^"]|"")*"        # a name
    | \$(\w*)\$.*?\$\1\$    # a dollar-quoted text
    | --[^\n]*              # a comment
    | /\*.*?\*/
    | \?
    """,
    re.VERBOSE | re.DOTALL,
)


def numbered(query: str) -> str:
    """The query with its placeholders numbered from the left; a `?` in texts, names and comments stays."""
    numbers = count(1)
    return _QUOTED_OR_PLACEHOLDER.sub(lambda found: f"${next(numbers)}" if found[0] == "?" else found[0], query)


def formatted(query: str) -> str:
    """The query with `%s` for each placeholder, for drivers that format; every other per cent sign is doubled."""
    doubled = query.replace("%", "%%")
    return _QUOTED_OR_PLACEHOLDER.sub(lambda found: "%s" if found[0] == "?" else found[0], doubled)


def quoting_schema(query: str, schema: str) -> str:
    """The query with a schema's name in quotes wherever it stands before a dot: it may be a word of the language."""
    named = re.compile(rf"{_QUOTED_OR_PLACEHOLDER.pattern} | (?<![\w.]){schema}(?=\.)", re.VERBOSE | re.DOTALL)
    return named.sub(lambda found: f'"{schema}"' if found[0] == schema else found[0], query)


def shortened(statement: str) -> str:
    """A statement as one line of a message, 120 characters at most."""
    one_line = " ".join(statement.split())
    return one_line if len(one_line) <= 120 else one_line[:117] + "…"
