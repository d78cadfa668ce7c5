"""How dbt puts the text of ephemeral models into that of models which read them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dbt import compilation
from dbt.artifacts.resources.v1.components import InjectedCTE

_BEGINS = re.compile(r"(?:\s*--[^\n]*\n)*\s*(with\s+(?!recursive\b)(?=\S))?", re.IGNORECASE)
"""Comments, and the word that CTEs follow."""
_WITH = re.compile(r"\bwith\b", re.IGNORECASE)
_inject_as_ever = compilation.inject_ctes_into_sql


def inject_by_first_word() -> None:
    """From now on, in this process, the place for CTEs is found without taking the whole SQL apart.

    dbt has sqlparse do that, which groups every word of a model: .1 s of CPU for the five that read ephemeral ones.
    """
    setattr(compilation, "inject_ctes_into_sql", _inject)


def _inject(sql: str, ctes: Sequence[InjectedCTE]) -> str:
    """The same text as dbt's. What may be several statements, or has its `with` elsewhere, is left to dbt."""
    begins = _BEGINS.match(sql)
    rest = sql[begins.end() :] if begins else ""
    if begins is None or not rest or not ctes or ";" in rest:
        return _inject_as_ever(sql, list(ctes))
    texts = ", ".join(one.sql for one in ctes)
    if begins[1]:
        return f"{sql[:begins.end()]}{texts}, {rest}"
    if _WITH.search(rest):
        return _inject_as_ever(sql, list(ctes))
    blank = len(sql) - len(sql.lstrip())
    return f"{sql[:blank]}with{texts} {sql[blank:]}"
